"""Holds both sides of the vendor's API against our description of it, with validators that are not ours.

hookmend talks to the sandbox through a proxy that has every request and every answer judged by
openapi-core. Then schemathesis asks the sandbox whatever the description allows and forbids. Broken
answers and broken requests must be found to be broken, or nothing was verified.
"""

import http.client
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from openapi_spec_validator import validate as validate_description
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

program, description, work = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
document = yaml.safe_load(description.read_text())
BASE = "/restapi/V2"
HOST = document["servers"][0]["url"].removesuffix(BASE)
METHODS = {"get", "put", "post", "delete"}
OPERATIONS = {
    (method, path): {
        "id": operation["operationId"],
        "query": {
            parameter["name"]
            for parameter in operation.get("parameters", []) + paths.get("parameters", [])
            if parameter.get("in") == "query"
        },
    }
    for path, paths in document["paths"].items()
    for method, operation in paths.items()
    if method in METHODS
}
# Problems are JSON as well, which the validator has to be told.
openapi = OpenAPI.from_dict(document, Config(extra_media_type_deserializers={"application/problem+json": json.loads}))


def step(what):
    print(f"-- {what}", flush=True)


def operation_of(method, path):
    """The operation that a request is meant for; ids are one step of the path, whatever they hold."""
    steps = path.removeprefix(BASE).split("/")
    for (wanted, template), operation in OPERATIONS.items():
        parts = template.split("/")
        fits = len(parts) == len(steps) and all(a.startswith("{") or a == b for a, b in zip(parts, steps))
        if wanted == method.lower() and fits:
            return operation
    return None


class Judge:
    """What was asked and answered, and what of it the description does not allow."""

    def __init__(self):
        self.lock = threading.Lock()
        self.seen, self.answers, self.bad_requests, self.bad_answers = set(), set(), [], []

    def judge(self, method, target, headers, body, status, answer_headers, answer):
        path, _, query = target.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        request = MockRequest(
            HOST,
            method.lower(),
            path,
            args=pairs,
            headers=headers,
            data=body or None,
            content_type=headers.get("content-type", "").split(";")[0],
        )
        response = MockResponse(
            data=answer,
            status_code=status,
            headers=answer_headers,
            content_type=answer_headers.get("content-type", "").split(";")[0],
        )
        operation = operation_of(method, path)
        with self.lock:
            self.request(operation, method, target, request, pairs)
            self.answer(operation, target, request, response)

    def request(self, operation, method, target, request, pairs):
        if operation is None:
            self.bad_requests.append(f"{method} {target}: there is no such operation")
            return
        self.seen.add(operation["id"])
        strange = {name for name, _ in pairs} - operation["query"]
        if strange:
            self.bad_requests.append(f"{method} {target}: parameters that are not described: {sorted(strange)}")
        try:
            openapi.validate_request(request)
        except Exception as error:
            self.bad_requests.append(f"{method} {target}: {error!r}: {error.__cause__!r}")

    def answer(self, operation, target, request, response):
        if operation is None:
            return
        self.answers.add((operation["id"], response.status_code))
        try:
            openapi.validate_response(request, response)
        except Exception as error:
            self.bad_answers.append(f"{response.status_code} to {target}: {error!r}: {error.__cause__!r}")


