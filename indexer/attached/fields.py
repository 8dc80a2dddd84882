"""Read the fields that a vector is made from out of foreign documents, whose fields have other names. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from indexer.digests import manifest_digest
from indexer.vectorizers.base import ProductFields

_MOST_IMAGES = 50  # as in our own catalogue
_LONGEST = 20_000  # characters of a text


@dataclass(frozen=True)
class FieldNames:
    """The foreign names of our fields: paths in their mapping, dots between the parts."""

    image: str
    id: str | None = None  # by which people refer to a product; by default `_id`
    title: str | None = None
    description: str | None = None
    category: str | None = None
    brand: str | None = None
    price: str | None = None
    attributes: tuple[str, ...] = ()

    @property
    def paths(self) -> dict[str, str]:
        """The paths that are set, by the option that sets them."""
        single = {name: path for name, path in asdict(self).items() if isinstance(path, str)}
        return {**single, **{f"attributes {path}": path for path in self.attributes}}


@dataclass(frozen=True)
class Described:
    """A product as a foreign document describes it."""

    images: tuple[str, ...]
    fields: ProductFields

    @property
    def source(self) -> str:
        """Digest of everything that its vector is made from."""
        return manifest_digest({"images": list(self.images), "fields": asdict(self.fields)})


def describe(source: Mapping[str, Any], names: FieldNames) -> Described:
    """Read a document; fields that are missing or hold no text are left empty."""

    def text(path: str | None) -> str:
        return " ".join(_texts(source, path))[:_LONGEST] if path else ""

    attributes = {path: texts for path in names.attributes if (texts := list(_texts(source, path)))}
    return Described(
        tuple(dict.fromkeys(_texts(source, names.image)))[:_MOST_IMAGES],
        ProductFields(
            text(names.title),
            text(names.description),
            text(names.brand) or None,
            tuple(_texts(source, names.category)) if names.category else (),
            {path: texts[0] if len(texts) == 1 else texts for path, texts in attributes.items()},
        ),
    )


def values(source: Any, path: str) -> Iterator[Any]:
    """Iterate over the values at a path: through objects, (nested) lists of them, and names that contain dots.

    ``photo.url`` finds ``{"photo": {"url": 1}}``, ``{"photo": [{"url": 1}, {"url": 2}]}`` and ``{"photo.url": 1}``.
    """
    if isinstance(source, list):
        for item in source:
            yield from values(item, path)
    elif isinstance(source, Mapping):
        parts = path.split(".")
        for count in range(1, len(parts) + 1):
            name = ".".join(parts[:count])
            if name in source:
                rest = ".".join(parts[count:])
                yield from values(source[name], rest) if rest else _leaves(source[name])


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _texts(source: Mapping[str, Any], path: str) -> Iterator[str]:
    for value in values(source, path):
        if isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, int | float):
            yield f"{value:g}" if isinstance(value, float) else str(value)
        elif isinstance(value, str) and value:
            yield value
