"""Fit constants of laws: the compiled fitter, `fit_law`, hierarchical fits, the service.

Programs say ``from evolve.fitting import fit_law``. The name is looked up when it is first asked
for, because the fitter loads the compiler, which whoever only reads results does not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evolve.fitting.fit import fit_law

__all__ = ["fit_law"]
SERVICE: Final = f"{__name__}.service"  # what workers run


def __getattr__(name: str) -> Any:
    """Import `fit_law` on first use."""
    if name not in __all__:
        raise AttributeError(f"module 'evolve.fitting' has no attribute {name!r}")
    from evolve.fitting import fit

    return getattr(fit, name)
