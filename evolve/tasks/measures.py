"""What outcomes of runs are called, as regular expressions over the words of `roles.words_of`."""

LOSSES = (
    r"\w*loss\d*|nll|ce|xe|xent(ropy)?|cross ?ent(ropy)?|\w*ppl|perplexity|bpb|bpc|deviance|"
    r"bits (per )?(byte|char\w*|token|word|symbol|dim\w*)|nats( per \w+)?|"
    r"neg\w* (elbo|log ?(lik|prob)\w*)"
)
_OF_ONE = "(acc|accuracy|auc|auroc|f1|recall)"
ERROR_SHARES = (  # errors between 0 and 1, or in percent
    r"wer|cer|brier|(error|err) (rate|percent)|(fail|failure|miss|rejection) rate|"
    rf"misclassification( rate)?|one minus {_OF_ONE}|^1 (minus )?{_OF_ONE}"
)
ERRORS = (  # never below 0, as losses
    r"n?r?mse|mae|mape|fid|regret|lpips|chamfer|edit distance|misclassif\w*|mistakes|errors?$|"
    rf"{ERROR_SHARES}"
)
# Between 0 and 1, or in percent, and better when higher.
BENCHMARKS = (
    "mmlu|hellaswag|arc (easy|challenge)|piqa|winogrande|gsm8k|boolq|lambada|truthfulqa|"
    "humaneval|mbpp|triviaqa|openbookqa|commonsense ?qa|sciq|copa|squad|gpqa|ifeval|bbh|mmmu|"
    "agieval|cmmlu|swe ?bench|live ?code ?bench|aime"
)
MEASURES = (
    r"rouge\w*|chrf|recall|mrr|dice|m ap|ndcg|auprc|coverage$|"
    r"(win|pass|solve|success|hit) ?(rate|percent|percentage|pct)|"
    r"(fraction|percent|share|proportion) (correct|solved)|"
    r"(pass|hits|recall|m ?ap)( at)? ?(\d+|k)|top( at)? ?\d+"
)
# What falls below 0 where its number falls below 1; the loss called log loss does not.
LOGARITHM = r"\b(log10|log2|log 10|log 2)\b|^(ln|log (?!(loss|ppl|perplexity)\b))|\b(ln|log)$"
# How fast or how fully used a machine is: better when higher. So is whatever is done by the second
# but what that costs; without "per" a singular is a time, as `step_s`.
_DONE = (
    "tok|tokens|samples|examples|sequences|images|frames|rows|items|requests|queries|docs|pairs|"
    "batches|steps|its?|iterations|updates|words|characters|bytes|[gmt](i ?)?b|[gmtp]?flops?|ops"
)
_PAID = "costs?|price|dollars?|usd|eur|cents?|joules?|watts?|kwh|wh|energy"
SPEEDS = (
    r"throughput|goodput|speed ?up|bandwidth|[mh]fu|qps|rps|fps|tps|utili[sz]ation|efficiency|"
    rf"({_DONE}) (s|sec)|(?!({_PAID})\b)\w+ per (s|sec|second)|tflops|[gtp]flops? per (gpu|device)"
)
# What trackers log beside the loss, known when a run is over. Norms and scales are settings where
# another word says that they are limits.
NORMS = (
    r"grad(ient)?s?( (l1|l2|global|total|raw|2( 0)?))* ?norms?|g ?norm|"
    r"l2 norm (grad|moment|param)\w*|(grad|gradient) noise( scale)?|loss scale|"
    r"(param(eter)?|update|moment|activation|logit)s?( l2)? norms?"
)
LIMITS = (
    r"max|clip\w*|threshold|limit|initial|init|min|static|window|factor|penalty|coef\w*|weight|"
    r"lambda|multiplier"
)
_MEMORY = r"(gpu |cuda |device )?mem(ory)?"
_STATES = "peak|used|usage|allocated|reserved|active|cached"
LOGGED = (
    rf"latency|ttft|tpot|p ?(50|9\d)|({_STATES}) (bytes|{_MEMORY})|{_MEMORY} (max )?({_STATES})|"
    r"alloc retries|num ooms|[mh]fu|^((perf|throughput) )?tflops$|[gtp]flops? (s|sec)|"
    r"[gtp]flops? per (gpu|device|chip)|per (gpu|device|chip) [gtp]flops?|throughput (per|tps)|"
    r"^system (gpu|cpu|tpu|memory|disk|network|proc)|"
    r"(gpu|cpu|tpu)( \d+)? (temp\w*|power\w*|util\w*|usage|load)|power (watts?|draw|usage)|"
    r"(skipped|nan|inf) (iterations?|iters?|steps?|batch(es)?)|(num|number of) zeros|"
    r"expert (load|usage|util\w*)|load imbalance|max vio(lation)?|(router|gate|policy) entropy|"
    r"dropped tokens?|tokens? dropped|token drop (rate|fraction)|^learning total weights|"
    r"approx kl|clip ?frac(tion)?|clipping rate|explained var(iance)?|"
    r"(rewards?|logits|log ?ps|log ?probs) (margins?|chosen|rejected|accuracies)"
)
