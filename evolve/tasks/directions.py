"""Whether more of a target is better, by its role and its name."""

from __future__ import annotations

import re

from evolve.tasks.measures import SPEEDS
from evolve.tasks.roles import Role, words_of

# Outcomes that are better when higher; of one that is negated less is better again.
_HIGHER = re.compile(
    r"\blog ?(lik(elihood)?|prob(ability)?|probs)\b"
    r"|\b(score|reward|return|r2|r squared|elo|psnr|ssim|comet|spearman|pearson|correlation)\b"
    r"|\b(cider|meteor|kappa|mcc|jaccard|precision|specificity|likelihood)\b"
    r"|\b(pass(ed)?|solved|correct|wins?)\b"
    rf"|\b({SPEEDS})\b"
)
_NEGATED = re.compile(
    r"\b(neg|negative|minus|errors?|err|loss|brier|not|fail(s|ed|ures?)?|miss(es|ed)?|dropped)\b"
)


def is_better_higher(name: str, role: Role) -> bool:
    """Whether more of a target is better: an accuracy, and what is by its name of that kind.

    Args:
        name: The target's name, in any spelling.
        role: Its role, guessed or given.
    """
    if role in ("accuracy", "loss"):
        return role == "accuracy"
    words = words_of(name)
    return bool(_HIGHER.search(words)) and not _NEGATED.search(words)
