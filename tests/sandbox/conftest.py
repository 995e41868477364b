"""Here every lane and every nursery starts and ends its own process, as outside of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kept_processes import not_shared


@pytest.fixture(scope="module", autouse=True)
def processes_of_its_own() -> Iterator[None]:
    with not_shared():
        yield
