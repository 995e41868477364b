"""What benchmarks and measures that are better when higher are called, as regular expressions.

All lie between 0 and 1, or in percent; the words are those of `roles.words_of`.
"""

BENCHMARKS = (
    "mmlu|hellaswag|arc (easy|challenge)|piqa|winogrande|gsm8k|boolq|lambada|truthfulqa|"
    "humaneval|mbpp|triviaqa|openbookqa|commonsense ?qa|sciq|copa|squad|gpqa|ifeval|bbh|mmmu|"
    "agieval|cmmlu|swe ?bench|live ?code ?bench|aime"
)
MEASURES = (
    r"rouge\w*|chrf|recall|mrr|dice|m ap|ndcg|auprc|coverage$|"
    r"(win|pass|solve|success|hit) ?rate|(fraction|percent|share|proportion) (correct|solved)|"
    r"(pass|hits|recall|m ?ap)( at)? ?(\d+|k)|top( at)? ?\d+"
)
