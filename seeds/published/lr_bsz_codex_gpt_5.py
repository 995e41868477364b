"""Codex GPT-5's law for lr_bsz, constants given.

Published on the SLDBench leaderboard (Lin et al. 2025, arXiv 2507.21184): test R2 0.545767.
Written anew from its formula and constants; found by others with the test rows in view, so it is
for scoring and comparison, never a starting program.

Formula: a full quadratic in log10 of lr, bsz, data_size and non_embedding_param_size
"""

from __future__ import annotations

from math import log10

# EVOLVE-BLOCK-START
FEATURES = ("lr", "bsz", "data_size", "non_embedding_param_size")
CONSTANT = 15.408655757208578
LINEAR = (0.1479904624134041, 0.925576816730592, -2.0155807017749745, -0.21074365992568728)
SQUARE = (0.1445807182504939, 0.12570943660274597, 0.13477282782648167, 0.07811997175906828)
CROSS = {
    (0, 1): -0.0778445730877946,
    (0, 2): -0.02359921758963033,
    (0, 3): 0.1304365497600781,
    (1, 2): -0.12590176704259384,
    (1, 3): -0.050041748839094104,
    (2, 3): -0.09213648452069143,
}


def law(input_data: list[dict[str, float]], group: str) -> list[dict[str, float]]:
    predictions = []
    for row in input_data:
        x = [log10(row[name]) for name in FEATURES]
        loss = CONSTANT
        loss += sum(c * v for c, v in zip(LINEAR, x, strict=True))
        loss += sum(c * v * v for c, v in zip(SQUARE, x, strict=True))
        loss += sum(c * x[i] * x[j] for (i, j), c in CROSS.items())
        predictions.append({"lm_loss": loss})
    return predictions


# EVOLVE-BLOCK-END
