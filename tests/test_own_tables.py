"""Tests leave no table where they are run from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.own_tables import table_of


def test_the_table_of_a_text_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert table_of("params,loss\n1,2\n").numbers("params") == [1.0]
    assert not list(tmp_path.iterdir())
