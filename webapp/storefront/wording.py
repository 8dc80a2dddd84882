"""Labels for names and values of the catalogue."""

from __future__ import annotations

from es_mappings.facet_types import Bounds
from es_mappings.facets import Refinement
from search.notices import marked
from search.syntax import COLOR_NAMES
from webapp.languages import gettext
from webapp.storefront import labels
from webapp.storefront.locales import number

_ACRONYMS = {"cpu", "gpu", "hdmi", "led", "ram", "rgb", "ssd", "tv", "usb"}
_UNITS = {"in": "in", "cm": "cm", "mm": "mm", "gb": "GB", "tb": "TB", "hz": "Hz", "kg": "kg", "g": "g", "w": "W"}

# Names that are the shop's own, whatever the catalogue.
_OWN = {
    "brand": marked("Brand"),
    "category": marked("Category"),
    "currency": marked("Currency"),
    "in_stock": marked("In stock"),
    "price": marked("Price"),
    "In stock only": marked("In stock only"),
}
# Colors that pages offer by themselves, or that any catalogue has; a label comes first.
_COLORS = {
    "beige": marked("beige"),
    "black": marked("black"),
    "blue": marked("blue"),
    "brown": marked("brown"),
    "gray": marked("gray"),
    "green": marked("green"),
    "grey": marked("grey"),
    "navy": marked("navy"),
    "orange": marked("orange"),
    "pink": marked("pink"),
    "purple": marked("purple"),
    "red": marked("red"),
    "white": marked("white"),
    "yellow": marked("yellow"),
}
_YES_NO = {"true": marked("Yes"), "false": marked("No")}


def label(name: str) -> str:
    """Write a name for people: ``screen_size`` becomes ``Screen size``, ``ram_gb`` ``RAM (GB)``; ``TVs`` stays."""
    if text := labels.current().names.get(name):
        return text
    if name in _OWN:
        return gettext(_OWN[name])
    words = name.replace("_", " ").split()
    if len(words) > 1 and "_" in name and words[-1] in _UNITS:
        words[-1] = f"({_UNITS[words[-1]]})"
    text = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return text[:1].upper() + text[1:]


def exchange_label(name: str, value: str, own: str = "") -> str:
    """Write another value of an attribute than a product's own for people: ``In navy``, ``Longer: midi``."""
    if text := labels.current().change(name, value, own):
        return text.replace("{value}", value_label(value))
    if name in COLOR_NAMES:
        return gettext("In %(color)s", color=value_label(value))
    return f"{label(name)}: {value_label(value)}"


def value_label(value: object) -> str:
    """Write an attribute's value for people: ``true`` becomes ``Yes``, 15.6 ``15,6`` where a comma is written."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if text in _YES_NO:
        return gettext(_YES_NO[text])
    # Without separators of thousands: it may be a year.
    written = number(value, "0.######") if isinstance(value, float) else text
    return labels.current().values.get(text) or (gettext(_COLORS[text]) if text in _COLORS else written)


def attribute_label(name: str, key: str) -> str:
    """Return an attribute's label, marked if a facet has the same name."""
    return label(name) if key == name else gettext("%(name)s (attribute)", name=label(name))


def bounds_label(bounds: Bounds) -> str:
    """Write a range for people: ``40 to 55``, ``From 40``, ``Up to 55``; empty if both ends are open."""
    if bounds == Bounds():
        return ""
    if bounds.high is None:
        return gettext("From %(low)s", low=number(bounds.low or 0))
    if bounds.low is None:
        return gettext("Up to %(high)s", high=number(bounds.high))
    return gettext("%(low)s to %(high)s", low=number(bounds.low), high=number(bounds.high))


def refinement_label(refinement: Refinement) -> str:
    """Write one ``filter`` for people: its value, with its name if the value alone is unclear."""
    name, value = attribute_label(refinement.name, refinement.facet), refinement.value
    if bounds := refinement.bounds:
        span = bounds_label(bounds)
        return f"{name}: {span[0].lower()}{span[1:]}"
    return f"{name}: {value_label(value)}" if value in _YES_NO else value_label(value)
