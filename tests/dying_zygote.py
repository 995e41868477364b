"""A forking process that is killed at a stated moment of its start; for `Spawned`.

It loads nothing first, so that a start takes no time.
"""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from evolve.sandbox import foreign_child, lockdown, zygote

PHASES = ("loading", "walled in", "forked", "orphaned", "listening", "rehearsing")


def main(control: int, without: list[str], parent: int, phase: str) -> None:
    """Start as a zygote does, and die in a phase; or live, in none."""
    outer = os.getpid()
    enter, arm, wait = lockdown.enter, lockdown.die_with_parent, os.waitpid

    def die_walled_in(*arguments: Any, **named: Any) -> bool:
        enter(*arguments, **named)
        return bool(_die())

    def arm_late(report: Any, without: Any, parent: int) -> None:
        if os.getpid() != outer:
            time.sleep(0.2)  # until the outer one, which waits for this one, is dead
        arm(report, without, parent)

    foreign_child.preload = _die if phase == "loading" else lambda **_: {}  # type: ignore[assignment]
    if phase == "walled in":
        lockdown.enter = die_walled_in
    if phase in ("forked", "orphaned"):
        os.waitpid = lambda *arguments: _die() if os.getpid() == outer else wait(*arguments)
    if phase == "orphaned":
        lockdown.die_with_parent = arm_late
    if phase == "listening":
        zygote.Zygote.rehearse = _die  # type: ignore[method-assign]
    if phase == "rehearsing":
        zygote._wall_in = _first_dies(zygote._wall_in)
    zygote.main(control, without, parent)


def _die(*_: object, **__: object) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def _first_dies(wall_in: Any) -> Any:
    """The walls of a child, of which the first is killed while it puts them up."""
    rehearsed: list[int] = []

    def rehearse_once(self: zygote.Zygote) -> tuple[bytes, int]:
        rehearsed.append(1)
        return once(self)

    def first_dies(*arguments: Any) -> Any:
        return _die() if len(rehearsed) == 1 else wall_in(*arguments)

    once = zygote.Zygote._rehearse_once
    zygote.Zygote._rehearse_once = rehearse_once  # type: ignore[method-assign]
    return first_dies
