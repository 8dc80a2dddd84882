"""The choices between a product's variants, as plain data: its sizes, its colours, and what else they differ in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from search.syntax import COLOR_NAMES
from webapp.languages import gettext
from webapp.storefront.wording import label, value_label

Fields = dict[str, Any]

# Names of the attribute that holds a size, or the sizes, in the languages of LANGUAGE; folded; a plural counts, too.
SIZE_NAMES = frozenset({"size", "shoe_size", "clothing_size", "grösse", "groesse", "taille", "talla", "taglia", "maat"})
_COLORS = (*COLOR_NAMES, "farbe", "couleur", "colore", "kleur")  # of a colour likewise; frame_color, too
_LETTERS = {"xxxs": -4, "xxs": -3, "xs": -2, "s": -1, "m": 0, "l": 1, "xl": 2, "xxl": 3, "xxxl": 4}
_LETTERS |= {"2xl": 3, "3xl": 4, "4xl": 5, "5xl": 6}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MAX_ROWS, _MAX_VALUE = 3, 40  # rows of choices besides colours, and characters of a value


@dataclass(frozen=True)
class SizeChoice:
    """A size to choose: another variant, or, of a product that comes in several, the word to order it by."""

    label: str
    product: Fields
    size: str = ""  # what the form sends besides the product; empty where each size is a product
    is_chosen: bool = False

    @property
    def is_available(self) -> bool:
        """Whether it can be ordered."""
        return self.product.get("in_stock") is not False


@dataclass(frozen=True)
class Option:
    """A variant to go to, for one of its values."""

    label: str
    product: Fields
    is_current: bool

    @property
    def is_available(self) -> bool:
        """Whether it can be ordered."""
        return self.product.get("in_stock") is not False


@dataclass(frozen=True)
class OptionRow:
    """What variants differ in, and a variant for each value; `is_pictured` if their pictures tell them apart."""

    name: str
    options: list[Option]
    is_pictured: bool = False


def sizes_of(product: Mapping[str, Any]) -> list[str]:
    """Return the sizes that a product comes in, in the catalogue's order."""
    for name, value in (product.get("attributes") or {}).items():
        if _is_size(name) and value not in (None, "", []):
            return list(dict.fromkeys(str(v) for v in (value if isinstance(value, list) else [value])))
    return []


def size_choices(product: Fields, variants: Sequence[Fields]) -> list[SizeChoice]:
    """Return the sizes to choose from: the product's own if it comes in several, else those of its variants.

    Parameters
    ----------
    variants : sequence of dict
        The products of its style, itself included.
    """
    own = sizes_of(product)
    if len(own) > 1:
        return [SizeChoice(size, product, size) for size in own]
    alike = {sizes_of(v)[0]: v for v in _of_one_look(product, variants) if len(sizes_of(v)) == 1} if own else {}
    if len(alike) < 2:
        return []
    return [
        SizeChoice(size, v, is_chosen=v["id"] == product["id"])
        for size, v in sorted(alike.items(), key=lambda item: _rank(item[0]))
    ]


def option_rows(product: Fields, variants: Sequence[Fields]) -> list[OptionRow]:
    """Return what a product's variants differ in besides the size: colours, with pictures, before all else."""
    if len(variants) < 2:
        return []
    names = _varying(variants)
    color = next((name for name in _colors(variants) if len({_text(v, name) for v in variants}) > 1), "")
    rows = [_row(name, product, variants, names) for name in names if name != color][:_MAX_ROWS]
    pictured = _pictured(color, product, variants, names) if color or not (rows or _same_look(variants)) else None
    return [*([pictured] if pictured else []), *rows]


def _pictured(color: str, product: Fields, variants: Sequence[Fields], names: Sequence[str]) -> OptionRow | None:
    """Return a row of pictures, one for each colour; for each picture where the colour isn't known."""
    looks: dict[str, list[Fields]] = {}
    for variant in variants:
        looks.setdefault(_text(variant, color) or _look(variant), []).append(variant)
    options = [_option(_text(found[0], color) or found[0]["title"], product, found, names) for found in looks.values()]
    name = label(color) if color else gettext("Version")  # they differ in nothing that the catalogue says
    return OptionRow(name, options, is_pictured=True) if len(options) > 1 else None


def _row(name: str, product: Fields, variants: Sequence[Fields], names: Sequence[str]) -> OptionRow:
    by_value: dict[str, list[Fields]] = {}
    for variant in variants:
        by_value.setdefault(_text(variant, name), []).append(variant)
    ordered = sorted(by_value.items(), key=lambda item: _rank(item[0]))
    return OptionRow(label(name), [_option(value_label(value), product, found, names) for value, found in ordered])


def _option(text: str, product: Fields, found: Sequence[Fields], names: Sequence[str]) -> Option:
    """Return the choice of one value: of the variants that have it, the one most like the product."""

    def nearness(variant: Fields) -> tuple[bool, bool, int, bool]:
        alike = sum(_text(variant, name) == _text(product, name) for name in names)
        same_size = sizes_of(variant) == sizes_of(product)
        return variant["id"] == product["id"], same_size, alike, variant.get("in_stock") is not False

    nearest = max(found, key=nearness)
    return Option(text, nearest, nearest["id"] == product["id"])


def _varying(variants: Sequence[Fields]) -> list[str]:
    """Return the attributes that all variants have one short value of, and not the same one."""
    names = dict.fromkeys(name for variant in variants for name in variant.get("attributes") or {})
    values = {name: [_text(variant, name) for variant in variants] for name in names if not _is_size(name)}
    return [
        n for n, texts in values.items() if all(texts) and len(set(texts)) > 1 and max(map(len, texts)) <= _MAX_VALUE
    ]


def _of_one_look(product: Fields, variants: Sequence[Fields]) -> list[Fields]:
    """Return the variants that differ in size alone: of one colour, or alike in all that varies."""
    for names in (_colors([product]), _varying(variants)):
        alike = [v for v in variants if all(_text(v, name) == _text(product, name) for name in names)]
        if len({tuple(sizes_of(v)) for v in alike}) == len(alike):
            return alike
    return [product]


def _colors(variants: Iterable[Fields]) -> list[str]:
    """Return the attributes that hold colours, the product's own before those of its parts."""
    names = dict.fromkeys(name for variant in variants for name in variant.get("attributes") or {})
    return sorted((n for n in names if n.casefold().endswith(_COLORS)), key=lambda n: n.casefold() not in _COLORS)


def _same_look(variants: Iterable[Fields]) -> bool:
    return len({_look(variant) for variant in variants}) == 1


def _look(variant: Fields) -> str:
    return str((variant.get("images") or [variant["id"]])[0])


def _text(product: Mapping[str, Any], name: str) -> str:
    value = (product.get("attributes") or {}).get(name)
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_size(name: str) -> bool:
    folded = name.casefold()
    return folded in SIZE_NAMES or folded.removesuffix("s") in SIZE_NAMES or folded.removesuffix("n") in SIZE_NAMES


def _rank(value: str) -> tuple[int, float, str]:
    """Return where a value stands in its row: letters from small to large, numbers by size, then words."""
    folded = value.casefold().strip()
    if folded in _LETTERS:
        return 0, float(_LETTERS[folded]), folded
    number = _NUMBER.match(folded)
    return (1, float(number[0].replace(",", ".")), folded) if number else (2, 0.0, folded)
