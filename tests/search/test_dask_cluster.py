"""Processes that a run starts for itself leave Ctrl-C to their driver."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from evolve.search.dask_cluster import dask_client, uninterrupted

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "pthread_sigmask"), reason="signals are not blocked there"
)
ASK = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


def is_deaf() -> bool:
    """Whether Ctrl-C is kept from this thread."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_threads_and_processes_that_start_inside_are_deaf_and_others_are_not() -> None:
    heard: list[bool] = []
    with uninterrupted():
        thread = threading.Thread(target=lambda: heard.append(is_deaf()))
        thread.start()
        thread.join()
        child = subprocess.check_output([sys.executable, "-c", ASK], text=True)
    assert (heard, child.strip()) == ([True], "True")
    assert not is_deaf()
    assert subprocess.check_output([sys.executable, "-c", ASK], text=True).strip() == "False"


@pytest.mark.slow
def test_the_processes_of_a_cluster_started_here_are_deaf() -> None:
    distributed = pytest.importorskip("distributed")
    with dask_client(distributed, "", 1) as client:
        assert list(client.run(is_deaf).values()) == [True]
    assert not is_deaf()
