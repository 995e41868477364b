"""Sort flat sums and products into a reading order that does not depend on their spelling."""

from __future__ import annotations

from evolve.law.graph import Node
from evolve.law.products import bare

CHAINS = ("max", "min", "logaddexp")
SORTED = ("sum", "prod", *CHAINS)


class Order:
    """Sorting keys for the flat nodes of one tree.

    Constants that are used once are free and look alike; shared ones are told apart by a
    colour: first by how often they occur, then by the places in which they stand.
    """

    def __init__(self, uses: dict[Node, int]) -> None:
        """Start with the number of times that each constant is used in the whole tree."""
        self.colours = {leaf: f"k{n}" for leaf, n in uses.items()}
        self.free = {leaf for leaf, n in uses.items() if n == 1}
        self._keys: dict[Node, tuple[int, str]] = {}

    def key(self, node: Node) -> tuple[int, str]:
        """Sorting key in which all free constants look alike."""
        key = self._keys.get(node)
        if key is None:
            if node.args:
                inner = ",".join([self.key(a)[1] for a in node.args])
                text = f"{node.op}{node.value:.17g}({inner})"
            elif node.op == "const":
                text = "c" if node in self.free else self.colours.get(node, "k")
            else:
                text = f"{node.op[0]}{node.value:.17g}"
            key = self._keys[node] = (0 if node.op == "const" else len(text), text)
        return key

    def tell_apart(self, root: Node) -> Node:
        """The flat tree, sorted anew, shared constants told apart by the places they are in."""
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
        if node.op == "const" and node not in self.free:
            places.setdefault(node, []).append(place)
        for i, arg in enumerate(node.args):
            slot = "" if node.op in SORTED else str(i)
            self._find_shared(arg, f"{place}/{self.key(node)[1]}{slot}", places)

    def _sorted(self, node: Node) -> Node:
        args = [self._sorted(a) for a in node.args]
        if node.op in SORTED:
            args.sort(key=self._rank)
        return Node(node.op, tuple(args), node.value)

    def _rank(self, node: Node) -> tuple[int, tuple[int, str]]:
        """Free constants first; the coefficient of a term does not count."""
        if node.op == "prod":
            if node.args[0] in self.free:
                return 1, self.key(bare(node.args[1:]))
            return 1, self.key(node if node.value == 1.0 else bare(node.args))
        return 0 if node in self.free else 1, self.key(node)
