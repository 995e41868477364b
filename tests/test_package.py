"""The package is light to import and declares what it needs; its wheel carries all of it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import evolve

HERE = Path(__file__).resolve()
ROOT = HERE.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FOR_DEVELOPERS = ("docs", "dev")
# The libraries of the extras that a user installs.
EXTRAS = [
    requirement
    for extra, requirements in PROJECT["optional-dependencies"].items()
    for requirement in requirements
    if extra not in FOR_DEVELOPERS
]
MODULES = {"scikit-learn": "sklearn"}  # distributions that bring a module of another name
UNDECLARED = {"IPython"}  # used where a notebook has it anyway


def module_of(requirement: str) -> str:
    """Return the module that a requirement brings."""
    name = requirement.partition(">=")[0].partition("[")[0]
    return MODULES.get(name, name)


def users() -> dict[str, set[str]]:
    """Return, for each library that the package imports, the packages of evolve/ that do."""
    own = {"evolve", "__future__", *sys.stdlib_module_names, *UNDECLARED}
    libraries: dict[str, set[str]] = {}
    for path in (ROOT / "evolve").rglob("*.py"):
        room = path.relative_to(ROOT / "evolve").parts[0]
        for dotted in imported_names(path):
            name = dotted.partition(".")[0]
            if name not in own:
                libraries.setdefault(name, set()).add(room)
    return libraries


def imported_names(path: Path) -> Iterator[str]:
    """Yield the dotted names of the modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


USERS = users()


def python(code: str, cwd: Path, path: Path) -> str:
    """Run code in a new interpreter that finds the package in one folder alone."""
    env = {"PYTHONPATH": str(path), "PATH": "", "HOME": str(cwd)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contents of the wheel, in a folder of their own."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize("kind", ["tasks", "seeds"])
def test_the_wheel_carries_every_file_of(kind: str, unpacked: Path) -> None:
    ours = {
        path.relative_to(ROOT / kind)
        for pattern in ("*.toml", "*.csv", "*.py")
        for path in (ROOT / kind).rglob(pattern)
    }
    shipped = unpacked / "evolve" / "_data" / kind
    assert ours
    assert {path for path in ours if not (shipped / path).is_file()} == set()


def test_a_wheel_finds_its_tasks_from_any_folder(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "from evolve.tasks.task import load_task; "
        "t = load_task('sft'); print(t.folder, t.n_groups)"
    )
    folder, n_groups = python(code, tmp_path, unpacked).split()
    assert Path(folder) == (unpacked / "evolve" / "_data" / "tasks" / "sft").resolve()
    assert n_groups == "42"


def test_a_wheel_finds_its_seeds_from_any_folder(unpacked: Path, tmp_path: Path) -> None:
    code = "from evolve.tasks.folders import shipped_folders; print(*shipped_folders('seeds'))"
    found = python(code, tmp_path, unpacked)
    assert Path(found) == (unpacked / "evolve" / "_data" / "seeds").resolve()


def test_importing_the_package_imports_no_library(tmp_path: Path) -> None:
    code = "import sys, evolve; print(sorted({'numpy', 'pydantic', 'rich'} & set(sys.modules)))"
    assert python(code, tmp_path, ROOT) == "[]"


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Tusk'"):
        _ = evolve.Tusk


def test_public_names_are_found() -> None:
    assert evolve.load_task("sft", [ROOT / "tasks"]).n_groups == 42


def test_the_wheel_says_that_its_types_are_to_be_read(unpacked: Path) -> None:
    assert (unpacked / "evolve" / "py.typed").is_file()


def test_the_citation_names_this_version_and_nobody_who_is_not_in_the_repository() -> None:
    yaml = pytest.importorskip("yaml", reason="comes with mkdocs")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == evolve.__version__
    assert citation["title"] == PROJECT["name"]
    assert citation["abstract"] == PROJECT["description"]
    assert citation["license"] == PROJECT["license"]
    assert citation["keywords"] == PROJECT["keywords"]
    assert citation["authors"] == [{"name": "The maintainers of evolve-laws"}]


@pytest.mark.parametrize("requirement", [*PROJECT["dependencies"], *EXTRAS])
def test_a_dependency_names_packages_that_import_it(requirement: str) -> None:
    text = (ROOT / "pyproject.toml").read_text()
    line = next(line for line in text.splitlines() if f'"{requirement}"' in line)
    rooms = line.partition("# ")[2].partition(": ")[0].split(", ")
    assert set(rooms) <= USERS[module_of(requirement)]


def test_every_library_that_is_imported_is_declared() -> None:
    declared = {module_of(text) for text in (*PROJECT["dependencies"], *EXTRAS)}
    assert set(USERS) == declared


@pytest.mark.parametrize("requirement", EXTRAS)
def test_an_extra_has_a_test_that_names_its_library(requirement: str) -> None:
    name = module_of(requirement)
    tests = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != HERE]
    assert any(f'"{name}"' in text for text in tests)


def test_every_requirement_states_its_lowest_version_and_the_same_one_everywhere() -> None:
    optional = PROJECT["optional-dependencies"]
    every = [*PROJECT["dependencies"], *(r for extra in optional.values() for r in extra)]
    assert [r for r in every if not re.fullmatch(r"[\w-]+(\[\w+\])?>=[\d.]+", r)] == []
    assert len({r.partition(">=")[0] for r in every}) == len(set(every))


def test_what_ruff_leaves_out_is_no_room_of_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    # A bare name would leave out every folder of that name, evolve/runs among them.
    assert all("/" in pattern for pattern in settings["extend-exclude"])


def test_completion_offers_the_public_names_and_nothing_else() -> None:
    assert dir(evolve) == sorted(evolve.__all__)


def test_a_mistyped_public_name_is_told_with_the_nearest() -> None:
    code = "import evolve; evolve.discovr"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert "no attribute 'discovr'. Did you mean: 'discover'?" in done.stderr
