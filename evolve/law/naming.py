"""Variables of a printed program: names for features and for repeated parts of a law."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from evolve.law.algebra import is_unit_scaled
from evolve.law.graph import Law, Node, feat, features_of, size, walk
from evolve.law.writing import CODE, write

LEAST_PART = 5
_TAKEN = {
    *keyword.kwlist,
    *keyword.softkwlist,
    *dir(builtins),
    *("np", "fit_law", "scaling_law_func", "fit_scaling_law"),
    *(
        "data_points",
        "loss_values",
        "params",
        "X",
        "rolled",
        "column",
        "columns",
        "t",
        "constants",
    ),
}
_NUMBERED = re.compile(r"(c|part_)\d+")


def identifiers(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Names as Python identifiers that clash with nothing in a printed program."""
    return list(_identifiers(tuple(names), tuple(taken)))


@lru_cache(maxsize=1024)  # those of a task's features and their logarithms, for every law
def _identifiers(names: tuple[str, ...], taken: tuple[str, ...]) -> tuple[str, ...]:
    out: list[str] = []
    for name in names:
        # The sandbox's gate refuses names that begin with two underscores.
        word = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_") or "x"
        word = f"x_{word}" if word[0].isdigit() else word
        while word in _TAKEN or _NUMBERED.fullmatch(word) or word in out or word in taken:
            word += "_"
        out.append(word)
    return tuple(out)


def words_seen(names: Sequence[str], *, own_first: bool) -> list[str]:
    """What features are called in a law: by their places where each target sees its own first."""
    return ["own", *(f"other_{k}" for k in range(1, len(names)))] if own_first else list(names)


def own_words(names: Sequence[str]) -> str:
    """What `words_seen` stand for where each of several targets sees its own feature first."""
    first, second = names[:2]
    return (
        f"own is the feature that belongs to a target, {first} to the first and {second} to the "
        "second; other_1 is the one behind it, and so on in a circle"
    )


def constant_words(law: Law, taken: Sequence[str]) -> list[str]:
    """What a law's constants are called in a printed program, beside words that are taken."""
    return identifiers(law.names, taken) if law.names else list(law.constant_names)


class Variables:
    """Names for features, their logarithms, constants and repeated parts of one law."""

    def __init__(self, law: Law, words: Sequence[str], units: Sequence[float], table: str):
        """Name what a law needs; `words` are the features' names, `table` holds their columns."""
        root = law.root
        self.constants = constant_words(law, words)
        self.names: dict[Node, str] = {}
        self.features: list[str] = []
        self.logs: list[str] = []
        self.parts: list[str] = []
        counts = Counter(walk(root))
        scaled = [n for n in counts if is_unit_scaled(n)]
        for index in sorted(features_of(root)):
            column = f"{table}[:, {index}]"
            main = _main_quantity(counts, scaled, index, units)
            self.names.setdefault(feat(index), column)
            self.features.append(f"{words[index]} = {write(main, self.names, CODE)}")
            self.names[main] = words[index]
        self._name_logs(counts)
        self.names |= {n: self.constants[n.index] for n in counts if n.op == "const"}
        if any(n > 1 and node.size >= LEAST_PART for node, n in counts.items()):
            self._name_parts(root)

    def _name_logs(self, counts: Counter[Node]) -> None:
        logs = [n for n in counts if n.op == "log" and n.args[0] in self.names]
        logs.sort(key=lambda n: min(features_of(n)))
        logs = [n for n in logs if "[" not in self.names[n.args[0]]]
        words = identifiers(
            [f"log_{self.names[n.args[0]]}" for n in logs],
            [*self.names.values(), *self.constants],
        )
        for node, word in zip(logs, words, strict=True):
            self.logs.append(f"{word} = np.log({self.names[node.args[0]]})")
            self.names[node] = word

    def _name_parts(self, root: Node) -> None:
        """Name every larger part that is written more than once."""
        chosen: list[Node] = []
        while True:
            written = self._open([root])
            for part in chosen:
                written += self._open(part.args)
            counts = Counter(written)
            repeated = [n for n, k in counts.items() if k > 1 and size(n) >= LEAST_PART]
            if not repeated:
                break
            chosen.append(max(repeated, key=size))
            self.names[chosen[-1]] = ""
        for i, part in enumerate(sorted(chosen, key=size)):
            del self.names[part]
            self.parts.append(f"part_{i} = {write(part, self.names, CODE)}")
            self.names[part] = f"part_{i}"

    def _open(self, nodes: Sequence[Node]) -> list[Node]:
        """Nodes of trees that are written out, first to last; those with a name are left out."""
        found, todo = list[Node](), list(reversed(nodes))
        while todo:
            node = todo.pop()
            if node.args and node not in self.names:
                found.append(node)
                todo.extend(reversed(node.args))
        return found


def _main_quantity(
    counts: Counter[Node], scaled: Sequence[Node], index: int, units: Sequence[float]
) -> Node:
    """The feature over its unit where the law uses that, else the raw feature.

    Args:
        counts: How often each node occurs.
        scaled: Those of them that are a feature over a unit, first to last.
        index: Number of the feature.
        units: Unit of each feature, where known.
    """
    scaled = [n for n in scaled if n.args[0] == feat(index)]
    if not scaled:
        return feat(index)
    declared = [n for n in scaled if index < len(units) and n.args[1].value == units[index]]
    return max(declared or scaled, key=lambda n: (counts[n], n.args[1].value))
