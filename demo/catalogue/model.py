"""A product: its true attributes and its picture's scene, and the attributes that the shop publishes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool | list[str]
Attributes = dict[str, Value]

KINDS: dict[str, float] = {"dress": 0.40, "toy": 0.24, "laptop": 0.18, "tv": 0.18}
"""Kinds of product, and the share of each in a catalogue."""


@dataclass(frozen=True)
class Product:
    """A product with its true attributes.

    `visual` names the attributes that its picture shows; `scene` holds what else the picture shows.
    """

    id: str
    kind: str
    brand: str
    style: str
    name: str
    attributes: Attributes
    visual: list[str]
    scene: dict[str, Value] = field(default_factory=dict)

    @property
    def style_id(self) -> str:
        """Code shared by the variants of one design."""
        return f"{self.kind.upper()}-{self.style[-5:]}"


@dataclass(frozen=True)
class Spoilt:
    """Attributes as the shop publishes them: some missing, some wrong."""

    attributes: Attributes
    missing: list[str]
    wrong: Attributes


def number(attributes: Mapping[str, Value], name: str) -> float:
    """Read an attribute as a number.

    Parameters
    ----------
    attributes : mapping
        Attributes of a product.
    name : str
        Name of the attribute.

    Returns
    -------
    float
        Its value.

    Raises
    ------
    KeyError
        The attribute is missing.
    ValueError
        The value isn't a number.
    """
    return float(str(attributes[name]))
