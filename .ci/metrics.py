"""Runs the program on a sandbox and reads the metrics with a parser that is not ours.

Two jobs write into one folder, and a third one fails before it begins: together their files must be
what a collector takes, so no sample may occur twice and no family may be described in two ways.
"""

import json
import os
import pathlib
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

program, ready, folder = sys.argv[1], json.load(open(sys.argv[2])), pathlib.Path(sys.argv[3])
environment = {
    "HOME": str(folder),
    "HOOKMEND_API_KEY": ready["api_key"],
    "HOOKMEND_SUBSCRIPTION_KEY": ready["subscription_key"],
    "HOOKMEND_BASE_URL": ready["base_url"],
    "PATH": os.environ["PATH"],
}


def run(name, code, *arguments):
    file = folder / f"{name}.prom"
    words = [program, *arguments, "-q", "--all-webhooks", "--since", "8d", "--metrics", str(file)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == code, (words, ended)
    return file


files = [
    run("gate", 10, "check", "--received", ready["received"]),
    run("sales", 0, "reconcile", "--received", ready["received"]),
    run("broken", 2, "reconcile", "--received", "no-such-file"),
]
samples, described = {}, {}
for file in files:
    for family in text_string_to_metric_families(file.read_text()):
        assert described.setdefault(family.name, (family.documentation, family.type)) == (
            family.documentation,
            family.type,
        ), family
        assert family.type == "gauge" and family.documentation and family.samples, family
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"{key} occurs twice"
            assert sample.timestamp is None, sample
            samples[key] = sample.value


def value(name, **labels):
    found = [number for (known, pairs), number in samples.items() if known == name and labels.items() <= dict(pairs).items()]
    return sum(found)


assert value("hookmend_last_run_exit_code", task="gate") == 10
assert value("hookmend_events", task="gate", kind="missing") == 4
assert value("hookmend_last_run_outcome", task="sales", outcome="clean") == 1
assert value("hookmend_events", task="sales", kind="recovered") == 4
assert value("hookmend_last_run_exit_code", task="broken") == 2
assert not [key for key in samples if key[0] == "hookmend_events" and ("task", "broken") in key[1]]
print(f"{len(samples)} samples of {len(described)} families in {len(files)} files")
