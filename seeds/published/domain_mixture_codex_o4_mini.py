"""Codex o4-mini's law for domain_mixture, constants given.

Published on the SLDBench leaderboard (Lin et al. 2025, arXiv 2507.21184): test R2 0.974767.
Written anew from its formula and constants; found by others with the test rows in view, so it is
for scoring and comparison, never a starting program.

Formula: loss_domain_i = c_i - a_i * proportion_domain_i**b_i, per model size
"""

from __future__ import annotations

# EVOLVE-BLOCK-START
# (a, b, c) of domains 1 to 5.
CONSTANTS = {
    "70M": (
        (0.9228, 0.2453, 3.4149),
        (0.3726, 0.5065, 3.8184),
        (0.793, 0.2212, 3.6006),
        (0.9436, 0.2406, 2.2663),
        (0.5175, 0.3754, 3.9317),
    ),
    "160M": (
        (0.8432, 0.2285, 3.0604),
        (0.3059, 0.4616, 3.4721),
        (0.7277, 0.2081, 3.2856),
        (0.8371, 0.2382, 1.9631),
        (0.5291, 0.3623, 3.5949),
    ),
    "305M": (
        (0.8159, 0.2234, 2.898),
        (0.4262, 0.694, 3.3062),
        (0.7023, 0.1831, 3.1556),
        (0.7988, 0.2365, 1.833),
        (0.5343, 0.3516, 3.4344),
    ),
    "410M": (
        (0.7997, 0.2158, 2.8319),
        (0.3518, 0.6247, 3.2303),
        (0.7099, 0.1805, 3.0983),
        (0.7849, 0.2413, 1.7794),
        (0.5501, 0.3404, 3.3746),
    ),
}


def law(input_data: list[dict[str, float]], group: str) -> list[dict[str, float]]:
    return [
        {
            f"loss_domain_{i}": c - a * row[f"proportion_domain_{i}"] ** b
            for i, (a, b, c) in enumerate(CONSTANTS[group], 1)
        }
        for row in input_data
    ]


# EVOLVE-BLOCK-END
