"""What a shopper chooses between: sizes, colours, other differences; from catalogues that say it in different ways."""

from typing import Any

import pytest

from webapp.storefront.variants import OptionRow, option_rows, size_choices, sizes_of


def _variant(product_id: str, *, in_stock: bool = True, **attributes: Any) -> dict[str, Any]:
    return {
        "id": product_id,
        "title": f"Shirt {product_id}",
        "images": [f"{attributes.get('color') or product_id}.jpg"],
        "in_stock": in_stock,
        "attributes": attributes,
    }


def _labels(row: OptionRow) -> list[str]:
    return [option.label for option in row.options]


@pytest.mark.parametrize(
    ("attributes", "sizes"),
    [
        ({"sizes": ["S", "M", "S"]}, ["S", "M"]),
        ({"Size": "M"}, ["M"]),
        ({"Größen": ["36", "38"]}, ["36", "38"]),
        ({"tailles": ["1", "2"]}, ["1", "2"]),
        ({"shoe_size": 42}, ["42"]),
        ({"screen_size_in": 55, "size_system": "EU"}, []),
        ({"sizes": []}, []),
    ],
)
def test_sizes_are_found_by_the_names_that_catalogues_use(attributes: dict[str, Any], sizes: list[str]) -> None:
    assert sizes_of({"attributes": attributes}) == sizes


def test_a_product_of_several_sizes_is_ordered_in_one_of_them() -> None:
    product = _variant("one", sizes=["L", "S"])
    choices = size_choices(product, [product])
    assert [(c.label, c.size, c.product["id"], c.is_chosen) for c in choices] == [
        ("L", "L", "one", False),  # in the catalogue's order, and none is chosen
        ("S", "S", "one", False),
    ]


def test_where_each_size_is_a_product_choosing_one_orders_that_product() -> None:
    variants = [
        _variant("red-l", color="red", Size="L"),
        _variant("red-s", color="red", Size="S", in_stock=False),
        _variant("red-m", color="red", Size="M"),
        _variant("blue-m", color="blue", Size="M"),
    ]
    choices = size_choices(variants[2], variants)
    assert [(c.label, c.product["id"], c.is_chosen, c.is_available) for c in choices] == [
        ("S", "red-s", False, False),
        ("M", "red-m", True, True),
        ("L", "red-l", False, True),
    ]
    assert not any(c.size for c in choices)  # the product says it
    assert size_choices(variants[3], variants) == []  # blue has no other


def test_sizes_of_another_version_are_not_this_ones() -> None:
    variants = [_variant(f"{material}-{size}", material=material, size=size) for material in "ab" for size in "SM"]
    assert [c.product["id"] for c in size_choices(variants[0], variants)] == ["a-S", "a-M"]


def test_numbers_are_in_order_and_a_weight_of_each_size_does_not_part_them() -> None:
    variants = [_variant(f"s{n}", color="red", size=str(n), weight_g=n * 7) for n in (42, 40.5, 39)]
    assert [c.label for c in size_choices(variants[0], variants)] == ["39", "40.5", "42"]


def test_colours_are_swatches_that_keep_the_size() -> None:
    variants = [
        _variant("red-m", color="red", size="M"),
        _variant("blue-s", color="blue", size="S"),
        _variant("blue-m", color="blue", size="M"),
    ]
    [row] = option_rows(variants[0], variants)
    assert (row.name, row.is_pictured) == ("Color", True)
    assert [(o.label, o.product["id"], o.is_current) for o in row.options] == [
        ("red", "red-m", True),
        ("blue", "blue-m", False),
    ]


@pytest.mark.parametrize("name", ["Colour", "Farbe", "frame_color"])
def test_colours_have_other_names_too(name: str) -> None:
    described: list[dict[str, Any]] = [{name: value, "Size": "M"} for value in ("red", "blue")]
    variants = [_variant(attributes[name], **attributes) for attributes in described]
    [row] = option_rows(variants[0], variants)
    assert (_labels(row), row.is_pictured) == (["red", "blue"], True)


def test_a_variant_of_unknown_colour_is_shown_by_its_picture() -> None:
    variants = [_variant("one", color="red"), _variant("two"), _variant("three")]
    [row] = option_rows(variants[0], variants)
    assert _labels(row) == ["red", "Shirt two", "Shirt three"]


def test_other_differences_are_rows_of_their_own_and_change_one_thing_only() -> None:
    variants = [
        _variant(f"{color}-{gb}", color=color, storage_gb=gb, tags=["x"])
        for color in ("red", "blue")
        for gb in (256, 128)
    ]
    colors, storage = option_rows(variants[0], variants)
    assert [o.product["id"] for o in colors.options] == ["red-256", "blue-256"]
    assert (storage.name, _labels(storage)) == ("Storage (GB)", ["128", "256"])
    assert [o.product["id"] for o in storage.options] == ["red-128", "red-256"]


def test_what_only_some_variants_say_is_no_choice() -> None:
    variants = [_variant("one", color="red", cut="slim"), _variant("two", color="blue")]
    assert [row.name for row in option_rows(variants[0], variants)] == ["Color"]


def test_variants_that_differ_in_their_pictures_alone_are_versions() -> None:
    variants = [_variant("one"), _variant("two")]
    [row] = option_rows(variants[1], variants)
    assert (row.name, _labels(row), [o.is_current for o in row.options]) == (
        "Version",
        ["Shirt one", "Shirt two"],
        [False, True],
    )


def test_a_product_alone_has_nothing_to_choose() -> None:
    product = _variant("one", color="red", size="M")
    assert (size_choices(product, [product]), option_rows(product, [product])) == ([], [])
