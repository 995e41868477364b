"""Many short texts in a tenth of the memory that a list of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, overload

BLOCK = 256  # texts that are held as one
_END = "\0"


class Texts(Sequence[object]):
    """Texts that are read in their order, as the cells of a column are.

    A list holds an object of 50 bytes and more for each. Here those of a block are one text, which
    is taken apart where one of them is asked for; a block that holds what parts them is a tuple.
    """

    __slots__ = ("_blocks", "_length", "_opened", "_place")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Hold texts.

        Args:
            texts: In their order.
        """
        self._blocks: list[str | tuple[str, ...]] = []
        self._length, self._place = 0, -1
        self._opened: Sequence[str] = ()
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts at the end."""
        left = self._length % BLOCK
        ahead = [*self._block(len(self._blocks) - 1)] if left else []
        if left:
            self._blocks.pop()
        self._length -= left
        self._place = -1
        rest = iter(texts)
        while block := (*ahead, *islice(rest, BLOCK - len(ahead))):
            joined = _END.join(block)
            whole = joined.count(_END) == len(block) - 1
            self._blocks.append(joined if whole else block)
            self._length += len(block)
            ahead = []

    def _block(self, place: int) -> Sequence[str]:
        block = self._blocks[place]
        return block.split(_END) if isinstance(block, str) else block

    def __len__(self) -> int:
        """Return how many there are."""
        return self._length

    def __iter__(self) -> Iterator[str]:
        """Yield them in their order."""
        for block in self.blocks():
            yield from block

    def blocks(self) -> Iterator[Sequence[str]]:
        """Yield them in their order, those of a block together."""
        return map(self._block, range(len(self._blocks)))

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: Any) -> Any:
        """Return one of them, or several as a list."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._length))]
        place, within = divmod(range(self._length)[index], BLOCK)
        if place != self._place:
            self._opened, self._place = self._block(place), place
        return self._opened[within]

    def __eq__(self, other: object) -> bool:
        """Whether another sequence holds the same texts."""
        if not isinstance(other, Texts | list):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show the texts as a list."""
        return repr(list(self))
