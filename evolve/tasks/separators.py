"""What parts the columns of a text table, where it is neither commas nor semicolons."""

from __future__ import annotations

from pathlib import Path

from evolve.errors import TaskError

_OTHERS = {"\t": "tabs", "|": "bars"}


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