def proxy(port, judge):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            passed = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            connection.request(self.command, self.path, body=body, headers=passed)
            answer = connection.getresponse()
            text = answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            asked = {name.lower(): value for name, value in self.headers.items()}
            judge.judge(self.command, self.path, asked, body, answer.status, headers, text)
            self.send_response_only(answer.status)
            for name, value in headers.items():
                if name not in ("transfer-encoding", "content-length", "connection"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Stage:
    """A sandbox with these faults, and the program pointed at it through the proxy."""

    count = 0

    def __init__(self, *faults):
        Stage.count += 1
        self.home = work / f"stage-{Stage.count}"
        self.home.mkdir()
        ready = self.home / "ready.json"
        words = [program, "sandbox", "--missing", "5", "--events", "60", "--webhooks", "2", "--ready-file", str(ready)]
        words += [word for fault in faults for word in ("--fault", fault)]
        self.judge = Judge()
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env={"HOME": str(self.home)})
        for _ in range(400):
            if ready.exists() and ready.stat().st_size:
                break
            time.sleep(0.05)
        self.ready = json.loads(ready.read_text())
        self.port = urllib.parse.urlsplit(self.ready["base_url"]).port
        self.server = proxy(self.port, self.judge)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.process.terminate()
        self.process.wait()

    def run(self, code, *arguments, keys=None):
        keys = keys or (self.ready["api_key"], self.ready["subscription_key"])
        environment = {
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "HOOKMEND_API_KEY": keys[0],
            "HOOKMEND_SUBSCRIPTION_KEY": keys[1],
            "HOOKMEND_BASE_URL": f"http://127.0.0.1:{self.server.server_port}{BASE}",
            "HOOKMEND_SETTLE": "1s",
        }
        ended = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        codes = code if isinstance(code, tuple) else (code,)
        assert ended.returncode in codes, (arguments, ended.returncode, ended.stdout, ended.stderr)
        return ended.stdout

    def conforms(self):
        assert not self.judge.bad_requests, "\n".join(self.judge.bad_requests[:5])
        assert not self.judge.bad_answers, "\n".join(self.judge.bad_answers[:5])


def window(stage):
    return ["--all-webhooks", "--since", "8d", "--received", stage.ready["received"]]


def walk_through(stage):
    """Every command that asks the vendor for anything."""
    plan = str(stage.home / "plan.jsonl")
    stage.run((0, 10, 11), "doctor", *window(stage))
    stage.run(0, "types")
    stage.run(0, "types", "SaleCreated")
    stage.run(0, "list", *window(stage))
    stage.run(10, "check", "--audit", *window(stage))
    listed = json.loads(stage.run(0, "list", *window(stage), "--verdict", "missing", "--format", "json"))
    events = [event["event_id"] for webhook in listed["webhooks"] for event in webhook["events"]]
    stage.run(0, "show", events[0], "--payload", "--all-webhooks")
    stage.run(0, "resend", events[0], "--all-webhooks", "--received", stage.ready["received"], "--yes")
    stage.run(0, "plan", "-o", plan, *window(stage))
    stage.run(0, "apply", plan, "--received", stage.ready["received"], "--yes")
    stage.run(0, "reconcile", *window(stage))
    stage.run(0, "webhooks", "list")
    made = json.loads(
        stage.run(0, "webhooks", "create", "--event-type", "InvoiceCreated", "--url", "https://x.example/h", "--yes", "--format", "json")
    )
    webhook = made["webhooks"][0]["webhook_id"]
    stage.run(0, "webhooks", "update", webhook, "--url", "https://y.example/h", "--yes")
    stage.run(0, "webhooks", "delete", webhook, "--yes")


step("the description is one, and a broken one is not")
validate_description(document)
broken = json.loads(json.dumps(document))
del broken["paths"]["/api/Webhooks/{webhookId}"]["parameters"]
try:
    validate_description(broken)
    raise SystemExit("a description passed that does not describe its parameters")
except OpenAPIValidationError:
    pass

step("hookmend and the sandbox, through every command")
with Stage() as stage:
    walk_through(stage)
    stage.conforms()
    unused = {operation["id"] for operation in OPERATIONS.values()} - stage.judge.seen
    # An update asks for what there is before it changes it, so every operation has its turn.
    assert not unused, f"never asked for: {sorted(unused)}"
    print(f"   {len(stage.judge.seen)} operations, {len(stage.judge.answers)} kinds of answers")

