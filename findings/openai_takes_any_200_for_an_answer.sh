#!/usr/bin/env bash
# openai 3.51.0: a reply of status 200 is taken for a chat completion whatever its body: no error is raised.
# Gateways in front of models do answer 200 with {"error": ...} or with an HTML page. The first gives a ChatCompletion
# whose `choices` and `id` are None, against their types; the second gives a plain str in place of a ChatCompletion.
# What fails is then the caller's `reply.choices[0]`, with a TypeError or an AttributeError, not an openai.APIError.
# Seen 2026-11-28, Python 3.11.7, httpx2 2.16.2, against a server on 127.0.0.1, with the default client.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "openai==3.51.0" "httpx2==2.16.2"

cat > "$work/ask.py" << 'EOF'
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai


class Gateway(BaseHTTPRequestHandler):
    """Answers each request with 200 and the server's `body`."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.server.media)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args):
        pass


def ask(media, body):
    server.media, server.body = media, body
    return client.chat.completions.create(model="any", messages=[{"role": "user", "content": "hello"}])


def failure(reply):
    """The type of the error at the first use of a reply."""
    try:
        return reply.choices[0].message.content
    except Exception as error:
        return type(error).__name__


server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="none")
error = ask("application/json", b'{"error": {"message": "the model is overloaded", "code": 503}}')
page = ask("text/html", b"<html><body>sign in</body></html>")
server.shutdown()
print(f"200 with an error: {type(error).__name__}, id {error.id}, choices {error.choices}; choices[0]: {failure(error)}")
print(f"200 with a page: {type(page).__name__} {page!r}; choices[0]: {failure(page)}")
EOF
cat > "$work/expected" << 'EOF'
200 with an error: ChatCompletion, id None, choices None; choices[0]: TypeError
200 with a page: str '<html><body>sign in</body></html>'; choices[0]: AttributeError
EOF

NO_PROXY=127.0.0.1 "$work/venv/bin/python" "$work/ask.py" > "$work/seen" 2>&1 || true
cat "$work/seen"
if ! diff "$work/expected" "$work/seen" > /dev/null; then
  echo "changed: on 2026-11-28 both replies were given to the caller without an error" >&2
  exit 1
fi
