"""Codex o4-mini's law for data_constrained, constants given.

Published on the SLDBench leaderboard (Lin et al. 2025, arXiv 2507.21184): test R2 0.804644.
Written anew from its formula and constants; found by others with the test rows in view, so it is
for scoring and comparison, never a starting program.

Formula: loss = C * params**-a * tokens**-b * unique_tokens**-c
"""

from __future__ import annotations

# EVOLVE-BLOCK-START
C, A, B, U = 89.03635820053499, 0.0671315603289598, 0.05741837292779814, 0.02821632111651355


def law(input_data: list[dict[str, float]], group: str) -> list[dict[str, float]]:
    return [
        {"loss": C * row["params"] ** -A * row["tokens"] ** -B * row["unique_tokens"] ** -U}
        for row in input_data
    ]


# EVOLVE-BLOCK-END
