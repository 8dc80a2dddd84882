import pytest

from indexer.catalog.values.categories import read_category
from indexer.catalog.values.changes import Changes


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Dresses", ["Dresses"]),
        ("Home > Women > Dresses", ["Home", "Women", "Dresses"]),
        ("Home&nbsp;&gt;&nbsp;Women", ["Home", "Women"]),
        ("Home/Women/Dresses", ["Home", "Women", "Dresses"]),
        ("Shirts \\/ Tops/Silk", ["Shirts / Tops", "Silk"]),
        ("Home > Shirts/Tops", ["Home", "Shirts/Tops"]),  # the arrows separate: a slash is part of a name
        ("Dresses|Midi", ["Dresses", "Midi"]),
        (["Home > Women"], ["Home", "Women"]),
        (["Home &amp;gt; Women"], ["Home", "Women"]),
        (["Shirts/Tops", "A > B"], ["Shirts/Tops", "A > B"]),
        (["A", None, " ", 7], ["A", "7"]),
        (166, ["166"]),
        (" > ", []),
        ([f"level {n}" for n in range(12)], [f"level {n}" for n in range(10)]),
    ],
)
def test_a_category_is_a_path_of_names(value: object, names: list[str]) -> None:
    read = read_category(value, Changes())
    assert read == names
    assert read_category(read, again := Changes()) == names
    assert not again


def test_a_plain_name_is_no_change() -> None:
    for value in ("Dresses", ["Dresses", "Midi"]):
        read_category(value, changes := Changes())
        assert not changes
