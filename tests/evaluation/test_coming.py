"""Items that are made while others are worked on."""

from __future__ import annotations

from collections.abc import Iterator

from evolve.evaluation.coming import Coming


def told(n: int, made: list[int]) -> Iterator[int]:
    for item in range(n):
        made.append(item)
        yield item


def test_an_item_is_made_when_it_is_asked_for() -> None:
    made: list[int] = []
    items = Coming(told(3, made))
    assert made == []
    assert next(iter(items)) == 0
    assert made == [0]


def test_every_item_is_made_once_for_all_who_go_through_them() -> None:
    made: list[int] = []
    items = Coming(told(3, made))
    assert [(first, second) for first, second in zip(items, items, strict=True)] == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]
    assert made == list(items) == [0, 1, 2]


def test_length_and_parts_are_those_of_all_items() -> None:
    items = Coming(told(4, []))
    assert items[1:3] == [1, 2]
    assert (len(items), items[-1]) == (4, 3)
    assert items[::-1] == [3, 2, 1, 0]
