"""Values of options that take several: repeated, or in one text parted by spaces or commas."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from evolve.errors import EvolveError, nearest

ALL = "all"
NONE = "none"
MOST_PARTS = 8  # between commas of a name within a list
Texts = list[str] | None

Value = TypeVar("Value", int, float)


def parted(texts: Iterable[str] | None, is_name: Callable[[str], bool]) -> list[str]:
    """The names that stand in texts; a name may itself hold a space or a comma.

    Args:
        texts: A text of each time that the option was given.
        is_name: Whether a text is one name as it stands.
    """
    found: list[str] = []
    for text in texts or ():
        parts = [text] if is_name(text) else text.split(",")
        while parts:
            n = _n_of_name(parts, is_name)
            name = ",".join(parts[:n]).strip()
            found += [name] if is_name(name) else name.split()
            del parts[:n]
    return found


def _n_of_name(parts: Sequence[str], is_name: Callable[[str], bool]) -> int:
    """How many of the parts, from the first on, are the longest name that holds commas; or one."""
    longest_first = range(min(len(parts), MOST_PARTS), 1, -1)
    return next((n for n in longest_first if is_name(",".join(parts[:n]).strip())), 1)


def names_in(
    option: str,
    texts: Texts,
    known: Sequence[str],
    what: str,
    *,
    none: bool = False,
    elsewhere: Mapping[str, str] | None = None,
) -> list[str]:
    """Names that an option was given; all that are known where there are none, or for `all`.

    Args:
        option: As it is typed.
        texts: What it was given.
        known: Names that it may have, in their order.
        what: What they name, for a message.
        none: Whether the word `none` stands for no name.
        elsewhere: Of names that are known in another way, how.

    Raises:
        EvolveError: One is not known, or stands twice.
    """
    others = elsewhere or {}
    names = parted(texts, lambda text: text in known or text in others)
    _require_some(option, texts, names)
    if _is_word(NONE, names, known, allowed=none):
        return []
    if not names or _is_word(ALL, names, known):
        return list(known)
    for name in names:
        if name in others:
            raise EvolveError(f"{option}: {name!r} {others[name]}")
        if name not in known:
            raise EvolveError(f"{option}: no {what} {_as_meant(name, texts or (), known)}")
    _require_different(option, names)
    return names


def _as_meant(name: str, texts: Sequence[str], known: Sequence[str]) -> str:
    """A name that is not known, with the nearest, or with all that there are.

    Where a part of a text is near no name, the text, or what stands between its commas, may be
    meant as one: `4 island` is near `4 islands`, and `4` near nothing.
    """
    if hint := nearest(name, known):
        return f"{name!r}{hint}"
    wholes: list[str] = []
    for text in texts:
        parts = [part.strip() for part in text.split(",")]
        wholes += parts if any(part in known for part in parts) else [text.strip(), *parts]
    for whole in wholes:
        if name in whole.replace(",", " ").split() and (hint := nearest(whole, known)):
            return f"{whole!r}{hint}"
    # A name that holds a comma would be read as two.
    listed = map(repr, known) if any("," in each for each in known) else known
    return f"{name!r}; it may be {', '.join(listed)}"


def tasks_in(option: str, texts: Texts, is_task: Callable[[str], bool]) -> list[str]:
    """Names and folders of tasks that an option was given; whether each is there is not asked.

    Raises:
        EvolveError: One stands twice.
    """
    names = parted(texts, is_task)
    _require_some(option, texts, names)
    _require_different(option, names)
    return [] if _is_word(ALL, names, ()) else names


def numbers_in(
    option: str, texts: Sequence[str], kind: type[Value], least: int, example: str
) -> list[Value]:
    """Numbers that an option was given.

    Args:
        option: As it is typed.
        texts: What it was given.
        kind: Whether they must be whole.
        least: The least that they may be.
        example: Of such numbers, for a message.

    Raises:
        EvolveError: One is none, is below the least, or stands twice; or there are none.
    """
    words = parted(texts, lambda _: False)
    rule = f"{'whole ' * (kind is int)}numbers from {least}, such as {example}"
    try:
        values = [kind(word) for word in words]
    except ValueError:
        values = []
    if not values or not all(least <= value < float("inf") for value in values):
        raise EvolveError(f"{option}: must be {rule}, it is {' '.join(texts)!r}")
    _require_different(option, values)
    return values


def seeds_in(texts: Sequence[str]) -> list[int]:
    """The seeds that `--seeds` was given.

    Raises:
        EvolveError: One is no whole number from 0, or stands twice.
    """
    return numbers_in("--seeds", texts, int, 0, "0 1 2")


def _is_word(
    word: str, names: Sequence[str], known: Collection[str], *, allowed: bool = True
) -> bool:
    """Whether names are one word that stands for all or none, and no name."""
    return allowed and list(names) == [word] and word not in known


def _require_some(option: str, texts: Texts, names: Sequence[str]) -> None:
    """Require a name where the option was given, as an empty text would stand for all."""
    if texts and not names:
        raise EvolveError(f"{option}: must name one, it is {' '.join(texts)!r}")


def _require_different(option: str, values: Sequence[object]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise EvolveError(f"{option}: {value!r} is given twice")
