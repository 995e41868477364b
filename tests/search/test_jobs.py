"""Jobs are handed out again where processes die, and processes end with their driver."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest
from small_tasks import power_task

from evolve.errors import EvolveError, SandboxError
from evolve.search.epochs import Answer
from evolve.search.jobs import MOST_TIMES, answers_of
from evolve.search.problem import SearchProblem, make_search_problem

DRIVER = """
import os, subprocess, sys, time
child = "import os, signal, time; from evolve.search import jobs; jobs.EVERY_S = 0.05; "
child += f"jobs.end_with({os.getpid()}); os.kill(os.getpid(), signal.SIGINT); "
child += "print('watches', flush=True); "
child += "time.sleep(20); print('outlives')"
subprocess.Popen([sys.executable, "-c", child])
time.sleep(60)
"""


@pytest.fixture(scope="module")
def problem() -> SearchProblem:
    return make_search_problem(power_task(max_constants=4), 3)


def test_jobs_of_a_process_that_died_are_handed_out_again(problem: SearchProblem) -> None:
    times = []

    def pool(calls: object) -> list[Answer]:
        times.append(calls)
        if len(times) < MOST_TIMES:
            raise BrokenProcessPool("a worker was killed\nand more")
        return []

    assert answers_of(pool, problem, []) == []
    assert len(times) == MOST_TIMES


def test_processes_that_always_die_end_a_search_with_a_line(problem: SearchProblem) -> None:
    def pool(calls: object) -> list[Answer]:
        raise BrokenProcessPool("a worker was killed\nand more")

    with pytest.raises(EvolveError, match="died 4 times .*: a worker was killed; .*resume"):
        answers_of(pool, problem, [])


def test_a_cluster_that_is_gone_ends_a_search_with_a_line(problem: SearchProblem) -> None:
    def pool(calls: object) -> list[Answer]:
        raise TimeoutError("no answer from tcp://somewhere:8786\nand more")

    with pytest.raises(EvolveError, match="executor: it is gone: no answer .*8786; .*resume"):
        answers_of(pool, problem, [])


def test_what_a_machine_refuses_is_told_as_it_is(problem: SearchProblem) -> None:
    def pool(calls: object) -> list[Answer]:
        raise SandboxError("sandbox: level weak")

    with pytest.raises(SandboxError, match="^sandbox: level weak$"):
        answers_of(pool, problem, [])


@pytest.mark.skipif(sys.platform == "win32", reason="a child there does not see its parent go")
def test_a_process_ends_with_its_driver_and_leaves_ctrl_c_to_it() -> None:
    driver = subprocess.Popen([sys.executable, "-c", DRIVER], stdout=subprocess.PIPE)
    assert driver.stdout is not None
    with driver:
        assert driver.stdout.readline() == b"watches\n"
        driver.kill()
        assert driver.stdout.read() == b""  # at its end, for nobody holds the pipe any more
