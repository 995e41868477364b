"""What a target is called says whether more of it is better."""

from __future__ import annotations

import pytest

from evolve.tasks.directions import is_better_higher
from evolve.tasks.roles import guess_role


@pytest.mark.parametrize(
    "name",
    [
        *("accuracy", "top1", "log_likelihood", "logprob", "reward", "f1_score", "R2"),
        *("throughput", "tokens_per_sec", "train_samples_per_second", "tokens/s", "perf/mfu"),
        *("model_tflops_per_gpu", "speedup", "gpu_utilization", "pass", "pass_pct", "win_percent"),
        *(
            "tok/s",
            "TokensPerSec",
            "it/s",
            "GB/s",
            "GiB/s",
            "docs_per_sec",
            "epochs_per_sec",
            "batches_per_second",
        ),
        *("mean_precision", "kappa", "solved", "likelihood"),
    ],
)
def test_more_of_what_is_a_gain_by_its_name_is_better(name: str) -> None:
    assert is_better_higher(name, guess_role(name))


@pytest.mark.parametrize(
    "name",
    [
        "loss",
        "neg_log_likelihood",
        "negative reward",
        "brier_score",
        "wer",
        "seconds",
        *(
            "seconds_per_step",
            "cost_per_second",
            "joules/s",
            "joules_per_sec",
            "step_s",
            "iteration_s",
            "latency_s",
            "sec/it",
            "tokens",
        ),
        *("throughput_error", "time_per_token"),
        *("joules_per_sec", "step_s", "iteration_s"),
        "failed_requests_per_second",
        "not solved",
    ],
)
def test_less_of_any_other_target_is_better(name: str) -> None:
    assert not is_better_higher(name, guess_role(name))


def test_a_role_that_is_given_says_it_whatever_the_name() -> None:
    assert is_better_higher("wins", "accuracy")
    assert not is_better_higher("score", "loss")
