"""A first signal asks for an end, a second does what its owner says; handlers are put back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from evolve.runs.stopping import SIGNALS, StoppedError, Stopping


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Handlers and alarm of the test's own, which must be there again afterwards."""
    numbers = [signal.Signals[name] for name in (*SIGNALS, "SIGALRM")]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    assert {number: signal.getsignal(number) for number in numbers} == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_the_first_signal_asks_and_is_told_once(name: str, code: int) -> None:
    told: list[str] = []
    with Stopping(told.append, lambda code: None) as stopping:
        assert not stopping.asked()
        signal.raise_signal(signal.Signals[name])
        assert stopping.asked()
    assert told == [name]
    assert stopping.exit_code == code


def test_the_second_signal_does_what_its_owner_says() -> None:
    codes: list[int] = []
    with Stopping(lambda name: None, codes.append):
        signal.raise_signal(signal.SIGINT)
        assert codes == []
        signal.raise_signal(signal.SIGTERM)
    assert codes == [130]


def test_a_batch_that_outlasts_the_grace_is_given_up() -> None:
    with Stopping(lambda name: None, lambda code: None):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(StoppedError):
            signal.raise_signal(signal.SIGALRM)  # as the alarm does


def test_nothing_is_given_up_once_the_run_is_saved() -> None:
    with Stopping(lambda name: None, lambda code: None) as stopping:
        signal.raise_signal(signal.SIGINT)
        stopping.settle()
        signal.raise_signal(signal.SIGALRM)


def test_an_alarm_of_the_caller_is_left_alone_without_a_signal() -> None:
    alarms: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: alarms.append(number))
    try:
        with Stopping(lambda name: None, lambda code: None):
            signal.raise_signal(signal.SIGALRM)
        assert alarms == [signal.SIGALRM]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_signals_that_were_not_asked_for_keep_their_handlers() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stopping(lambda name: None, lambda code: None, ("SIGINT",)):
        assert signal.getsignal(signal.SIGTERM) == before


def test_outside_the_main_thread_nothing_is_handled() -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with Stopping(lambda name: None, lambda code: None) as stopping:
                assert not stopping.asked()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert failures == []
