import datetime as dt
from dataclasses import replace

import pytest

from es_mappings.planner import Plan
from search.cursors import Cursors, Neighbours, Position
from search.errors import ParameterError

POSITION = Position("listing", Plan("knn", "many", 240, 500, 3.0), "products-1", "point in time", (0.5, "a"), 24)


BEYOND = replace(
    POSITION, plan=Plan("exact", "beyond"), total=70, neighbours=Neighbours(POSITION.plan, (1.5, "b")), keywords="dress"
)
RULED = replace(POSITION, publication=7, day=dt.date(2026, 8, 31))

TRIED = replace(POSITION, after=(), trial="3:interleaved", shown=("a", "b"))


@pytest.mark.parametrize("position", [POSITION, BEYOND, RULED, TRIED])
def test_cursors_come_back_as_they_went(position: Position) -> None:
    cursors = Cursors("secret")
    assert cursors.read(cursors.write(position), "listing") == position


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: "A" + c, lambda _: "", lambda _: "\N{SNOWMAN}"])
def test_altered_cursors_are_refused(change: object) -> None:
    cursors = Cursors("secret")
    altered = change(cursors.write(POSITION))  # type: ignore[operator]
    with pytest.raises(ParameterError, match="cursor"):
        cursors.read(altered, "listing")


def test_no_change_of_any_character_is_accepted() -> None:
    cursors = Cursors("secret")
    cursor = cursors.write(POSITION)
    for place in range(len(cursor)):
        for other in "AQgw-_=.! \n":
            for altered in (cursor[:place] + other + cursor[place + 1 :], cursor[:place] + other + cursor[place:]):
                if altered != cursor:
                    with pytest.raises(ParameterError, match="cursor"):
                        cursors.read(altered, "listing")
    for addition in ("=", "==", "!", "\n", "A"):
        with pytest.raises(ParameterError, match="cursor"):
            cursors.read(cursor + addition, "listing")


def test_cursors_of_another_listing_or_secret_are_refused() -> None:
    cursor = Cursors("secret").write(POSITION)
    with pytest.raises(ParameterError, match="another search"):
        Cursors("secret").read(cursor, "other")
    with pytest.raises(ParameterError, match="is not valid, or has expired"):
        Cursors("other").read(cursor, "listing")
