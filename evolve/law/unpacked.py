"""What a program's law calls its constants, by the line that unpacks them."""

from __future__ import annotations

import ast

from evolve.law.syntax import syntax_of

# The rows of `params` as columns that numpy lays along any rows of data.
COLUMNS = "np.moveaxis(np.asarray(params, dtype=float)[..., None], -2, 0)"
OF_A_TARGET = "constants"  # what printed laws of several targets call those of one


def unpacked_names(text: str, n_constants: int) -> tuple[str, ...]:
    """The names of the constants, in order; none where no one line says what each is called.

    Args:
        text: Of a program that can be traced.
        n_constants: How many constants its law has.
    """
    for node in ast.walk(syntax_of(text)):
        if isinstance(node, ast.Assign) and ast.unparse(node.value) in (COLUMNS, OF_A_TARGET):
            (target,) = node.targets[:1]
            parts = target.elts if isinstance(target, ast.Tuple) else []
            names = tuple(part.id for part in parts if isinstance(part, ast.Name))
            if len(names) == len(parts) == n_constants:
                return names
    return ()
