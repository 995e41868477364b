"""Every command and every line of Python on the pages runs, and names what is there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

import evolve
import evolve.api.discover
import evolve.cli.options
from evolve.cli.app import DEFAULT_VERB, app, call

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OTHER_PAGES = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
CODE = "\n".join(path.read_text() for path in (ROOT / "evolve").rglob("*.py"))
PLACE = re.compile(r"(?:\.ci|benchmarks|docs|evolve|findings|seeds|tests)/[\w./-]+")
CONSTANT = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
MOST_NOT_RUN = 5
KINDS = ("bash", "python")
SMALL, LARGER = 12, 20
SEARCH = "python -m evolve --task data_constrained"
RUNS_HERE = ("data_constrained-0-1", "my_runs-0-1")
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n+)?^```(?P<kind>bash|python)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
CLASSES = set(re.findall(r"^class (\w+)", CODE, re.MULTILINE))
REFERRED = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"--?[a-z][a-z-]*")
SIZES = [(1e8 * 3**i, 1e9 * 4**j) for i in range(5) for j in range(6)]
RUNS = [f"{n:g},{d:g},{1.7 + 400 * n**-0.34 + 410 * d**-0.28:.5f}" for n, d in SIZES]


@dataclass(frozen=True)
class Block:
    """A fenced block; `why` says what keeps it from being run, if anything does."""

    page: Path
    kind: str
    text: str
    why: str | None


def blocks(page: Path) -> list[Block]:
    return [Block(page, m["kind"], m["text"], m["why"]) for m in BLOCK.finditer(page.read_text())]


def command_lines(text: str) -> list[str]:
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def words_of(line: str) -> list[str] | None:
    """The words after ``python -m evolve``, or None for any other command."""
    words = shlex.split(line, comments=True)
    plain = not {"|", "&&", ">", "<"} & set(words)
    if plain and words[1:3] == ["-m", "evolve"] and words[0].endswith("python"):
        return words[3:]
    return None


def smaller(text: str) -> str:
    """The text with budgets that suit a test."""
    text = re.sub(r"\bevaluations=\d+", f"evaluations={SMALL}", text)
    return re.sub(r"--evaluations \d+", f"--evaluations {LARGER}", text)


def verbs(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every verb and group of verbs, by its words."""
    group = typer.main.get_command(app) if group is None else group
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from verbs(command, (*path, name))


VERBS = dict(verbs())


def options_of(command: Any) -> set[str]:
    return {"--help", *(o for p in command.params for o in (*p.opts, *p.secondary_opts))}


def unknown(words: list[str]) -> list[str]:
    """Verbs and options among the words of a command line that do not exist."""
    words = [DEFAULT_VERB, *words] if words and words[0] == "--task" else words
    path = tuple(words[:2]) if tuple(words[:2]) in VERBS else tuple(words[:1])
    if path not in VERBS:
        return [] if words in (["--help"], ["--version"], []) else [" ".join(path)]
    known = options_of(VERBS[path])
    return [w for w in words if OPTION.fullmatch(w) and w not in known]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader has it: tasks, seeds, a table of their own and one small run."""
    folder = tmp_path_factory.mktemp("reader")
    for name in ("tasks", "seeds"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "my_runs.csv").write_text("\n".join(["params,tokens,loss", *RUNS]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        work_in(folder, patch)
        assert run_line(SEARCH) == 0
    return folder


@pytest.fixture
def reader(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder to work in."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    work_in(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture(scope="module")
def ran() -> set[tuple[str, ...]]:
    """Commands that need not be run again: every page begins with the same."""
    return {tuple(words_of(SEARCH) or ())}


def work_in(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Go there, with a small budget and no more processes than needed."""
    patch.chdir(folder)
    for name in ("EVOLVE_DATA_DIR", "EVOLVE_RUNS_DIR"):
        patch.delenv(name, raising=False)
    patch.setenv("EVOLVE_EVALUATIONS", str(SMALL))
    patch.setattr(evolve.cli.options, "n_cores", lambda: 1)
    patch.setattr(evolve.api.discover, "cpu_count", lambda: 0)


def run_line(line: str) -> int:
    """Run a command of a page; the engine's own in this process, which saves its start."""
    words = words_of(line)
    if words is not None:
        return call(words)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(["bash", "-euc", line], env=env, check=False).returncode


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_pages_commands_run_one_after_the_other(
    page: Path, reader: Path, ran: set[tuple[str, ...]], capfd: pytest.CaptureFixture[str]
) -> None:
    namespace: dict[str, Any] = {}
    for block in blocks(page):
        if block.why is not None:
            continue
        if block.kind == "python":
            code = compile(smaller(block.text), f"{page.name}, a block", "exec")
            exec(code, namespace)
            continue
        for line in command_lines(smaller(block.text)):
            words = tuple(words_of(line) or ())
            if words in ran:
                continue
            code = run_line(line)
            assert code == 0, f"{page.name}: {line}\n{capfd.readouterr().err}"
            if set(RUNS_HERE) & set(words):
                ran.add(words)


