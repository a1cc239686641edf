#!/usr/bin/env bash
# A complete test of a webhook receiver, against a vendor that behaves badly on purpose.
#
#   1. start the receiver (receiver.py stands for your own)
#   2. start `hookmend sandbox` with a scenario; it sends the receiver what happened, over real HTTP
#   3. let the receiver go down while something more happens
#   4. `hookmend reconcile` finds what is missing and has it resent
#   5. hold the receiver's own log against what the vendor says has happened: each event once, none twice
#
# It needs bash, python3, curl and hookmend. HOOKMEND names the program, if it is not in the PATH:
#
#   HOOKMEND=target/release/hookmend contrib/receiver-test/run.sh
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
hookmend="$(realpath "$(command -v "${HOOKMEND:-hookmend}")")"

work="$(mktemp -d)"
receiver="" sandbox=""
clean_up() {
    for started in $sandbox $receiver; do
        kill "$started" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT
# Nothing of the machine's own settings takes part.
export HOME="$work"
unset "${!HOOKMEND_@}"
cd "$work"

wait_for() {
    for _ in $(seq 600); do
        [ -s "$1" ] && return
        sleep 0.05
    done
    echo "$1 never came"
    exit 1
}

# 1. The receiver.
python3 "$here/receiver.py" 0 received.jsonl down >port &
receiver=$!
wait_for port

# 2. The vendor. When the ready file is there, everything was tried once.
"$hookmend" sandbox --scenario "$here/outage.toml" --receiver "http://127.0.0.1:$(cat port)/hook" \
    --journal journal.jsonl --ready-file ready.json >/dev/null &
sandbox=$!
wait_for ready.json
field() { python3 -c 'import json, sys; print(json.load(open("ready.json"))[sys.argv[1]])' "$1"; }
control="$(field control_url)"
HOOKMEND_API_KEY="$(field api_key)"
HOOKMEND_SUBSCRIPTION_KEY="$(field subscription_key)"
HOOKMEND_BASE_URL="$(field base_url)"
export HOOKMEND_API_KEY HOOKMEND_SUBSCRIPTION_KEY HOOKMEND_BASE_URL

# 3. Ten more sales happen while the receiver is down, and one whose acknowledgement gets lost.
post() { curl --silent --show-error --fail --data "$2" "$control/$1" >/dev/null; }
touch down
post events '{"type": "SaleCreated", "count": 10, "at": "-20m"}'
rm down
post fail-next '{"deliveries": 1, "status": 504, "reach": "delivered"}'
post events '{"type": "SaleCreated", "id": "unacknowledged", "at": "-15m"}'

# 4. What is missing is found and resent, until nothing is left.
"$hookmend" reconcile --all-webhooks --since 1d --received received.jsonl --received-id event_id \
    --settle 2s --yes

# 5. The receiver's log has every event once, and none twice.
curl --silent --show-error --fail "$control/state" >state.json
python3 - <<'PYTHON'
import collections, json

received = collections.Counter(json.loads(line)["event_id"] for line in open("received.jsonl"))
events = json.load(open("state.json"))["events"]
twice = sorted(event for event, times in received.items() if times > 1)
assert not twice, f"received twice: {twice}"
assert len(received) == sum(events.values()) == 76, (len(received), events)
assert {f"sale-{n}" for n in range(1, 41)} | {f"night-{n}" for n in range(1, 6)} | {"unacknowledged"} <= received.keys()
entries = [json.loads(line) for line in open("journal.jsonl")]
resends = [entry for entry in entries if entry.get("operation") == "resend"]
print(f"{len(received)} events, each received once, after {len(resends)} resends")
PYTHON