for faults in (["mixed-times"], ["offset-times"], ["minimal-records", "repeat-rows"], ["throttle-storm=3"], ["unavailable-first=2"]):
    step(f"the same with {', '.join(faults)}")
    with Stage(*faults) as stage:
        stage.run((0, 10, 11), "check", *window(stage))
        stage.conforms()

step("refused keys and used-up quotas are described as well")
with Stage() as stage:
    stage.run(13, "check", *window(stage), keys=("wrong", stage.ready["subscription_key"]))
    stage.run(13, "check", *window(stage), keys=(stage.ready["api_key"], "wrong"))
    stage.conforms()
    assert {status for _, status in stage.judge.answers} == {401}
with Stage("quota=00:00:01") as stage:
    stage.run((0, 12), "check", *window(stage), "--deadline", "5s")
    stage.conforms()
    assert 403 in {status for _, status in stage.judge.answers}

step("broken answers are found to be broken")
for fault in ("html-error", "missing-ids", "no-status"):
    with Stage(fault) as stage:
        stage.run((2, 10, 11, 12), "check", *window(stage), "--deadline", "5s")
        assert stage.judge.bad_answers and not stage.judge.bad_requests, fault

step("broken requests are found to be broken")
with Stage() as stage:
    webhook = stage.ready["webhooks"][0]
    keys = {"Ocp-Apim-Subscription-Key": stage.ready["subscription_key"], "x-api-key": stage.ready["api_key"]}
    times = "from=2021-12-01&to=2021-12-02"
    for method, target, headers in [
        ("GET", f"/api/WebhooksEvents/{webhook}?from=2021-12-01", keys),
        ("GET", f"/api/WebhooksEvents/{webhook}?from=yesterday&to=2021-12-02", keys),
        ("GET", f"/api/WebhooksEvents/{webhook}?{times}&success=perhaps", keys),
        ("GET", f"/api/WebhooksEvents/{webhook}?{times}&subscription-key=x", keys),
        ("GET", f"/api/WebhooksEvents/{webhook}?{times}", {"x-api-key": "only"}),
        ("POST", f"/api/WebhooksEvents/{webhook}/redeliver/1", keys),
        ("POST", "/api/Webhooks", {**keys, "Content-Type": "application/json"}),
    ]:
        before = len(stage.judge.bad_requests)
        connection = http.client.HTTPConnection("127.0.0.1", stage.server.server_port, timeout=30)
        connection.request(method, BASE + target, body=b'{"event": 7}' if target == "/api/Webhooks" else None, headers=headers)
        connection.getresponse().read()
        assert len(stage.judge.bad_requests) > before, f"passed although it is broken: {method} {target}"

step("schemathesis asks the sandbox whatever the description allows and forbids")
with Stage() as stage:
    # With ids that are there it comes past the answer that there is no such thing.
    known = json.loads(json.dumps(document))
    listed = json.loads(stage.run(0, "list", *window(stage), "--format", "json"))["webhooks"][0]
    known["components"]["parameters"]["webhookId"]["example"] = listed["webhook_id"]
    known["components"]["parameters"]["webhookEventId"]["example"] = listed["events"][0]["event_id"]
    (work / "known.yaml").write_text(yaml.safe_dump(known))
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
    asked = subprocess.run(
        [
            str(pathlib.Path(sys.executable).with_name("schemathesis")), "run", str(work / "known.yaml"),
            "--url", f"http://127.0.0.1:{stage.port}{BASE}",
            "-H", f"Ocp-Apim-Subscription-Key: {stage.ready['subscription_key']}",
            "-H", f"x-api-key: {stage.ready['api_key']}",
            "--checks", checks, "--max-examples", "40", "--seed", "7", "--no-color",
        ],
        capture_output=True, text=True, check=False, cwd=work,
    )  # fmt: skip
    print("\n".join("   " + line for line in asked.stdout.splitlines()[-18:]))
    assert asked.returncode == 0, asked.stdout + asked.stderr

print("both sides agree with the description")