def test_few_commands_are_left_out_and_each_says_why() -> None:
    left_out = [block for page in PAGES for block in blocks(page) if block.why is not None]
    assert len(left_out) <= MOST_NOT_RUN
    assert all(block.why for block in left_out)
    n_fences = sum(page.read_text().count(f"```{kind}\n") for page in PAGES for kind in KINDS)
    assert n_fences == sum(len(blocks(page)) for page in PAGES)
    told = sum(page.read_text().count("<!-- not run:") for page in PAGES)
    assert told == len(left_out)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_only_verbs_and_options_that_exist(page: Path) -> None:
    text = page.read_text()
    lines = [line for b in blocks(page) if b.kind == "bash" for line in command_lines(b.text)]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = INLINE.findall(prose)
    lines += [span for span in spans if span.startswith("python -m evolve ")]
    for line in lines:
        for part in re.split(r" && ", line):
            words = words_of(part)
            assert words is None or unknown(words) == [], line
    known = {option for command in VERBS.values() for option in options_of(command)}
    known |= {"--help", "--version"}
    for span in spans:
        words = span.split()
        if words[0].startswith("--"):
            assert words[0].partition("=")[0] in known, f"{page.name}: {span}"
        elif (words[0],) in VERBS:
            assert unknown(words) == [], f"{page.name}: {span}"


@pytest.mark.parametrize("page", [*PAGES, *OTHER_PAGES], ids=lambda page: page.stem)
def test_a_page_names_only_files_and_constants_that_are_there(page: Path) -> None:
    text = page.read_text()
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = set(INLINE.findall(prose))
    paths = {span for span in spans if PLACE.fullmatch(span)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()
    capitals = {span for span in spans if CONSTANT.fullmatch(span)}
    assert capitals - set(CONSTANT.findall(CODE)) == set()


@pytest.mark.parametrize("page", [PAGES[0], *OTHER_PAGES], ids=lambda page: page.stem)
def test_a_link_between_pages_outside_the_site_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        name, _, anchor = target.partition("#")
        assert (page.parent / name).exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", (page.parent / name).read_text(), re.MULTILINE)
            words = (re.sub(r"[^\w -]", "", heading.lower()) for heading in headings)
            assert anchor in {heading.replace(" ", "-") for heading in words}, target


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_the_help_of_a_verb_shows_an_example_that_is_right(
    path: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    assert call([*path, "--help"]) == 0
    text = " ".join(capfd.readouterr().out.split())
    _, mark, rest = text.partition("Example: python -m evolve ")
    assert mark, f"{' '.join(path)} --help shows no example"
    example = shlex.split(rest.partition(" Options: ")[0])
    words = [DEFAULT_VERB, *example] if example[0] == "--task" else example
    assert tuple(words[: len(path)]) == path
    assert unknown(words) == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as mkdocs builds them; it fails at a link or a docstring that it cannot read."""
    for name in ("material", "mkdocstrings"):
        pytest.importorskip(name, reason="pip install 'evolve-laws[docs]'")
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_pages_build_and_every_link_leads_somewhere(site: Path) -> None:
    assert {path.parent.name or "index" for path in site.glob("*/index.html")} >= {
        page.stem for page in PAGES[1:] if page.stem != "index"
    }


@pytest.mark.parametrize("name", ["reference", "reference-extending"])
def test_a_reference_page_shows_every_name_that_it_lists(name: str, site: Path) -> None:
    listed = REFERRED.findall((ROOT / "docs" / f"{name}.md").read_text())
    built = (site / name / "index.html").read_text()
    assert [dotted for dotted in listed if f'id="{dotted}"' not in built] == []
    assert len(listed) == len(set(listed)) > 0


def answers() -> set[str]:
    """Classes of the interface that public calls answer with, and that are no public names."""
    calls = [getattr(evolve, name) for name in evolve.__all__]
    for of in evolve.Run.__mro__:
        calls += [getattr(each, "func", each) for n, each in vars(of).items() if n[0] != "_"]
    said = {str(getattr(call, "__annotations__", {}).get("return")) for call in calls}
    return {name.removesuffix(" | None") for name in said} & CLASSES


def test_the_reference_lists_the_public_names_and_what_they_answer_and_no_others() -> None:
    listed = REFERRED.findall((ROOT / "docs" / "reference.md").read_text())
    public = {f"{module}.{name}" for name, module in evolve._PUBLIC.items()}
    assert set(listed) >= public
    others = {dotted.rpartition(".")[2] for dotted in set(listed) - public}
    assert others == answers() - {*evolve._PUBLIC, "RunLaw"}


def test_the_reference_shows_what_a_run_and_a_law_inherit(site: Path) -> None:
    built = (site / "reference" / "index.html").read_text()
    for owner, names in (
        ("run.Run", "plan score compare"),
        ("champion.Champion", "constants to_sympy"),
    ):
        for name in names.split():
            assert f'id="evolve.api.{owner}.{name}"' in built
