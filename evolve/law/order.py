"""Sort flat sums and products into a reading order that does not depend on their spelling."""

from __future__ import annotations

from typing import Any

from evolve.law.graph import Node
from evolve.law.products import bare

CHAINS = ("max", "min", "logaddexp")
SORTED = ("sum", "prod", *CHAINS)
Key = tuple[int, str]
MOST = 1 << 13  # trees of which something is remembered, about 10 MiB; judgement
_KEYS: dict[Node, Key] = {}  # of trees whose constants are free


def bounded(memo: dict[Node, Any]) -> dict[Node, Any]:
    """What is remembered of trees, forgotten where it is too much."""
    if len(memo) > MOST:
        memo.clear()
    return memo


class Order:
    """Sorting keys for the flat nodes of one tree.

    Constants that are used once are free and look alike; shared ones are told apart by a
    colour: first by how often they occur, then by the places in which they stand.
    """

    def __init__(self, uses: dict[Node, int]) -> None:
        """Start with the number of times that each constant is used in the whole tree."""
        self.colours = {leaf: f"k{n}" for leaf, n in uses.items()}
        self.free = {leaf for leaf, n in uses.items() if n == 1}
        self.shared = {leaf.index for leaf, n in uses.items() if n > 1}
        self._keys: dict[Node, Key] = {}
        self._open_keys: dict[Node, Key] = bounded(_KEYS)

    def is_open(self, node: Node) -> bool:
        """Whether all constants of a flat or plain tree are free, as in most laws.

        Whatever else stands around it then changes nothing in its form.
        """
        return not self.shared or node.constants.isdisjoint(self.shared)

    def key(self, node: Node) -> Key:
        """Sorting key in which all free constants look alike."""
        keys = self._open_keys if self.is_open(node) else self._keys
        key = keys.get(node)
        if key is None:
            if node.args:
                inner = ",".join([self.key(a)[1] for a in node.args])
                text = f"{node.op}{node.value:.17g}({inner})"
            elif node.op == "const":
                text = "c" if node in self.free else self.colours.get(node, "k")
            else:
                text = f"{node.op[0]}{node.value:.17g}"
            key = keys[node] = (0 if node.op == "const" else len(text), text)
        return key

    def tell_apart(self, root: Node) -> Node:
        """The flat tree, sorted anew, shared constants told apart by the places they are in."""
        if len(self.shared) < 2:
            return root
        for _ in range(2):
            places: dict[Node, list[str]] = {}
            self._find_shared(root, "", places)
            if len(places) < 2:
                return root
            texts = {leaf: " ".join(sorted(where)) for leaf, where in places.items()}
            ranks = {text: i for i, text in enumerate(sorted(set(texts.values())))}
            self.colours = {leaf: f"k{ranks[text]:02d}" for leaf, text in texts.items()}
            self._keys.clear()
            root = self._sorted(root)
            if len(ranks) == len(texts):
                break
        return root

    def _find_shared(self, node: Node, place: str, places: dict[Node, list[str]]) -> None:
        if self.is_open(node):
            return
        if node.op == "const":
            places.setdefault(node, []).append(place)
        for i, arg in enumerate(node.args):
            slot = "" if node.op in SORTED else str(i)
            self._find_shared(arg, f"{place}/{self.key(node)[1]}{slot}", places)

    def _sorted(self, node: Node) -> Node:
        args = [self._sorted(a) for a in node.args]
        if node.op in SORTED:
            args.sort(key=self._rank)
        return Node(node.op, tuple(args), node.value)

    def _rank(self, node: Node) -> tuple[int, Key]:
        """Free constants first; the coefficient of a term does not count."""
        if node.op == "prod":
            if node.args[0] in self.free:
                return 1, self.key(bare(node.args[1:]))
            return 1, self.key(node if node.value == 1.0 else bare(node.args))
        return 0 if node in self.free else 1, self.key(node)
