"""Lines that a catalogue file may hold: any at all, and sound products with anything in their other fields."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NUMBERS = st.floats() | st.integers() | st.sampled_from([10**4_000, -(10**400), 2**64, 1e308, float("nan")])
_WRITTEN = "19,99 €;1.299,00 EUR;in stock;A > B;A/B;12e306;\ud800;\0;..;<b>x</b>;&lt;b>;//a/b.jpg;nan;http://[::1"
_LONG = ["x" * 70_000, "data:image/png;base64,AAAA", "9" * 5_000, "漢" * 400]
WORDS = st.text() | st.sampled_from([*_WRITTEN.split(";"), *_LONG])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
_NAMES = [
    "id",
    "title",
    "description",
    "category",
    "brand",
    "price",
    "currency",
    "in_stock",
    "style_id",
    "attributes",
    "images",
    "version",
]
_NAMES += ["extra", "type", "product", "fields", "attributes.size", "attributes."]
PRODUCTS = st.dictionaries(st.sampled_from(_NAMES) | WORDS, VALUES, max_size=8)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["upsert", "update", "delete"])},
    optional={"id": VALUES, "version": VALUES, "product": PRODUCTS, "fields": PRODUCTS},
)
_REFUSABLE = {"id", "price", "currency", "in_stock", "version", "images", "category", "attributes", "brand", "style_id"}


def _sound(more: dict[str, Any]) -> Any:
    others = {name: value for name, value in more.items() if name not in _REFUSABLE | {"title", "description", "type"}}
    return st.uuids().map(lambda number: {**others, "id": str(number), "title": "Sound"})


SOUND = PRODUCTS.flatmap(_sound)  # accepted, whatever is in the fields that aren't ours
ANY = st.one_of(VALUES, PRODUCTS, EVENTS, SOUND, PRODUCTS.map(lambda more: {"title": "A", **more, "id": "p-1"}))
