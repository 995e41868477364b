"""The role that a column plays in a scaling law, read off its name, its unit and basic facts.

A guess, which `role` in `task.toml` and `--role` put right. Several columns may have one role.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from evolve.errors import Argument, EvolveError, nearest
from evolve.tasks.measures import BENCHMARKS, ERRORS, LIMITS, LOGGED, LOSSES, MEASURES, NORMS
from evolve.tasks.name_units import without_unit

# fmt: off
Role = Literal[
    "N", "D", "U", "C", "batch", "lr", "rate", "share", "setting", "step", "other",
    "loss", "accuracy", "outcome",
    "error", "seed", "id", "state", "time",
]
# fmt: on
SETTINGS: tuple[Role, ...] = ("lr", "rate", "share", "batch", "setting")  # what a run is tuned by
MEANING: dict[Role, str] = {
    "N": "parameters of the model",
    "D": "training data: tokens, examples, images",
    "U": "different training data, where some is repeated",
    "C": "compute, such as FLOPs or GPU hours",
    "batch": "batch size",
    "lr": "learning rate",
    "rate": "a rate within 0 and 1, such as dropout or weight decay",
    "share": "a share of a whole, such as a domain's part of the data",
    "setting": "another setting of a run, such as a temperature, or the logarithm of one",
    "step": "how far training has come: step, iteration, epoch",
    "other": "an input of no special role",
    "loss": "an outcome that is better when lower: loss, perplexity, bits per byte",
    "accuracy": "an outcome between 0 and 1, or in percent, that is better when higher",
    "outcome": "another measured outcome: score, reward, error rate, gradient norm",
    "error": "how uncertain an outcome is: standard error, smallest, largest",
    "seed": "a random seed or the number of a repetition",
    "id": "what a run is called: name, identifier, path",
    "state": "whether a run is finished, has crashed or was pruned",
    "time": "when a run was and how long it took",
}
OUTCOMES: tuple[Role, ...] = ("loss", "accuracy", "outcome")
BOOKKEEPING: tuple[Role, ...] = ("error", "seed", "id", "state", "time")
TEXT_ROLES: tuple[Role, ...] = ("seed", "id", "state", "time")  # of columns that hold texts


@dataclass(frozen=True)
class Facts:
    """What is certain of a column's cells.

    Attributes:
        numeric: Whether all of them are finite numbers.
        low: Least number, where they are; None if that is not looked at.
        high: Largest number; likewise.
    """

    numeric: bool = True
    low: float | None = None
    high: float | None = None


ANY = Facts()


@dataclass(frozen=True)
class _Rule:
    """A role of columns whose words a pattern is found in, unless another is, within bounds.

    Attributes:
        low: What no number may be below; None where numbers may be anything.
        above_zero: Whether no number may be zero, either.
        high: What no number may be above.
        reach: What the largest number must reach, where a name says little.
    """

    role: Role
    pattern: str
    unless: str = ""
    low: float | None = None
    above_zero: bool = False
    high: float | None = None
    reach: float | None = None

    def holds(self, words: str, facts: Facts) -> bool:
        """Whether a column of these words and facts has the role."""
        if not facts.numeric and self.role not in TEXT_ROLES:
            return False
        if not re.search(self.pattern, words) or (self.unless and re.search(self.unless, words)):
            return False
        if facts.low is not None and self.low is not None:
            above = facts.low > self.low or (facts.low == self.low and not self.above_zero)
        else:
            above = True
        within = facts.high is None or self.high is None or facts.high <= self.high
        reaches = facts.high is None or self.reach is None or facts.high >= self.reach
        return above and within and reaches


_COUNTED = (
    "tokens?|examples?|samples|instances|images|sequences|documents|words|sentences|pairs|"
    "characters|chars|bytes|datapoints|data points|observations"
)
_SIZE = "(data|dataset|data set|corpus|train|training|train set|training set|sample) (size|count)"
_NO_OUTCOME = (
    r"\b(weight|coef|coefficient|scale|fn|function|type|lambda|alpha|name|mask|factor)\b|"
    r"(?<!load )\bbalancing\b"
)
_SETTING = r"temp|temperature|top (p|k)|(grad|gradient|clip) (clip|clipping|norm)|warm ?up"
_TUNED = r"lr|learning ?rate|batch|bs|bsz|dropout|decay|momentum"  # told also by their logarithm
# The first rule that holds decides, so that what is no input comes first.
_RULES: tuple[_Rule, ...] = (
    _Rule("error", r"\b(stderr|yerr)\b|\b(std|standard) (err|error|dev|deviation)\b"),
    _Rule("error", r"\b(err|std|stdev|sem|sigma|variance|ci|ci low|ci high|uncertainty)$"),
    _Rule("error", r"\w (se|sd|minimum|maximum)$|  (min|max)$"),
    _Rule("id", r"\bid$|^id\b|\b(uuid|guid|hash|sha|hostname|pid|url|commit|node ip)\b"),
    _Rule("id", r"^((run|trial|display|experiment|exp|job|sweep) )?(name|number|index|tags?)$"),
    _Rule("id", r"^(unnamed( \d+)?|index level \d+|row ?(names?|number|no|index))$"),
    _Rule("id", r"\b(path|dir|logdir|folder|filename)$|^(user|notes)$"),
    _Rule("state", r"^((run|trial|job) )?(state|status)$|\b(crashed|diverged|exit code|pruned)\b"),
    _Rule("state", r"^(is )?(finished|completed|done|terminated|failed|success)$"),
    _Rule("time", r"\b(timestamp|time stamp|datetime|date|heartbeat|elapsed|duration|runtime)\b"),
    _Rule("time", r"\b(run|wall|train(ing)?|step|eval|iter(ation)?) ?(time|clock)\b"),
    _Rule("time", r"\b(created|updated|started|ended|finished)( at)?$|\btime (total|this iter)\b"),
    _Rule("time", r"\b(per (second|sec|s)|throughput)$|\b(tokens|samples|steps) (s|sec)$"),
    _Rule("time", r"\b(start|end|stop|finish|begin|create|creation|submit)(ed|d)? ?time\b"),
    _Rule("time", r"\b(unix ?)?time$", reach=1e8),
    _Rule("time", r"^time (metrics|remaining|train|val)\b|\bsince restore\b"),
    _Rule("step", r"^time (batch|iteration)( in epoch)?$", low=0),  # of MosaicML's Composer
    _Rule("outcome", rf"\b({NORMS})\b", unless=rf"\b({LIMITS})\b"),
    _Rule("outcome", rf"\b({LOGGED})\b"),
    _Rule("seed", r"\b(seed|random state|rng|replicate)\b|^rep(eat|etition)?( no| number)?$"),
    _Rule("setting", rf"^(log|log10|log2|ln) (.* )?({_TUNED}|{_SETTING})\b"),
    _Rule("other", r"^lr (sum|annealed)$"),  # those of `evolve.tasks.schedules`, no rates
    _Rule(
        *("lr", r"\b(lr|learning ?rate)\b"),
        unless=r"\b(schedule|scheduler|decay|warmup|ratio|type|steps?)\b",
        low=0,
    ),
    _Rule("outcome", rf"\b({ERRORS})\b"),
    _Rule("loss", rf"\b({LOSSES})\b", _NO_OUTCOME),
    _Rule("outcome", r"\b(r2|reward(?! model)|objective|psnr|ssim|elo|elbo)\b", _NO_OUTCOME),
    _Rule("outcome", r"\bscore$|\bmetric$|^values?( \d+)?$|\blog ?(lik|prob)\w*\b", _NO_OUTCOME),
    _Rule("accuracy", r"\b(accuracy|acc|exact match|f1|auc|auroc|\w*bleu|miou|iou)\b", high=100),
    _Rule("accuracy", rf"\b({MEASURES}|{BENCHMARKS})\b", r"\berr(or)?\b", high=100),
    _Rule("batch", r"\b(batch|bs|bsz|gbs|batchsize)\b", r"\b(norm|warmup)\b", 0, above_zero=True),
    _Rule("setting", rf"\b({_SETTING})\b", unless=r"\b(type|name|schedule|scheduler)\b"),
    _Rule("other", r"\b(per|max|accumulation|every|freq|frequency|interval)\b"),
    _Rule("other", r"^(log|log10|log2|ln)\b"),
    _Rule("step", r"\b(steps?|iterations?|iters?|updates|epoch|checkpoint)\b", "size", low=0),
    _Rule("U", rf"\b(unique|distinct|deduplicated)\b.*\b({_COUNTED}|data|size)\b", low=0),
    _Rule("C", r"\b\w*(flops?|flos)\b|\b(compute|macs)\b", low=0),
    _Rule("C", r"\b(gpu|tpu|pf|pflop) (hours|days)\b", low=0),
    _Rule("C", r"\bbudget\b", low=0, reach=1e12),
    _Rule("N", r"\b(params?|parameters?)\b", low=0, above_zero=True),
    _Rule("N", r"\b(model|param|network) size\b", low=0, above_zero=True),
    _Rule("N", r"^model$", low=0, above_zero=True, reach=1e4),
    _Rule(
        *("D", rf"\b({_COUNTED})\b|\b{_SIZE}\b|\b(n|num) train(ing)?$|^data$"),
        unless=r"\b(vocab|vocabulary|context|length|window|lengths?)\b",
        low=0,
    ),
    _Rule("rate", r"\b(rate|dropout|decay|momentum|beta ?[12]|smoothing)\b", low=0, high=1),
    _Rule("share", r"\b(share|fraction|frac|ratio|proportion|prob|mix)\b", low=0, high=1),
    _Rule("share", r"\b(percent|percentage|pct)\b", low=0, high=100),
)
_ANY = re.compile("|".join(f"(?:{rule.pattern})" for rule in _RULES))  # without it none holds
_PREFIX = re.compile(r"^(params|config|hparams|metrics|summary)[./]")  # of trackers
LEAST_SERIES = 2  # columns beside one from which on their numbers are no part of a name; judgement
_LETTERS: dict[str, Role] = {"N": "N", "D": "D", "U": "U", "C": "C", "B": "batch"}


def guess_role(name: str, unit: str = "", facts: Facts = ANY) -> Role:
    """The role of a column; `other` where neither name nor unit says one.

    Args:
        name: The column's name, in any spelling: `nParams`, `config/model/n_params`, `N`.
        unit: What it is counted in, in words, such as `tokens` or `FLOPs`; empty if unknown.
        facts: What is certain of its cells; a role that they rule out is not given.
    """
    letter = _LETTERS.get(without_unit(name.strip()))
    if letter and facts.numeric and (facts.low is None or facts.low >= 0):
        return letter
    for text in dict.fromkeys((name, f"{name} {unit}")):
        words = words_of(text)
        for rule in _RULES if _ANY.search(words) else ():
            if rule.holds(words, facts):
                if rule.role != "other":
                    return rule.role
                break
    return "other"


def nearest_column(name: str, valid: Iterable[str], alike: float = 0.6) -> str:
    """Say which column was probably meant: the nearest name, else the only one of the role.

    Args:
        name: What was written, such as `N` where the column is `params`.
        valid: The columns.
        alike: As `nearest` has it.

    Returns:
        `" (did you mean 'params'?)"`, or nothing.
    """
    valid = list(valid)
    if close := nearest(name, valid, alike):
        return close
    of_role = only_of_its_role(name, valid)
    return f" (did you mean {of_role!r}?)" if of_role else ""


def only_of_its_role(name: str, valid: Iterable[str]) -> str:
    """The one column that plays the role which a name says, as `N` says parameters; or nothing."""
    role = guess_role(name)
    alike = [column for column in valid if role != "other" and guess_role(column) == role]
    return alike[0] if len(alike) == 1 else ""


def guess_roles(
    names: Mapping[str, Facts],
    units: Mapping[str, str] | None = None,
    corrected: Mapping[str, Role] | None = None,
) -> dict[str, Role]:
    """The role of every column.

    Args:
        names: Facts by the name of the column.
        units: Units in words, by name.
        corrected: Roles that the user gave; they are taken as they are.
    """
    units, corrected = units or {}, corrected or {}
    guessed = {name: guess_role(name, units.get(name, ""), facts) for name, facts in names.items()}
    return {name: corrected.get(name) or _of_series(name, guessed) for name in names}


def _of_series(name: str, guessed: Mapping[str, Role]) -> Role:
    """The role of a column; of one among `f0`, `f1`, `f2`, … that of all others, if they share it.

    Alone `f1` is an accuracy, and `r2` an outcome.
    """
    stem = name.rstrip("0123456789")
    others = [
        role
        for other, role in guessed.items()
        if other != name and other[len(stem) :].isdecimal() and other.startswith(stem)
    ]
    is_numbered = stem not in ("", name) and len(others) >= LEAST_SERIES
    return others[0] if is_numbered and len(set(others)) == 1 else guessed[name]


def words_of(text: str) -> str:
    """A name as words in small letters, one space between them; two before W&B's MIN and MAX."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text.replace("%", " percent "))
    text = _PREFIX.sub("", text)
    text = re.sub(r"__(MIN|MAX)$", r"\n\1", text)
    words = re.sub(r"[^A-Za-z0-9\n]+", " ", text).strip().lower()
    return words.replace("\n", "  ")


