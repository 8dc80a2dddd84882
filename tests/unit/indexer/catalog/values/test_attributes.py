import pytest

from indexer.catalog.values.attributes import attribute_name, gather, read_attributes
from indexer.catalog.values.changes import Changes


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("color", "color"),
        ("Screen size", "Screen_size"),
        ("dim.width", "dim_width"),
        ("pa:color", "pa_color"),
        (" . ", ""),
        ("größe", "größe"),
        ("x" * 100, "x" * 64),
        ("a\x00b", "ab"),
    ],
)
def test_a_name_is_one_that_filters_can_carry(name: str, read: str) -> None:
    assert attribute_name(name) == read


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("red", "red"),
        (3, 3),
        (1.5, 1.5),
        (True, True),
        ([36, 38.0, "40"], ["36", "38", "40"]),
        (["S", "S", None, "", True], ["S", "true"]),
        ({"value": 3, "unit": "kg"}, "3 kg"),
        ("<b>silk</b>", "silk"),
        ("x" * 600, "x" * 499 + "…"),
        (2**60, str(2**60)),  # a code, not a quantity
        ("12e306", "12e306"),
    ],
)
def test_a_value_is_of_a_kind_that_facets_count(value: object, read: object) -> None:
    assert read_attributes({"a": value}, Changes()) == {"a": read}


@pytest.mark.parametrize("value", [None, "", " ", [], {}, [None], [""]])
def test_an_empty_value_is_absent(value: object) -> None:
    assert read_attributes({"a": value}, changes := Changes()) == {}
    assert not [change for change in changes if "left out" in change.rule]


@pytest.mark.parametrize(
    "value", [{"deep": 1}, [["a"]], [{"a": 1}], float("nan"), float("inf"), [10**5_000], {"value": [], "unit": "kg"}]
)
def test_what_cannot_be_an_attribute_is_left_out_and_noted(value: object) -> None:
    assert read_attributes({"a": value, "b": 1}, changes := Changes()) == {"b": 1}
    assert changes[-1].field == "attributes.a"
    assert "left out" in changes[-1].rule


def test_only_so_many_attributes_are_kept() -> None:
    read = read_attributes({f"a{n}": n for n in range(10_000)}, changes := Changes())
    assert list(read) == [f"a{n}" for n in range(200)]
    assert len(changes) == 9_800


def test_of_names_that_become_one_the_first_is_kept() -> None:
    assert read_attributes({"a b": 1, "a.b": 2}, changes := Changes()) == {"a_b": 1}
    assert "taken" in changes[-1].rule


def test_columns_are_attributes_and_their_lists_are_split() -> None:
    fields = {"id": "1", "attributes": {"color": "red"}, "attributes.sizes": "S|M | L", "attributes.belted": "true"}
    gather(fields)
    assert fields == {"id": "1", "attributes": {"color": "red", "sizes": ["S", "M", "L"], "belted": "true"}}
