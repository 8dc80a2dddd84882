"""What is kept for the times when it can't be read is bounded in number, bytes and age."""

from dataclasses import dataclass

import pytest

from webapp.services.last_known import LastKnown, size_of


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _kept(clock: _Clock, *, seconds: float = 60, entries: int = 4, max_bytes: int = 40_000) -> LastKnown[str, str]:
    return LastKnown(seconds=seconds, entries=entries, max_bytes=max_bytes, clock=clock)


def test_a_value_comes_with_its_age_until_it_is_too_old(clock: _Clock) -> None:
    values = _kept(clock)
    assert values.put("a", "A")
    clock.now += 59
    assert values.get("a") == ("A", 59)
    clock.now += 1
    assert values.get("a") is None


def test_a_value_is_replaced_once_it_is_some_seconds_old(clock: _Clock) -> None:
    values = _kept(clock)
    values.put("a", "first")
    clock.now += 9
    assert not values.put("a", "second")
    clock.now += 1
    assert values.put("a", "third")
    assert values.get("a") == ("third", 0)


def test_the_least_recently_used_leave_first_by_number_and_by_bytes(clock: _Clock) -> None:
    values = _kept(clock)
    for name in "abcd":
        values.put(name, name)
    values.get("a")
    values.put("e", "e")
    assert [name for name in "abcde" if values.get(name)] == ["a", "c", "d", "e"]
    values.put("long", "x" * 25_000)
    assert values.get("long")
    assert sum(values.get(name) is not None for name in "abcde") == 1
    assert not values.put("longer", "x" * 41_000)
    assert values.get("long")


def test_nothing_is_kept_if_it_may_not_be_old(clock: _Clock) -> None:
    values = _kept(clock, seconds=0)
    values.put("a", "A")
    assert values.get("a") is None


def test_what_is_forgotten_is_gone(clock: _Clock) -> None:
    values = _kept(clock)
    values.put("a", "A")
    values.forget("a")
    values.forget("never there")
    assert values.get("a") is None


@dataclass
class _Pair:
    one: str
    other: list[dict[str, str]]


def test_the_size_of_a_value_has_all_that_is_in_it() -> None:
    assert size_of(_Pair("", [{"a": "x" * 10_000}, {"b": "y" * 20_000}])) > 30_000
    assert size_of(("x" * 5_000, {"y" * 6_000})) > 11_000
