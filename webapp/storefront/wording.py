"""Labels for names and values of the catalogue."""

from __future__ import annotations

_ACRONYMS = {"cpu", "gpu", "hdmi", "led", "ram", "rgb", "ssd", "tv", "usb"}
_UNITS = {"in": "in", "cm": "cm", "mm": "mm", "gb": "GB", "tb": "TB", "hz": "Hz", "kg": "kg", "g": "g", "w": "W"}


def label(name: str) -> str:
    """Write a name for people: ``screen_size`` becomes ``Screen size``, ``ram_gb`` ``RAM (GB)``; ``TVs`` stays."""
    words = name.replace("_", " ").split()
    if len(words) > 1 and "_" in name and words[-1] in _UNITS:
        words[-1] = f"({_UNITS[words[-1]]})"
    text = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return text[:1].upper() + text[1:]


def value_label(value: str) -> str:
    """Write a facet's value for people: ``true`` becomes ``Yes``."""
    return {"true": "Yes", "false": "No"}.get(value, value)
