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
        ("Jul 2023", 2023 + 181 / 365),
        ("july 2023", 2023 + 181 / 365),
        ("Sept. 2023", 2023 + 243 / 365),
        ("May-2023", 2023 + 120 / 365),
        ("DECEMBER, 2023", 2023 + 334 / 365),
    ],
)
def test_a_date_is_its_year_and_the_part_of_it_that_is_over(text: str, year: float) -> None:
    assert decimal_year(text) == pytest.approx(year, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["01/03/2024", "2024", "20240301", "2024-13", "March 1", "1.5", "Jun 24", "Juno 2024"]
)
def test_what_may_be_another_date_or_a_number_is_none(text: str) -> None:
    assert decimal_year(text) is None


def test_a_column_of_dates_may_have_blank_cells_and_makes_years_with_such() -> None:
    raw = table_of("day,when,y\n2024-01-01,x,1\n,2024-01-01,2\n2025-01-01,2024-01-02,3\n")
    assert dates_in(raw) == ["day"]
    assert derive(raw, ("t = years(day)",)).column("t") == [2024.0, None, 2025.0]
    with pytest.raises(EvolveError, match=r"must hold a date such as 2024-03-01.* 'x'"):
        derive(raw, ("t = years(when)",))


def test_a_column_of_months_by_name_is_a_column_of_dates() -> None:
    raw = table_of("Release,y\nJun 2024,1\nJuly 2024,2\n2024-08,3\n")
    assert dates_in(raw) == ["Release"]
    years = derive(raw, ("t = years(Release)",)).column("t")
    assert years == pytest.approx([2024 + day / 366 for day in (152, 182, 213)])
