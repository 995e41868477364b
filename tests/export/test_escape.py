"""Whatever names a task, its groups and its run have, an export is the same code and document."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evolve.errors import EvolveError
from evolve.export import FORMATS, Subject, export, subject_of
from evolve.export.signs import ACCENTS, MATH, TEXT, in_ascii
from evolve.printable import printable
from evolve.tasks.task import load_task
from tests.run_of_literature import store_of

TASKS = ("parallel", "domain_mixture")
CODE = ("program", "law", "sympy")

# What ends a text, a line, a cell or a formula in one of the formats, and what begins another.
PIECES = st.sampled_from(
    ['"""', "'''", '"', "'", "\\", "\n", "\r", "\t", "`", "```", "$", "$$", "|", "^", "~", "%"]
    + ["#", "{", "}", "{0}", "<b>", "</b>", "&amp;", "<!--", "-->", "](x)", "*", "_", "\x1b[0m"]
    + ["\u202e", "\u2028", "c0", "np", "sp", "LAW", "x", "é", " ", "raise", "\\end{document}"]
    + ["\\input{x}", "# EVOLVE-BLOCK-END", "\n```\n", '"""\nraise\n"""']
)
NAMES = st.lists(PIECES, min_size=1, max_size=5).map("".join) | st.text(min_size=1, max_size=8)


@pytest.fixture(scope="module")
def subjects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Subject]:
    found = {}
    for name in TASKS:
        task = load_task(name)
        with store_of(task, tmp_path_factory.mktemp("runs") / name) as store:
            found[name] = subject_of(store, task)
    return found


def renamed(subject: Subject, names: list[str], run: str) -> Subject:
    """The subject with other names everywhere, past the door that would refuse them."""
    task, rest = subject.task, iter(names)
    columns = {
        kind: [
            column.model_copy(update={"name": next(rest), "description": run})
            for column in getattr(task.spec, kind)
        ]
        for kind in ("features", "targets")
    }
    spec = task.spec.model_copy(
        update={**columns, "title": run, "folds": task.spec.folds.model_copy(update={"axes": []})}
    )
    groups = tuple(next(rest) for _ in task.group_names)
    constants = dict(zip(groups, subject.constants.values(), strict=True))
    line = replace(subject.row, formula=run)
    task = replace(task, name=run, spec=spec, group_names=groups)
    return replace(subject, task=task, run=run, row=line, constants=constants)


def n_names(subject: Subject) -> int:
    spec = subject.task.spec
    return len(spec.features) + len(spec.targets) + len(subject.task.group_names)


def harmless(subject: Subject) -> Subject:
    return renamed(subject, [f"name{k}x" for k in range(n_names(subject))], "a run")


@st.composite
def hostile(draw: st.DrawFn) -> tuple[str, list[str], str]:
    names = draw(st.lists(NAMES, min_size=16, max_size=16, unique=True))
    return draw(st.sampled_from(TASKS)), names, draw(NAMES)


def kinds(text: str) -> list[str]:
    """Kinds of all the parts of a program, in order; the texts in it count as one kind."""
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


def code_of(form: str, text: str) -> str:
    if form != "markdown":
        return text
    match = re.search(r"^(`{3,})python\n(.*?)^\1$", text, re.DOTALL | re.MULTILINE)
    assert match is not None
    return match[2]


SAME = settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck])
WORST = ['"""\nraise SystemExit\n"""', "c0", "c1", "np", "'", "\\", "\\\\", "$$", "<b>|</b>", "`"]


@SAME
@given(case=hostile())
@example(case=(TASKS[0], [*WORST, *"abcdef"], '"""\nraise SystemExit\n"""'))
@example(case=(TASKS[1], [*WORST, *"abcdef"], "\\"))
def test_no_name_adds_a_statement_to_an_export(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    named = renamed(subject, case[1][: n_names(subject)], case[2])
    plain = harmless(subject)
    for form in (*CODE, "markdown"):
        assert kinds(code_of(form, export(named, form))) == kinds(
            code_of(form, export(plain, form))
        ), form


def predictions(form: str, text: str, subject: Subject, x: np.ndarray) -> Iterator[np.ndarray]:
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(code_of(form, text), "exported", "exec"), names)
    features, targets = subject.task.feature_names, subject.task.target_names
    for group, table in subject.constants.items():
        if form == "sympy":
            columns = []
            for target in targets:
                law = names["expression"](group, target)
                words = [n for n in names if not n.startswith("_") and n in law.free_symbols]
                assert words == []
                by_name = {s.name: s for s in law.free_symbols}
                labels = [f if f in by_name else f"{f}_" for f in features]
                values = {by_name[n]: x[0, k] for k, n in enumerate(labels) if n in by_name}
                columns.append(float(law.subs(values)))
            yield np.array([columns])
        elif form == "program":
            values = names["scaling_law_func"](x, table if len(targets) > 1 else table[0])
            yield np.asarray(values).reshape(len(x), -1)
        else:
            rows = [dict(zip(features, row, strict=True)) for row in x]
            answers = names["law"](rows, subject.labels[group])
            yield np.array([[answer[t] for t in targets] for answer in answers])


