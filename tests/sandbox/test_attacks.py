"""Every attack program is contained, as root and as an ordinary user, gate or no gate."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest
from attacks.arena import PROGRAMS, Arena, run_all_as_nobody
from attacks.registry import ATTACKS

from evolve.errors import ProgramError
from evolve.sandbox import check_program_text, probe

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or probe().level != "strong",
    reason="needs a strong sandbox",
)


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena(gate=False) as arena:
        yield arena


def test_the_registry_names_every_program() -> None:
    assert sorted(ATTACKS) == sorted(path.stem for path in PROGRAMS.glob("*.py"))
    assert len(ATTACKS) >= 40


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_achieves_nothing_without_the_gate(arena: Arena, name: str) -> None:
    result = arena.run(name)
    assert result.breaches == ()
    assert result.status in ATTACKS[name].ends.split(), result.message


@pytest.mark.parametrize("name", ATTACKS)
def test_the_gate_refuses_what_reaches_beyond_numerics(name: str) -> None:
    text = (PROGRAMS / f"{name}.py").read_text()
    if ATTACKS[name].gate:
        with pytest.raises(ProgramError):
            check_program_text(text, name)
    else:
        check_program_text(text, name)


def test_a_refused_attack_starts_no_process() -> None:
    with Arena(gate=True) as arena:
        result = arena.run("read_open")
    assert result.status == "rejected"
    assert "line 6 holds" in result.message
    assert result.breaches == ()


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_no_attack_achieves_anything_against_an_ordinary_user() -> None:
    try:
        results = run_all_as_nobody(list(ATTACKS), gate=False)
    except (RuntimeError, OSError) as error:
        pytest.skip(f"cannot run as nobody: {error}")
    assert [result for result in results if result.breaches] == []
    wrong = [r for r in results if r.status not in ATTACKS[r.name].ends.split()]
    assert wrong == []
    assert len(results) == len(ATTACKS)


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_shielded_engine_of_an_ordinary_user_is_not_read_even_without_the_other_walls() -> None:
    names = ["read_proc_mem", "read_process_vm"]
    bare = ("seccomp", "landlock", "namespaces", "identity")
    try:
        shielded = run_all_as_nobody(names, gate=False, without=bare)
        open_to_all = run_all_as_nobody(names, gate=False, without=(*bare, "not dumpable"))
    except (RuntimeError, OSError) as error:
        pytest.skip(f"cannot run as nobody: {error}")
    assert [result.breaches for result in shielded] == [(), ()]
    assert [result.breaches for result in open_to_all] == [("learnt the secret",)] * 2
