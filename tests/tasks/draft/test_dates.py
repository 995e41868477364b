"""Dates are read as decimal years."""

from __future__ import annotations

import pytest
from own_tables import table_of

from evolve.errors import EvolveError
from evolve.tasks.draft.dates import dates_in, decimal_year
from evolve.tasks.draft.expressions import derive


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2023-01-01", 2023.0),
        (" 2023-07 ", 2023 + 181 / 365),
        ("2024-03-01 12:00", 2024 + 60.5 / 366),
        ("2023-12-31T12:00:00Z", 2023 + 364.5 / 365),
    ],
)
def test_a_date_is_its_year_and_the_part_of_it_that_is_over(text: str, year: float) -> None:
    assert decimal_year(text) == pytest.approx(year, abs=1e-9)


@pytest.mark.parametrize("text", ["01/03/2024", "2024", "20240301", "2024-13", "March 1", "1.5"])
def test_what_may_be_another_date_or_a_number_is_none(text: str) -> None:
    assert decimal_year(text) is None


def test_a_column_of_dates_may_have_blank_cells_and_makes_years_with_such() -> None:
    raw = table_of("day,when,y\n2024-01-01,x,1\n,2024-01-01,2\n2025-01-01,2024-01-02,3\n")
    assert dates_in(raw) == ["day"]
    assert derive(raw, ("t = years(day)",)).column("t") == [2024.0, None, 2025.0]
    with pytest.raises(EvolveError, match=r"must hold a date such as 2024-03-01.* 'x'"):
        derive(raw, ("t = years(when)",))
