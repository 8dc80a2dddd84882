from hypothesis import given
from hypothesis import strategies as st

from es_mappings.results import Hit
from search.pinning import Pinned, placed, rest_before, slots


def _pinned(*positions: int) -> list[Pinned]:
    return [Pinned(position, "rule", Hit({"id": f"pin-{position}"}, None, [])) for position in positions]


def test_pins_of_a_short_listing_move_up() -> None:
    assert list(slots(_pinned(2, 50, 60), total=5)) == [1, 3, 4]


@given(
    st.sets(st.integers(1, 40), max_size=6),
    st.integers(0, 40),
    st.integers(1, 12),
)
def test_pages_show_everything_once_and_pins_in_their_places(positions: set[int], others: int, size: int) -> None:
    pinned = _pinned(*sorted(positions))
    rest, total = [f"p{number}" for number in range(others)], others + len(pinned)
    pins = [(p, str(p.hit.product["id"])) for p in pinned]
    shown: list[str] = []
    while len(shown) < total:
        start = rest_before(pinned, len(shown), total)
        page, used = placed(rest[start : start + size], pins, len(shown), size, total)
        assert used == len([name for name in page if name.startswith("p") and "-" not in name])
        assert page
        shown += page
    assert sorted(shown) == sorted([*rest, *(name for _, name in pins)])
    assert [name for name in shown if "-" not in name] == rest
    for pin in pinned:
        if pin.position <= total - len(pinned):
            assert shown[pin.position - 1] == f"pin-{pin.position}"
