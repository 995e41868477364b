"""The package is light to import, and its wheel carries tasks and seeds."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import evolve

ROOT = Path(__file__).resolve().parent.parent


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
    code = "from evolve.tasks.task import shipped_folders; print(*shipped_folders('seeds'))"
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


def test_every_dependency_says_what_uses_it() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for requirement in tomllib.loads(text)["project"]["dependencies"]:
        line = next(line for line in text.splitlines() if f'"{requirement}"' in line)
        assert "# " in line, requirement
