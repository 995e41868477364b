"""Lanes taken together: a vector of eight numbers where numba leaves eight numbers apart.

Numbers of a lane are added in the order of its rows, as they would be one after the other. Without
numba whole rows are taken elsewhere, and nothing of this file is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evolve.fitting.compiled import COMPILED, NUMBA
from evolve.fitting.workspace import LANES

BYTES = 8  # of a number
CONTRACTED = ("contract",)  # a product may be added before it is rounded, as by `compiled.exact`


def _intrinsic(function: Callable[..., Any]) -> Any:
    """Have numba paste the code that a function writes, wherever it is called."""
    if not COMPILED:
        return function
    from numba.extending import intrinsic

    return intrinsic(function)


class _Writer:
    """Writes vectors of lanes into a compiled function, of arrays that lie in C's order."""

    def __init__(self, context: Any, builder: Any, kinds: Any) -> None:
        self.builder, self._context, self._kinds = builder, context, kinds
        ir = NUMBA.core.cgutils.ir
        self.whole, self.number = ir.IntType(64), ir.DoubleType()
        self.vector = ir.VectorType(self.number, LANES)
        self.nothing = ir.Constant(self.vector, [0.0] * LANES)

    def constant(self, value: int) -> Any:
        """A whole number."""
        return NUMBA.core.cgutils.ir.Constant(self.whole, value)

    def row(self, which: int, values: Any, *numbers: Any) -> tuple[Any, Any]:
        """Address of a row of argument number `which`, and its length, in bytes."""
        array = self._context.make_array(self._kinds[which])(
            self._context, self.builder, values[which]
        )
        at, build = self.builder.ptrtoint(array.data, self.whole), self.builder
        for axis, number in enumerate(numbers):
            step = build.extract_value(array.strides, axis)
            at = build.add(at, build.mul(number, step))
        length = build.extract_value(array.shape, len(numbers))
        return at, build.mul(length, self.constant(BYTES))

    def load(self, at: Any, after: Any, kind: Any = None) -> Any:
        """The vector, or what of a kind, so many bytes behind an address."""
        kind = self.vector if kind is None else kind
        place = self.builder.inttoptr(self.builder.add(at, after), kind.as_pointer())
        return self.builder.load(place, align=BYTES)

    def store(self, vector: Any, at: Any, after: Any) -> None:
        """Store a vector so many bytes behind an address."""
        place = self.builder.inttoptr(self.builder.add(at, after), self.vector.as_pointer())
        self.builder.store(vector, place, align=BYTES)

    def each(self, n_bytes: Any) -> Any:
        """A loop over the vectors of a row of so many bytes; gives where each begins."""
        return NUMBA.core.cgutils.for_range_slice(
            self.builder, self.constant(0), n_bytes, self.constant(LANES * BYTES)
        )

    def total(self, n_bytes: Any, values: Callable[[Any], Any]) -> Any:
        """The sum of what `values` gives of each vector of a row."""
        build = self.builder
        total = NUMBA.core.cgutils.alloca_once_value(build, self.nothing)
        with self.each(n_bytes) as (after, _):
            build.store(build.fadd(build.load(total), values(after), flags=CONTRACTED), total)
        return build.load(total)


@_intrinsic
def sum_products(typing: Any, x: Any, i: Any, y: Any, j: Any, sums: Any, k: Any, m: Any) -> Any:
    """Fill `sums[k, m]`, one a lane, with the products of rows `i` of `x` and `j` of `y`."""
    del typing
    types = NUMBA.types

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        write = _Writer(context, builder, signature.args)
        (a, n_bytes), (b, _) = write.row(0, values, values[1]), write.row(2, values, values[3])

        def product(after: Any) -> Any:
            return builder.fmul(write.load(a, after), write.load(b, after), flags=CONTRACTED)

        out, _ = write.row(4, values, values[5], values[6])
        write.store(write.total(n_bytes, product), out, write.constant(0))
        return context.get_dummy_value()

    return types.void(x, types.int64, y, types.int64, sums, types.int64, types.int64), code


@_intrinsic
def sum_values(typing: Any, values: Any, totals: Any) -> Any:
    """Fill `totals`, one a lane, with the sums of values."""
    del typing

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        write = _Writer(context, builder, signature.args)
        (at, n_bytes), (out, _) = write.row(0, given), write.row(1, given)
        total = write.total(n_bytes, lambda after: write.load(at, after))
        write.store(total, out, write.constant(0))
        return context.get_dummy_value()

    return NUMBA.types.void(values, totals), code


@_intrinsic
def spread(typing: Any, trial: Any, k: Any, v: Any, row: Any) -> Any:
    """Fill a row of `v` with column `k` of `trial`, `(LANES, p)`, over and over."""
    del typing
    types = NUMBA.types

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        write = _Writer(context, builder, signature.args)
        vector, after = write.nothing, builder.mul(values[1], write.constant(BYTES))
        for lane in range(LANES):
            own, _ = write.row(0, values, write.constant(lane))
            number = NUMBA.core.cgutils.ir.Constant(NUMBA.core.cgutils.int32_t, lane)
            vector = builder.insert_element(vector, write.load(own, after, write.number), number)
        out, n_bytes = write.row(2, values, values[3])
        with write.each(n_bytes) as (place, _):
            write.store(vector, out, place)
        return context.get_dummy_value()

    return types.void(trial, types.int64, v, types.int64), code
