"""Cells of a column are the same texts however they are held, and so is the task made of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evolve.tasks import readers, texts
from evolve.tasks.cells import number
from evolve.tasks.draft import Wishes, propose
from evolve.tasks.draft.write import write_task
from evolve.tasks.raw import RawTable
from evolve.tasks.readers import read_table
from evolve.tasks.texts import BLOCK, Texts

CELLS = st.lists(st.text(st.sampled_from("a1\0\né"), max_size=3), max_size=20)


@given(parts=st.lists(CELLS, max_size=5), repeats=st.sampled_from([1, BLOCK // 7]))
def test_texts_are_the_list_of_them_however_they_came(
    parts: list[list[str]], repeats: int
) -> None:
    held, cells = Texts(), []
    for part in parts:
        held.extend(part * repeats)
        cells += part * repeats
    assert list(held) == cells
    assert held == cells
    assert len(held) == len(cells)
    assert [held[i] for i in range(-len(cells), len(cells))] == cells + cells
    assert held[1:-1:3] == cells[1:-1:3]
    assert Texts(cells) == held
    assert held != [*cells, "more"]
    with pytest.raises(IndexError):
        held[len(cells)]


@pytest.mark.parametrize(
    "odd",
    ["", "1e999", "1-2", "--", "7", "1_0", "nan", "inf", "10%", "2^20", "1e5e", "+.5e-3", "."],
)
def test_a_column_of_blocks_holds_the_numbers_that_its_cells_are(odd: str) -> None:
    cells = [*["1.5", "2e3", "-7"] * BLOCK, odd]
    table = RawTable(Path("t.csv"), {"held": Texts(cells), "listed": cells}, len(cells))
    held, listed = table.finite("held"), table.finite("listed")
    assert (held is None) == (listed is None)
    if held is not None:
        assert held.tolist() == [number(cell) for cell in cells]


def test_a_table_of_any_blocks_gives_the_same_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{10 ** (i / 40):.6g},{i % 7}, run {i} ,{5 / (1 + i):.4f}" for i in range(700)]
    table = tmp_path / "runs.csv"
    table.write_text("\n".join(["tokens,depth,name,loss", *rows[:350], "", *rows[350:]]) + "\n")
    found = []
    for at_once, block in ((4096, 256), (7, 3), (1, 1)):
        monkeypatch.setattr(readers, "ROWS_AT_ONCE", at_once)
        monkeypatch.setattr(texts, "BLOCK", block)
        raw = read_table(table)
        assert raw.line(351).endswith("(line 353)")
        folder = tmp_path / f"by {at_once}"
        draft = propose(raw, "runs", Wishes(("loss",), test="tokens > 1e15"))
        paths = write_task(draft, folder, "new-task")
        found.append([path.read_bytes() for path in paths])
    assert len(found[0]) == 3
    assert found[0] == found[1] == found[2]
