"""Names, units and bounds say which part a column plays, and a user can say otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evolve.errors import EvolveError
from evolve.tasks.roles import (
    ANY,
    BOOKKEEPING,
    MEANING,
    OUTCOMES,
    Facts,
    Role,
    guess_role,
    guess_roles,
    nearest_column,
    parse_roles,
    require_roles,
)
from evolve.tasks.spec import parse_spec
from evolve.tasks.task import list_tasks, load_task

ROOT = Path(__file__).resolve().parents[2]
NAMES: dict[Role, str] = {
    "N": "N; N (B); params; num_params; nParams; config/model/n_params; parameter_count; "
    "model_size; non_embedding_param_size; active_parameters; params_planned; "
    "reward_model_params; reward_model_size",
    "D": "D; D_B; tokens; total_tokens; train_size; dataset_size; data_size; samples_seen; "
    "n_examples; n_train; config.data.tokens; num_characters; tokens_B",
    "U": "U; unique_tokens; n_unique_examples; distinct documents",
    "C": "C; train FLOPs; total_gflops; total_flos; compute; gpu_hours; achieved_flops; exaFLOPs; "
    "compute_tflops",
    "batch": "B; bs; bsz; batch_size; batch_tokens; tokens_per_batch; per_device_batch_size",
    "lr": "lr; params.optim/lr; learning_rate; max_lr; peakLearningRate; config.optim.lr",
    "rate": "dropout; weight_decay; label_smoothing; beta2",
    "share": "share; code_fraction; proportion_domain_1; clean_data_%; mix_web",
    "step": "_step; step; global_step; training_iteration; epoch; train/steps; time/batch",
    "loss": "loss; eval/loss; val_loss; loss_web; sft_loss; perplexity; eval/bits_per_byte; "
    "wandb run 3 - train/loss; nll; cross_entropy; "
    "z_loss; moe_aux_loss; load_balancing_loss; lm loss validation ppl; "
    "neg_log_likelihood; negative_loglik; test_ce; nats_per_token; log_ppl; neg_elbo",
    "accuracy": "accuracy; arc_easy/acc,none; mmlu; pass@1; pass@k; pass_rate; "
    "coverage; gpqa; miou; val_acc; exact_match; "
    "top1; top-1 acc; top-5; imagenet_top1; mAP; mAP50; recall@10; hits@10; sacrebleu; dice",
    "outcome": "error_rate; error %; error; top1_error; imagenet_error; nrmse; "
    "brier_score; avg_loglik; test error; "
    "final_value score; reward; logprob; mean_log_prob; log_likelihood; "
    "1 - accuracy; one_minus_auc; failure_rate; neg_reward; edit_distance; "
    "p99 (ms); latency_p50; ttft; peak_memory_GB; peak memory (MiB); "
    "train/grad_norm; grad-norm; learning/raw_grad_norm; optim/total_grad_norm; gnorm; "
    "grad_2.0_norm_total; l2_norm/grad/global; learning/param_norm; params-norm; loss-scale; "
    "num-zeros; number of skipped iterations; number of nan iterations; perf/mfu; mfu(%); hfu; "
    "tflops; perf/per_device_tflops; model_tflops_per_gpu; throughput per GPU (TFLOP/s/GPU); "
    "throughput(tps); mem-max-allocated-bytes; memory/max_active(GiB); memory/num_alloc_retries; "
    "cuda_max_memory_reserved; memory/peak_reserved_mem; System/Peak GPU Memory (MB); "
    "allocated_bytes.all.current; system.gpu.0.temp; system.gpu.0.powerWatts; gpu_utilization; "
    "expert_load; router_entropy; dropped_tokens; approx_kl; clipfrac; optim/clipping_rate; "
    "rewards/margins; logps/rejected; gradient_noise_scale; log_grad_norm",
    "error": "loss_stderr; arc_easy/acc_stderr,none; loss_std; spread_err; sigma; train/loss__MIN",
    "seed": "seed; random_state; data_seed; rep; Repeat #; repetition no.",
    "id": "run_id; Name; run_name; id; checkpoint_path; Unnamed: 0; trial_id; number; rownames; "
    "row_names; __index_level_0__",
    "state": "state; run_state; status; finished; crashed; done",
    "time": "_timestamp; _runtime; created_at; wall_time; train_samples_per_second; "
    "time_total_s; train_runtime; date; tokens/s; start_time; end_time; iteration-time; "
    "time_metrics/end_to_end(s); throughput/device/tokens_per_sec; time/remaining_estimate; "
    "perf/per_device_tflops_per_sec; elapsed_time_per_iteration_ms",
    "setting": "temperature; log_temp; softmax_temp; top_p; warmup_steps; log_lr; "
    "log10_batch_size; max_grad_norm; gradient_clipping; log_weight_decay; params.warmup_ratio; "
    "clip_grad_norm; grad_norm_clip; gradient_clip_val",
    "other": "depth; slope; age_days; tokens_per_param; log_flops; template; attempts; "
    "gradient_accumulation_steps; vocab_size; max_tokens; loss_weight; aux_loss_coef; d_state; "
    "reward_scale; output; cost; params.depth; metrics.width; map; bits_per_weight; bits; "
    "initial_loss_scale; loss_scale_window; weight_norm; gpu_memory_utilization; kl; num_experts; "
    "active_experts; load_balancing_coef; gpu_memory",
}


@pytest.mark.parametrize("role", NAMES)
def test_a_name_says_the_role(role: Role) -> None:
    names = NAMES[role].split("; ")
    assert {name: guess_role(name) for name in names} == dict.fromkeys(names, role)


def test_every_role_has_a_meaning_and_names_that_lead_to_it() -> None:
    assert set(MEANING) == set(NAMES)
    assert {*OUTCOMES, *BOOKKEEPING} < set(MEANING)


@pytest.mark.parametrize(
    ("name", "facts", "role"),
    [
        ("params", Facts(True, -2.0, 5.0), "other"),  # standardised, no count
        ("N", Facts(True, -2.0, 5.0), "other"),
        ("budget", Facts(True, 1e17, 1e21), "C"),
        ("budget", Facts(True, 10.0, 500.0), "other"),  # money, perhaps
        ("ratio", Facts(True, 0.0, 1.0), "share"),
        ("ratio", Facts(True, 1.0, 40.0), "other"),
        ("time", Facts(True, 1.7e9, 1.8e9), "time"),
        ("time", Facts(True, 0.1, 30.0), "other"),  # of a physical law
        ("accuracy", Facts(True, 3.0, 2e4), "other"),
        ("loss", Facts(numeric=False), "other"),  # the name of one
        ("model", Facts(numeric=False), "other"),
        ("model", Facts(True, 7e7, 7e10), "N"),
        ("state", Facts(numeric=False), "state"),
    ],
)
def test_cells_can_rule_a_role_out(name: str, facts: Facts, role: Role) -> None:
    assert guess_role(name, facts=facts) == role


def test_a_unit_speaks_where_the_name_says_nothing() -> None:
    assert guess_role("size") == "other"
    assert guess_role("size", "parameters") == "N"
    assert guess_role("size", "tokens") == "D"
    assert guess_role("params", "tokens") == "N"


def test_a_column_of_a_numbered_series_has_the_role_of_the_rest() -> None:
    assert set(guess_roles(dict.fromkeys(["f0", "f1", "f2", "f10"], ANY)).values()) == {"other"}
    assert set(guess_roles(dict.fromkeys(["x_r1", "r1", "r2", "r3"], ANY)).values()) == {"other"}
    assert guess_roles(dict.fromkeys(["f0", "f1"], ANY))["f1"] == "accuracy"
    assert guess_roles(dict.fromkeys(["r2", "depth", "r2d2"], ANY))["r2"] == "outcome"
    losses = guess_roles(dict.fromkeys(["loss1", "loss2", "loss3", "loss"], ANY))
    assert set(losses.values()) == {"loss"}


def test_what_a_user_says_stands() -> None:
    facts = {"width": Facts(), "tokens": Facts()}
    assert guess_roles(facts, {"width": "FLOPs"}) == {"width": "C", "tokens": "D"}
    assert guess_roles(facts, corrected={"width": "N"}) == {"width": "N", "tokens": "D"}


def test_roles_are_read_after_the_last_equals_sign() -> None:
    said = parse_roles(["width=base=N", "train FLOPs=C"])
    assert said == {"width=base": "N", "train FLOPs": "C"}
    assert require_roles(said, ["width=base", "train FLOPs"]) == said
    with pytest.raises(EvolveError, match="must be like params=N"):
        parse_roles(["params"])


@pytest.mark.parametrize(
    ("name", "role", "match"),
    [
        ("param", "N", "no column 'param' (did you mean 'params'?)"),
        ("params", "loos", "no role 'loos' (did you mean 'loss'?)"),
        ("params", "tokens", "no role 'tokens' (did you mean 'D'?)"),
        ("N", "params", "no column 'N' (did you mean 'params=N'?)"),
    ],
)
def test_a_role_that_cannot_be_is_refused(name: str, role: str, match: str) -> None:
    with pytest.raises(EvolveError, match=re.escape(match)):
        require_roles({name: role}, ["params", "loss"])


def test_the_columns_of_the_shipped_tasks_have_their_roles() -> None:
    roles = {
        task.name: load_task(str(task.folder)).roles
        for task in list_tasks([ROOT / "tasks"])
        if task.has_train
    }
    assert roles["data_constrained"] == {
        "params": "N",
        "tokens": "D",
        "unique_tokens": "U",
        "loss": "loss",
    }
    assert set(roles["domain_mixture"].values()) == {"share", "loss"}
    assert list(roles["lr_bsz"].values()) == ["lr", "batch", "D", "N", "loss"]
    assert roles["parallel"]["num_params"] == "N"
    assert roles["sft"] == {"sft_data_size": "D", "sft_loss": "loss"}


def test_a_task_states_a_role() -> None:
    text = (
        'title = "t"\nsource = ""\nlicence = ""\n[[features]]\nname = "width"\nrole = "N"\n'
        '[[targets]]\nname = "y"\nrole = "accuracy"\n'
    )
    spec = parse_spec(text, "task.toml")
    assert (spec.features[0].role, spec.targets[0].role) == ("N", "accuracy")
    with pytest.raises(EvolveError, match=r"features\[1\]\.role"):
        parse_spec(text.replace('"N"', '"X"'), "task.toml")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("parms", " (did you mean 'params'?)"),
        ("N", " (did you mean 'params'?)"),
        ("D", " (did you mean 'tokens'?)"),
        ("C", ""),
        ("zzz", ""),
    ],
)
def test_a_name_that_is_no_column_is_answered_with_the_nearest_or_that_of_its_role(
    name: str, said: str
) -> None:
    assert nearest_column(name, ["params", "tokens", "depth"]) == said
