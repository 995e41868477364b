"""One request to an endpoint ends in time and size, with a status, whatever the server does."""

from __future__ import annotations

import threading

import pytest
from model_server import Said, Script, serving

from evolve.errors import EvolveError
from evolve.search.proposers.llm import client
from evolve.search.proposers.llm.client import INSTALL, Endpoint
from evolve.search.proposers.llm.exchange import REPLY_CHARS, Reply
from evolve.search.proposers.llm.keys import STRUCK, Key
from evolve.search.proposers.llm.settings import Model

pytest.importorskip("openai")
CANARY = "sk-canary-0123456789"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asked(script: Script, timeout: float = 20.0, n: int = 1) -> tuple[Reply, list[str]]:
    """The last of some replies, and the keys that the server was shown."""
    with serving(script) as server:
        model = Model("m", "m", server.url, timeout=timeout)
        endpoint = Endpoint(model, Key(CANARY), threading.Event().wait)
        for _ in range(n):
            reply = endpoint.ask((("system", "s"), ("user", "u")))
        return reply, server.keys


def test_a_reply_comes_with_its_tokens() -> None:
    reply, keys = asked(lambda number, request: Said("hello " * 4))
    assert (reply.status, reply.text) == ("ok", "hello " * 4)
    assert (reply.tokens_in, reply.tokens_out) == (900, 6)
    assert keys == [f"Bearer {CANARY}"]


def test_a_text_is_completed_up_to_the_end_of_its_line() -> None:
    def script(number: int, request: dict[str, object]) -> Said:
        asked = {name: request.get(name) for name in ("prompt", "stop", "max_tokens", "messages")}
        assert asked == {"prompt": "y =", "stop": ["\n"], "max_tokens": 40, "messages": None}
        return Said(body=b'{"choices": [{"text": " E + A*x"}], "usage": {"prompt_tokens": 3}}')

    with serving(script) as server:
        model = Model("m", "m", server.url, replies="completion", max_tokens=40)
        reply = Endpoint(model, Key(CANARY), threading.Event().wait).ask((("text", "y ="),))
    assert (reply.status, reply.text, reply.tokens_in) == ("ok", " E + A*x", 3)


def test_a_server_that_is_busy_is_asked_again_when_it_says() -> None:
    def script(number: int, request: object) -> Said:
        return Said(status=429, headers={"Retry-After": "0.6"}) if not number else Said("now")

    reply, keys = asked(script)
    assert (reply.text, len(keys)) == ("now", 2)


def test_a_server_that_asks_to_wait_beyond_the_deadline_is_not_waited_for() -> None:
    reply, keys = asked(lambda n, r: Said(status=429, headers={"Retry-After": "120"}))
    assert (reply.status, len(keys)) == ("http 429", 1)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Said(body=b'{"error": {"message": "overloaded"}}'), "bad-answer"),
        (Said(body=b"<html>sign in</html>"), "bad-answer"),
        (Said(body=b'{"choices": []}'), "bad-answer"),
        (Said(body=b'{"choices": [{"message": {"content": null}}]}'), "bad-answer"),
        (Said(body=b"[" * 100_000), "bad-answer"),
        (Said(body=b"\xff\xfe"), "bad-answer"),
        (Said(status=401, body=b'{"error": {"message": "no"}}'), "http 401"),
        (Said(status=500, body=b"oops"), "http 500"),
        (Said(drop=True), "unreachable"),
        (Said(body=b"", endless=True), "too-large"),
        (Said(status=500, body=b"", endless=True), "too-large"),
        (Said(headers={"Content-Encoding": "gzip"}, body=b"not gzip"), "bad-answer"),
    ],
)
def test_an_answer_that_is_no_reply_has_a_status(said: Said, status: str) -> None:
    reply, _ = asked(lambda number, request: said)
    assert reply.status == status


def test_a_server_that_does_not_answer_is_given_up() -> None:
    reply, _ = asked(lambda number, request: Said("late", delay=30.0), timeout=0.3)
    assert reply.status == "timeout"
    assert reply.seconds < 10.0


def test_a_long_reply_is_cut() -> None:
    reply, _ = asked(lambda number, request: Said("y" * 2**20))
    assert (reply.status, len(reply.text)) == ("ok", REPLY_CHARS)


def test_a_key_that_a_server_says_back_is_struck_out() -> None:
    body = f'{{"error": {{"message": "bad key {CANARY}"}}}}'.encode()
    texts = [asked(lambda n, r, s=s: s)[0].text for s in (
        Said(f"your key is {CANARY}"), Said(body=body), Said(status=401, body=body)
    )]  # fmt: skip
    assert not any(CANARY in text for text in texts)
    assert all(STRUCK in text for text in texts)


def test_nothing_listens_is_one_word() -> None:
    with serving() as server:
        url = server.url
    endpoint = Endpoint(Model("m", "m", url), Key("none"), threading.Event().wait)
    assert endpoint.ask((("user", "u"),)).status == "unreachable"


def test_the_openai_client_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(EvolveError) as caught:
        client.Endpoint(Model("m", "m"), Key("none"), threading.Event().wait)
    assert str(caught.value) == INSTALL
