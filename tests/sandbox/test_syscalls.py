"""The call filter, run by a small interpreter of its instructions, decides as its tables say."""

from __future__ import annotations

import struct

import pytest

from evolve.sandbox.syscalls import ALLOWED, AUDIT, CLONE3, HOSTILE, NO_EXEC, filter_program

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
MACHINES = {"x86_64": 0, "aarch64": 1}


def decide(machine: str, number: int, third: int = 0, audit: int | None = None) -> int:
    """Run the filter on one call, as the kernel would."""
    audit = AUDIT[machine] if audit is None else audit
    data = struct.pack("<IIQ6Q", number, audit, 0, 0, 0, third, 0, 0, 0)
    code = list(struct.iter_unpack("<HBBI", filter_program(machine)))
    at = loaded = 0
    while True:
        what, if_true, if_false, value = code[at]
        at += 1
        if what == 0x20:
            loaded = struct.unpack_from("<I", data, value)[0]
        elif what == 0x06:
            return value
        else:
            holds = {0x15: loaded == value, 0x35: loaded >= value, 0x45: bool(loaded & value)}
            at += if_true if holds[what] else if_false


def numbers(table: dict[str, tuple[int, int]], machine: str) -> list[int]:
    return [n[MACHINES[machine]] for n in table.values() if n[MACHINES[machine]] >= 0]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_call_gets_the_answer_of_its_table(machine: str) -> None:
    allowed, hostile = numbers(ALLOWED, machine), numbers(HOSTILE, machine)
    guarded = numbers(NO_EXEC, machine)
    assert len({*allowed, *hostile, *guarded}) == len(allowed) + len(hostile) + len(guarded)
    for number in range(500):
        if number in allowed or number in guarded:
            assert decide(machine, number) == ALLOW
        elif number in hostile:
            assert decide(machine, number) == KILL
        else:
            assert decide(machine, number) == (ENOSYS if number == CLONE3 else EPERM)


@pytest.mark.parametrize("machine", MACHINES)
def test_memory_may_be_mapped_but_never_made_executable(machine: str) -> None:
    for number in numbers(NO_EXEC, machine):
        assert decide(machine, number, third=3) == ALLOW
        assert decide(machine, number, third=7) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_another_architecture_is_no_way_in(machine: str) -> None:
    assert decide(machine, numbers(ALLOWED, machine)[0], audit=0x40000003) == KILL
    other = "aarch64" if machine == "x86_64" else "x86_64"
    assert decide(machine, numbers(ALLOWED, machine)[0], audit=AUDIT[other]) == KILL


def test_the_x32_numbering_is_no_way_in() -> None:
    assert decide("x86_64", 0x40000000 + numbers(ALLOWED, "x86_64")[0]) == KILL


def test_the_program_is_short_enough_for_the_kernel() -> None:
    assert len(filter_program("x86_64")) // 8 <= 4096
