"""What parts the columns of a text table, by its header and its first row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evolve.errors import TaskError
from evolve.tasks.cells import number
from evolve.tasks.decimals import as_point

_OTHERS = {"\t": "tabs", "|": "bars"}


def are_semicolons(otherwise: Sequence[Sequence[str]], parted: Sequence[Sequence[str]]) -> bool:
    """Whether semicolons part the columns of a table whose file says otherwise.

    A name or a number may hold a comma, and a name or a text a semicolon. So header and row must
    agree; where they do either way, more of the row's cells are numbers under the right sign.

    Args:
        otherwise: Header and first row, if there is one, as the file's own sign parts them.
        parted: The same, as semicolons do.
    """
    if not parted or len(parted[0]) < 2:
        return False
    if any(len(one) == 1 < len(more) for one, more in zip(otherwise, parted, strict=False)):
        return True  # the file's sign is nowhere, or in names or numbers alone
    if len(parted) < 2 or len(parted[0]) != len(parted[1]):
        return False
    if not otherwise or len(otherwise[0]) != len(otherwise[1]):
        return True
    return _share_of_numbers(parted[1]) > _share_of_numbers(otherwise[1])


def _share_of_numbers(cells: Sequence[str]) -> float:
    return sum(number(as_point(cell)) is not None for cell in cells) / len(cells)


def require_commas(path: Path, header: str) -> None:
    """Require that a header of one column is not many columns under another separator.

    Raises:
        TaskError: It is.
    """
    for sign, name in _OTHERS.items():
        if sign in header:
            how = f"read_csv({path.name!r}, sep={sign!r}).to_csv('commas.csv', index=False)"
            raise TaskError(
                f"{path}: columns must be separated by commas, the header {header[:60]!r} is "
                f"separated by {name}; by pandas: {how}, with decimal=',' for decimal commas"
            )
