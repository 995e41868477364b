"""Parts of the kernel that are compiled by themselves and called by their address.

A compiled function that calls another holds it again, so that a kernel would take as long to
compile as all of its parts do within it, on one core. A part is compiled once, side by side with
what calls it, and a call takes some 12 ns more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from evolve.fitting.compiled import COMPILED, NUMBA, SUMS, store_code_of

_stored: list[Any] = []  # parts that this process has compiled or loaded, and keeps on disk


def part(
    signature: str, function: Callable[..., Any]
) -> tuple[Callable[..., Any], Callable[[], int]]:
    """A function that is compiled by itself; as it is where numba is not used.

    Numba takes functions as arguments, too, but each of them costs 40 µs wherever Python calls
    what takes it.

    Args:
        signature: Its types, as numba writes them.
        function: The function.

    Returns:
        What calls it, of its address and its arguments; and what loads or compiles it, once, and
        gives its address.
    """
    if not COMPILED:
        return (lambda address, *arguments: function(*arguments)), lambda: 0

    from numba.core.ccallback import CFunc

    @lru_cache(maxsize=1)
    def address() -> int:
        options = {"fastmath": SUMS, "error_model": "numpy", "_nrt": False}
        types = NUMBA.core.sigutils.normalize_signature(signature)
        made: Any = CFunc(function, types, {}, options)
        is_stored = store_code_of(made, function)
        made.compile()
        if is_stored:
            _stored.append(made)
        return int(made.address)

    return _caller(signature), address


def any_is_new() -> bool:
    """Whether the machine code of a part was compiled by this process, and stored."""
    return not all(made.cache_hits for made in _stored)


def _caller(signature: str) -> Callable[..., Any]:
    """What calls an address in compiled code, for arguments of the signature's very types."""
    from numba.extending import intrinsic

    types, cgutils, core = NUMBA.types, NUMBA.core.cgutils, NUMBA.core
    wanted, result = core.sigutils.normalize_signature(signature)

    @intrinsic
    def call(typing: Any, address: Any, *given: Any) -> Any:
        kinds = tuple(types.unliteral(each) for each in given)
        if kinds != wanted:
            raise core.errors.TypingError(f"a part that takes {wanted} is given {kinds}")

        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            known = [context.get_value_type(each) for each in (result, *wanted)]
            kind = cgutils.ir.FunctionType(known[0], known[1:])
            where = builder.inttoptr(values[0], kind.as_pointer())
            said = builder.call(where, cgutils.unpack_tuple(builder, values[1]))
            return context.get_dummy_value() if result == types.void else said

        return result(types.int64, types.StarArgTuple(kinds)), code

    called: Callable[..., Any] = call
    return called
