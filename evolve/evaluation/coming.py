"""A sequence whose items are made while others are already worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Coming(Sequence[T]):
    """Items that are made as they are asked for, in order and once each.

    Whoever goes through it gets each one as soon as it is there; its length, and an item by its
    number, are known once all are made.
    """

    def __init__(self, items: Iterable[T]) -> None:
        """Take what makes the items."""
        self._made: list[T] = []
        self._rest = iter(items)

    def __iter__(self) -> Iterator[T]:
        """Go through the items, making those that are not there yet."""
        at = 0
        while at < len(self._made) or self._make_one():
            yield self._made[at]
            at += 1

    def __len__(self) -> int:
        """How many items there are in all."""
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> list[T]: ...

    def __getitem__(self, index: int | slice) -> T | list[T]:
        """An item, or a list of some."""
        return self._all()[index]

    def _make_one(self) -> bool:
        """Make one more, if there is one."""
        for item in self._rest:
            self._made.append(item)
            return True
        return False

    def _all(self) -> list[T]:
        self._made.extend(self._rest)
        return self._made