def parse_roles(texts: Sequence[str]) -> dict[str, str]:
    """Roles by column, of texts such as `params=N`; a column's own name may hold `=`.

    Raises:
        EvolveError: A text has no `=`.
    """
    roles = {}
    for text in texts:
        name, sign, role = text.rpartition("=")
        if not sign:
            raise EvolveError(Argument("role"), f" {text!r}: must be like params=N")
        roles[name] = role
    return roles


def _meant_role(word: str) -> str:
    """Say which role was probably meant by a word, such as `params`; or nothing."""
    said = guess_role(word)
    return nearest(word, MEANING) or (f" (did you mean {said!r}?)" if said != "other" else "")


def require_roles(roles: Mapping[str, str], columns: Iterable[str]) -> dict[str, Role]:
    """Check roles that a user gave.

    Raises:
        EvolveError: There is no such column or no such role.
    """
    have = tuple(columns)
    for name, role in roles.items():
        for word, valid in ((name, have), (role, tuple(MEANING))):
            if word not in valid:
                what = "column" if word == name else "role"
                close = nearest(word, valid) if word == name else _meant_role(word)
                if name in MEANING and role in have:
                    close = f" (did you mean {f'{role}={name}'!r}?)"
                rule = f" {name}={role}: there is no {what} {word!r}{close}, "
                raise EvolveError(Argument("role"), rule, f"there are {', '.join(valid)}")
    return {name: cast(Role, role) for name, role in roles.items()}