@settings(parent=SAME, max_examples=5)
@given(case=hostile())
@example(case=(TASKS[0], [*WORST[1:], *"abcdefg"], '"""'))
@example(case=(TASKS[1], [*WORST, *"abcdef"], "\\"))
def test_an_export_predicts_the_same_whatever_the_names(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    named = renamed(subject, case[1][: n_names(subject)], case[2])
    x = subject.task.train.X[:2]
    for form in (*CODE, "markdown"):
        found = predictions(form, export(named, form), named, x)
        for values, constants in zip(found, named.constants.values(), strict=True):
            wanted = subject.candidate.law.predict(x, constants)
            np.testing.assert_allclose(values, wanted[: len(values)], rtol=1e-9, err_msg=form)


COMMANDS = {"textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater"}
COMMANDS |= {"textbar", "backslash", "sim", "char", "mathrm", *"_%$#&{} "}
COMMANDS |= {"ensuremath", "text", "circ", *ACCENTS.values()}
COMMANDS |= {text[1:].removesuffix("{}") for text in [*MATH.values(), *TEXT.values()]}
GREEK = (chr(code) for code in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)))
COMMANDS |= {word for sign in GREEK for word in re.findall(r"[A-Za-z]+", in_ascii(sign))}


@SAME
@given(case=hostile())
def test_no_name_adds_a_command_to_a_document(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    text = export(renamed(subject, case[1][: n_names(subject)], case[2]), "latex")
    plain = export(harmless(subject), "latex")
    pattern = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
    assert set(pattern.findall(text)) <= set(pattern.findall(plain)) | COMMANDS
    bare, bare_plain = pattern.sub("", text), pattern.sub("", plain)
    for sign in "$&%#\n":
        assert bare.count(sign) == bare_plain.count(sign), sign
    assert bare.count("{") == bare.count("}")
    assert "~" not in bare
    words = [line for line in text.splitlines() if not line.startswith(r"\[")]
    assert not set('|<>"') & set(pattern.sub("", "\n".join(words)))


@SAME
@given(case=hostile())
def test_no_name_adds_a_tag_a_cell_or_a_formula_to_a_page(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    named = renamed(subject, case[1][: n_names(subject)], case[2])
    text, plain = export(named, "markdown"), export(harmless(subject), "markdown")
    words, words_plain = (t.split(code_of("markdown", t))[0] for t in (text, plain))
    bare, bare_plain = (re.sub(r"\\.", "", t) for t in (words, words_plain))
    tables = [line for line in bare.splitlines() if line.startswith("|")]
    assert [t.count("|") for t in tables] == [
        t.count("|") for t in bare_plain.splitlines() if t.startswith("|")
    ]
    assert bare.count("\n") == bare_plain.count("\n")
    assert bare.count("$$") == bare_plain.count("$$")
    assert not set("<>") & set(bare)


@SAME
@given(case=hostile())
def test_exports_are_printable_and_json_holds_the_names_as_they_are(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    named = renamed(subject, case[1][: n_names(subject)], case[2])
    for form in FORMATS:
        text = export(named, form)
        assert printable(text) == text, form
    data = json.loads(export(named, "json"))
    assert [f["name"] for f in data["task"]["features"]] == list(named.task.feature_names)
    assert data["run"] == case[2]


def test_the_formula_is_of_the_law_and_not_of_a_text_stored_beside_it(
    subjects: dict[str, Subject],
) -> None:
    subject = subjects["parallel"]
    told = replace(subject, row=replace(subject.row, formula="another formula"))
    for form in FORMATS:
        assert "another formula" not in export(told, form)


def test_constants_that_are_no_numbers_are_refused(tmp_path: Any, monkeypatch: Any) -> None:
    import evolve.export as module

    task = load_task("parallel")
    with store_of(task, tmp_path / "run") as store:
        line, entry = module.picked(store, task, module.CHAMPION)
        broken = {name: np.full_like(table, np.nan) for name, table in line.constants.items()}
        row = replace(line, constants=broken)
        monkeypatch.setattr(module, "picked", lambda *_: (row, entry))
        with pytest.raises(EvolveError, match="finite numbers"):
            subject_of(store, task)


@SAME
@given(case=hostile())
def test_a_latex_export_is_ascii_whatever_names_hold(
    case: tuple[str, list[str], str], subjects: dict[str, Subject]
) -> None:
    subject = subjects[case[0]]
    named = renamed(subject, case[1][: n_names(subject)], case[2])
    assert export(named, "latex").isascii()
