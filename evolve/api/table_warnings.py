"""What stands out in a caller's table, as warnings at the line of the call."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evolve.api.champion import RunLaw
    from evolve.tasks.draft import Draft


def warn_of_table(draft: Draft) -> None:
    """Warn of rows that are left out, and of what else stands out.

    Called by a checked function of the library, so that the caller's line is two frames up.
    """
    for line in (*draft.left_out, *draft.notes):
        warnings.warn(line, stacklevel=4)


def warn_of_columns(fitted: RunLaw, draft: Draft, named_by: str) -> None:
    """Warn of columns that a law leaves out, and of a fit that failed; as `warn_of_table`."""
    from evolve.api.fit_columns import columns_of_fit, failure_of, lines_of

    lines = lines_of(fitted, columns_of_fit(fitted, draft), named_by)
    for line in (*lines, *failure_of(fitted)):
        warnings.warn(line, stacklevel=4)


def warn_of_template(draft: Draft, template: str) -> None:
    """Warn of columns that a template names as constants; called as `warn_of_table`."""
    from evolve.law.stated import called_as_constants

    features = [feature.name for feature in draft.spec.features]
    others = [name for name in draft.columns if name not in features]
    for line in called_as_constants(template, features, others):
        warnings.warn(line, stacklevel=4)
