"""A command with a mistyped name ends with the command that was meant, quoted for a shell."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from own_tables import ROWS, said, start_in

from evolve.tasks.draft.corrections import meant_names

NAMES = ["model size", "train FLOPs", "arc_easy/acc,none", "params", "loss"]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["model", "size"], ["model size"]),
        (["model", "size", "train", "FLOPs"], ["model size", "train FLOPs"]),
        (["params,loss"], ["params", "loss"]),
        (["arc_easy/acc,none"], ["arc_easy/acc,none"]),
        (["Params"], ["params"]),
        (["model_size"], ["model size"]),
        (["parms"], ["params"]),
        (["N"], None),  # two columns are sizes of a model
        (["C"], ["train FLOPs"]),
        (["depth"], None),
    ],
)
def test_names_are_put_right(words: list[str], meant: list[str] | None) -> None:
    assert meant_names(words, NAMES) == meant


def test_the_command_that_was_meant_is_printed_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    start_in(tmp_path, monkeypatch)
    text = "\n".join(["the corpus,model size,train/tokens,eval loss", *ROWS]) + "\n"
    Path("my runs.csv").write_text(text)
    words = ["new-task", "my runs.csv", "--target", "eval", "loss", "--features", "model", "size"]
    code, _, err = said(capfd, *words, "--groups", "corpus", "--where", "`model size` >= 3e7")
    assert code == 2
    assert "no column 'eval'" in err
    command = shlex.split(err.rpartition("try: ")[2])
    assert command[:3] == ["python", "-m", "evolve"]
    assert said(capfd, *command[3:])[0] == 0
