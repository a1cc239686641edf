"""A small webhook receiver, standing for your own: it writes the ids of what it accepted to a file.

    python3 receiver.py PORT RECEIVED.jsonl [DOWN_FILE]

PORT 0 takes a free one; the one that was taken is printed. The receiver fails on purpose: while
DOWN_FILE exists it answers 503, and of what comes in otherwise it refuses every fourth event at the
first try and is too slow to answer every ninth, which it takes in all the same.

Only the standard library is used.
"""

import json
import pathlib
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, RECEIVED = int(sys.argv[1]), pathlib.Path(sys.argv[2])
DOWN = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
SLOW_SECONDS = 3

lock = threading.Lock()
seen = {}


def what_happens(event_id):
    """Decides once for each event what its first delivery meets; later ones are let in."""
    with lock:
        seen[event_id] = seen.get(event_id, 0) + 1
        if seen[event_id] > 1:
            return "accept"
        number = len(seen)
    if number % 4 == 0:
        return "refuse"
    return "dawdle" if number % 9 == 0 else "accept"


def take_in(event_id, payload):
    line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event_id": event_id, "fields": len(payload)})
    with lock, RECEIVED.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        event_id = self.headers.get("X-Event-Id")
        if self.path != "/hook" or not event_id:
            return self.answer(400)
        if DOWN is not None and DOWN.exists():
            return self.answer(503)
        payload = json.loads(body)
        happens = what_happens(event_id)
        if happens == "refuse":
            return self.answer(500)
        take_in(event_id, payload)
        if happens == "dawdle":
            time.sleep(SLOW_SECONDS)
        return self.answer(200)

    def answer(self, status):
        try:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except ConnectionError:
            pass  # The vendor lost its patience.

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", PORT), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
