"""Colours by name or code, and the color part of a vector for each, for searches like "this, in red"."""

from __future__ import annotations

import re
from difflib import get_close_matches

from PIL import Image, ImageColor

from es_mappings.layout import Vector
from indexer.spaces.vector_space import VectorSpace
from indexer.vectorizers.color import ColorVectorizer

ASPECT = "color"

Rgb = tuple[int, int, int]

_CODE = re.compile(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?")

# What shops mean by a word, where CSS has no such colour or a different one (its navy is the blue of a flag).
_SHOP_COLORS = {
    "anthracite": "#383e42", "apricot": "#f2b08a", "blush": "#e7c6bd", "burgundy": "#6a1f31", "camel": "#bb9264",
    "champagne": "#e8d8bd", "charcoal": "#44464b", "cherry": "#b3202f", "chocolate": "#5b3a2b", "cobalt": "#2a4da3",
    "cognac": "#9a5a2c", "coral": "#e27d66", "cream": "#f3ead6", "denim": "#4a6587", "dusty rose": "#c58f8f",
    "ecru": "#e3d8c3", "emerald": "#17684c", "gold": "#c9a24b", "green": "#2f7d46", "ivory": "#f1eadc",
    "lavender": "#b4a6d3", "lilac": "#c3a6d4", "mauve": "#a98aa3", "mint": "#b4d8c5", "mustard": "#d5a136",
    "navy": "#232f4d", "nude": "#dcb9a0", "ochre": "#c68a2e", "olive": "#6e7044", "peach": "#f3c1a3",
    "petrol": "#1f5563", "plum": "#643a5f", "powder blue": "#a8c1da", "red": "#c0202c", "rose": "#d98fa0",
    "rust": "#a14f2a", "sage": "#9bae90", "sand": "#d3bf9f", "taupe": "#8f8378", "teal": "#23706f",
    "terracotta": "#b9623f", "wine": "#5e1c2c", "yellow": "#ecc83a",
}  # fmt: skip


def parse_color(text: str) -> Rgb:
    """Read a colour: ``#rgb``, ``#rrggbb``, a shop's colour word, or a CSS colour name.

    Raises
    ------
    ValueError
        It is not a colour; the message suggests similar names.
    """
    name = " ".join(text.lower().replace("_", " ").replace("-", " ").split())
    code = _SHOP_COLORS.get(name, name.replace(" ", ""))
    # Only the keys are looked at: Pillow replaces the values when it reads them.
    if code not in ImageColor.colormap and not _CODE.fullmatch(code):
        known = [*_SHOP_COLORS, *ImageColor.colormap]
        near = ", ".join(get_close_matches(name, known, 3, 0.5)) or "red, navy, sage"
        raise ValueError(f"{text!r} is no colour: use #rrggbb, or a name such as {near}")
    red, green, blue = ImageColor.getrgb(code)[:3]
    return red, green, blue


def color_part(space: VectorSpace, color: Rgb) -> Vector:
    """Return the color part of the vector that a product of a single colour would have.

    Returns
    -------
    ndarray of float32, shape (dims of the aspect,)
        Of unit length; zeros where the space has no colours.
    """
    part = next((a.part for a in space.layout.aspects if a.name == ASPECT), slice(0))
    [histogram] = ColorVectorizer()([Image.new("RGB", (1, 1), color)])
    return space.compose({ASPECT: histogram})[part]
