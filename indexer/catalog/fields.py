"""How a field of the catalogue is stored, declared together with its type in `products.Product`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

FIXED = ("id", "version")  # identify a product and its state; no update sets them


@dataclass(frozen=True)
class Stored:
    """How a field of the catalogue is stored; by default as a document field of the same name.

    Attributes
    ----------
    document : mapping of str to callable
        Document fields, each with the function that makes its value from a product; empty for the default.
    embedded : bool
        Whether the vector is made from it, so that a change makes a new vector.
    """

    document: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    embedded: bool = False


EMBEDDED = Stored(embedded=True)


def stored_fields(model: type[BaseModel]) -> dict[str, Stored]:
    """Return how each field of a model is stored, in the order of the model."""
    return {name: _stored(name, info.metadata) for name, info in model.model_fields.items() if name not in FIXED}


def _stored(name: str, metadata: list[Any]) -> Stored:
    declared = next((item for item in metadata if isinstance(item, Stored)), Stored())
    return Stored(declared.document or {name: lambda product: getattr(product, name)}, declared.embedded)


def category_paths(category: list[str]) -> list[str]:
    """Return the path of a category and of its ancestors: ``["Dresses", "Dresses/Midi dresses"]``."""
    # A slash inside a name would look like another level; the division slash looks the same to a shopper.
    names = [name.replace("/", "\N{DIVISION SLASH}") for name in category]
    return ["/".join(names[: depth + 1]) for depth in range(len(names))]
