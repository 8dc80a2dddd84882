"""Colours by name, and their place in a vector space, on rendered products of known colour."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from es_mappings.layout import Layout
from indexer.spaces.reduction import fit_pca
from indexer.spaces.vector_space import VectorSpace
from indexer.vectorizers.color import ColorVectorizer
from search.colors import color_part, parse_color

LAYOUT = Layout.of({"look": 2, "color": 16})
HEXES = ["#b3202f", "#232f4d", "#23706f", "#d5a136", "#643a5f", "#9bae90", "#202124", "#e27d66"]


def _dress(color: str, shade: int) -> Image.Image:
    image = Image.new("RGB", (120, 160), "#e9e7e4")
    draw = ImageDraw.Draw(image)
    draw.polygon([(60, 15), (25, 150), (95, 150)], fill=color)
    draw.polygon([(60, 15), (60 + shade, 150), (95, 150)], fill=tuple(int(0.8 * c) for c in parse_color(color)))
    return image


IMAGES = {(color, shade): _dress(color, shade) for color in HEXES for shade in (5, 15, 30)}


@pytest.fixture(scope="module")
def space() -> VectorSpace:
    return VectorSpace({}, {"color": fit_pca(ColorVectorizer()(list(IMAGES.values())), 16)}, LAYOUT)


@pytest.mark.parametrize("color", HEXES)
def test_a_colour_brings_the_products_of_that_colour_first(space: VectorSpace, color: str) -> None:
    part = color_part(space, parse_color(color))
    rows = [space.compose({"color": row})[2:] for row in ColorVectorizer()(list(IMAGES.values()))]
    order = sorted(zip(IMAGES, rows, strict=True), key=lambda item: -float(item[1] @ part))
    assert {key[0] for key, _ in order[:3]} == {color}
    assert np.linalg.norm(part) == pytest.approx(1, abs=1e-5)


def test_colours_are_read_by_code_and_by_name() -> None:
    assert parse_color("#C0202c") == (0xC0, 0x20, 0x2C)
    assert parse_color("#fff") == (255, 255, 255)
    assert parse_color("Dusty_Rose") == parse_color("dusty rose") == (0xC5, 0x8F, 0x8F)
    assert parse_color("light-sea green") == (32, 178, 170)
    assert parse_color("crimson") == parse_color("crimson") == (220, 20, 60)  # Pillow keeps what it has read
    for bad in ("", "reddd ish", "#12345", "rgb(1,2,3)", "hsl(0, 100%, 50%)", "#ff0000ff"):
        with pytest.raises(ValueError, match="no colour"):
            parse_color(bad)


def test_a_space_without_colours_has_none() -> None:
    assert not color_part(VectorSpace({}, {}, LAYOUT), (255, 0, 0)).any()
    assert not color_part(VectorSpace({}, {}, Layout.of({"look": 2})), (255, 0, 0)).any()
