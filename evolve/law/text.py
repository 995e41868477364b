"""A tree as JSON text; what is written of a part is remembered, as most laws share theirs."""

from __future__ import annotations

import json

from evolve.law.graph import Node, to_data
from evolve.law.order import bounded

_TEXTS: dict[Node, str] = {}


def text_of(root: Node) -> str:
    """The text that `json.dumps` gives of what `to_data` makes of a tree."""
    return _text(root, bounded(_TEXTS))


def _text(node: Node, known: dict[Node, str]) -> str:
    text = known.get(node)
    if text is None:
        if node.args:
            text = f'["{node.op}", {", ".join([_text(a, known) for a in node.args])}]'
        else:
            text = json.dumps(to_data(node))
        known[node] = text
    return text
