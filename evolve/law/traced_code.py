"""Load somebody's code for tracing: it sees stand-ins for numpy, and ends after many steps.

This runs the code: call it where that code may run.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from evolve.errors import ProgramError
from evolve.law.tracing_numpy import builtins_for, stand_in
from evolve.law.untraceable import refusals_kept, refuse

MAX_STEPS = 200_000
ENDLESS = f"the law ran more than {MAX_STEPS} steps"
PROGRAM = "<program>"
# What running somebody's law may raise; anything else is an error of ours.
_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError),
    *(RuntimeError, SyntaxError, TypeError, ValueError, MemoryError, OSError),
)


def load_function(text: str, name: str) -> types.FunctionType:
    """A function of a program's text, in a namespace of stand-ins.

    Raises:
        ProgramError: The text has no such function, or fails.
    """
    names = builtins_for(vars(builtins))
    namespace: dict[str, Any] = {"__builtins__": names, "__name__": "program"}
    with guarded(PROGRAM):
        exec(compile(text, PROGRAM, "exec"), namespace)
    function = namespace.get(name)
    if not isinstance(function, types.FunctionType):
        raise ProgramError(f"cannot be traced: the program has no function {name}")
    return function


def rebound(function: Callable[[Any, Any], Any]) -> types.FunctionType:
    """A copy of a function, and of its module's functions, that sees stand-ins."""
    if not isinstance(function, types.FunctionType):
        raise ProgramError("cannot be traced: the law is not a plain Python function")
    old = function.__globals__
    new: dict[str, Any] = {}
    for name, value in old.items():
        is_own = isinstance(value, types.FunctionType) and value.__globals__ is old
        new[name] = _with_globals(value, new) if is_own else stand_in(value)
    new["__builtins__"] = builtins_for(getattr(function, "__builtins__", vars(builtins)))
    for name, value in list(new.items()):  # now that the builtins are in place
        if isinstance(value, types.FunctionType) and value.__globals__ is new:
            new[name] = _with_globals(value, new)
    return _with_globals(function, new)


def _with_globals(function: types.FunctionType, names: dict[str, Any]) -> types.FunctionType:
    cells = tuple(types.CellType(stand_in(c.cell_contents)) for c in function.__closure__ or ())
    copy = types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, cells or None
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


@contextmanager
def guarded(file: str) -> Iterator[None]:
    """Turn what the traced code in a file raises into a `ProgramError`; end it if it runs on."""
    try:
        with refusals_kept(), _step_limit(file):
            yield
    except ProgramError:
        raise
    except _FAULTS as fault:
        raise ProgramError(f"cannot be traced: {type(fault).__name__}: {fault}") from fault


@contextmanager
def _step_limit(file: str) -> Iterator[None]:
    """Stop code after many steps, unless a debugger or coverage tool watches already."""
    if sys.gettrace() is not None:
        yield
        return
    n_steps = 0

    def watch(frame: types.FrameType, event: str, _arg: Any) -> Any:
        nonlocal n_steps
        if frame.f_code.co_filename != file:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        n_steps += event == "opcode"
        if n_steps > MAX_STEPS:
            refuse(ENDLESS)
        return watch

    sys.settrace(watch)
    try:
        yield
    finally:
        sys.settrace(None)
