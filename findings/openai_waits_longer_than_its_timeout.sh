#!/usr/bin/env bash
# openai 3.51.0: a Retry-After of up to 120 s is slept out, twice by default, whatever the client's `timeout`.
# `timeout` bounds each request, not the call: against a server that answers 429 with `Retry-After: 2`, a client with
# timeout=1 sends three requests and fails after 4 s. At `Retry-After: 121` it sends one and fails at once: a header
# of 120 holds a call for four minutes, one of 121 for none. Without the header, the two waits sum to at most 1.5 s.
# Seen 2026-11-28, Python 3.11.7, httpx2 2.16.2, against a server on 127.0.0.1. The 120 itself was read in the client's
# source (MAX_RETRY_AFTER_DELAY), and the run checks that number. A limit for the whole call needs max_retries=0.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "openai==3.51.0" "httpx2==2.16.2"

cat > "$work/wait.py" << 'EOF'
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from openai._constants import MAX_RETRY_AFTER_DELAY


class Busy(BaseHTTPRequestHandler):
    """Answers each request with 429 and the server's `retry_after`."""

    def do_POST(self):
        self.server.requests += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429)
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def call(retry_after):
    """The number of requests and the seconds of one call with timeout=1 and the default retries."""
    server.requests, server.retry_after = 0, retry_after
    start = time.monotonic()
    try:
        client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])
    except openai.RateLimitError as error:
        seconds = time.monotonic() - start
        print(f"Retry-After {retry_after}: {server.requests} requests, {type(error).__name__} after {seconds:.1f} s")
        return server.requests, seconds


server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none", timeout=1)
without, short, long = call(None), call("2"), call("121")
server.shutdown()
print(f"longest Retry-After that is slept out: {MAX_RETRY_AFTER_DELAY} s")
as_seen = (without[0], short[0], long[0]) == (3, 3, 1) and without[1] < short[1] and short[1] >= 4 > long[1]
raise SystemExit(0 if as_seen and MAX_RETRY_AFTER_DELAY == 120 else 1)
EOF

if ! NO_PROXY=127.0.0.1 "$work/venv/bin/python" "$work/wait.py"; then
  echo "changed: on 2026-11-28 these were 3, 3 and 1 requests, with two waits of 2 s in the second call" >&2
  exit 1
fi
