"""Vector spaces: vectorizers and reductions under one digest. A query never mixes vectors of two spaces."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from elasticsearch import NotFoundError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from es_mappings.layout import Layout, Vector
from es_mappings.product import LAYOUT
from es_mappings.stores import vector_space
from indexer.catalog.documents import now
from indexer.digests import manifest_digest
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import SpaceError
from indexer.spaces.reduction import Reduction, load_reduction
from indexer.spaces.text_projection import TextProjection

TEXT = "text"  # the aspect that words are embedded by
LOOK = "look"  # the aspect by which a photograph is known, and whose model may have a text tower of its own
_PROJECTION = "text_projection"


@dataclass(frozen=True)
class VectorSpace:
    """Everything that turns raw activations into a compound vector.

    Attributes
    ----------
    vectorizers : dict of str to str
        Aspect to the digest of the vectorizer whose activations it takes.
    reductions : mapping of str to Reduction
        Aspect to its fitted reduction.
    text_projection : TextProjection or None
        Where words lie in the aspects that aren't made from words; None if the space can't place words.
    """

    vectorizers: dict[str, str]
    reductions: Mapping[str, Reduction]
    layout: Layout = LAYOUT
    text_projection: TextProjection | None = None

    @cached_property
    def digest(self) -> str:
        """The name of the space, which changes with anything that changes a vector."""
        # Cached, because every document written names it, and the tensors are megabytes.
        return manifest_digest({**self.manifest, "tensors": hashlib.sha256(self.to_bytes()).hexdigest()})

    @property
    def manifest(self) -> dict[str, Any]:
        """What the space is made of, to read and for `digest`."""
        projection = {_PROJECTION: self.text_projection.manifest} if self.text_projection else {}
        return {
            "vectorizers": self.vectorizers,
            "aspects": self.layout.to_meta(),
            "reductions": {name: r.manifest for name, r in self.reductions.items()},
            **projection,
        }

    def compose(self, activations: Mapping[str, Vector]) -> Vector:
        """Reduce the raw activations of one image and concatenate them.

        Parameters
        ----------
        activations : mapping of str to ndarray
            Aspect to raw activation, shape ``(raw_dims,)``. A missing aspect becomes zeros; one that this space
            doesn't have is ignored.
        """
        reduced = {n: self.reductions[n](raw[None])[0] for n, raw in activations.items() if n in self.reductions}
        return self.layout.compose(reduced)

    def compose_text(self, sentence: Vector, own: Vector | None = None) -> Vector:
        """Compose the vector of words: where a product that they describe would lie.

        Parameters
        ----------
        sentence : ndarray, shape (raw_dims,)
            Activation of the text aspect. Zeros, such as of words that no model knows, yield zeros.
        own : ndarray, shape (raw_dims,), optional
            The words' vector by the text tower of the look's own model.
        """
        if self.text_projection is None or not sentence.any():
            return self.layout.compose({})
        projected = {name: rows[0] for name, rows in self.text_projection(sentence[None]).items()}
        if own is not None and self.text_projection.shift is not None and LOOK in self.reductions:
            projected[LOOK] = self.reductions[LOOK]((own + self.text_projection.shift)[None])[0]
        return self.layout.compose({**projected, TEXT: self.reductions[TEXT](sentence[None])[0]})

    def to_bytes(self) -> bytes:
        """Write the reductions and the text projection as safetensors."""
        parts = {name: reduction.tensors for name, reduction in self.reductions.items()}
        if self.text_projection:
            parts[_PROJECTION] = self.text_projection.tensors
        tensors = {f"{name}.{key}": array for name, part in parts.items() for key, array in part.items()}
        # safetensors writes the memory of an array, whatever the order of its axes.
        return bytes(save({name: np.ascontiguousarray(array) for name, array in tensors.items()}))


def save_space(index: ProductIndex, space: VectorSpace) -> None:
    """Write a space to Elasticsearch, where every worker finds it by its digest."""
    store = index.store(vector_space.KIND)
    make_index(index.client, store, vector_space.mapping())
    document = {
        "manifest": space.manifest,
        "tensors": base64.b64encode(space.to_bytes()).decode(),
        "fitted_at": now(),
    }
    index.client.index(index=store, id=space.digest, document=document, refresh=True)


def load_space(index: ProductIndex, digest: str) -> VectorSpace:
    """Read a space by its digest.

    Raises
    ------
    SpaceError
        There is none, or it doesn't match its digest.
    """
    store = index.store(vector_space.KIND)
    try:
        source = index.client.get(index=store, id=digest)["_source"]
    except NotFoundError as error:
        raise SpaceError(f"The vector space {digest} is not in {store}: fit one by `lookalike fit`") from error
    try:
        manifest = source["manifest"]
        tensors = load(base64.b64decode(source["tensors"], validate=True))
        reductions = {
            aspect: load_reduction(described, _below(aspect, tensors))
            for aspect, described in manifest["reductions"].items()
        }
        described = manifest.get(_PROJECTION)
        projection = TextProjection.load(described, _below(_PROJECTION, tensors)) if described else None
    except (ValueError, KeyError, SafetensorError) as error:
        raise SpaceError(
            f"The vector space {digest} in {store} is damaged, or of an older version: {error!r}; fit it again"
        ) from error
    space = VectorSpace(manifest["vectorizers"], reductions, Layout.from_meta(manifest["aspects"]), projection)
    if space.digest != digest:
        raise SpaceError(f"The vector space {digest} in {store} does not match its digest; fit it again")
    return space


def _below(name: str, tensors: Mapping[str, Vector]) -> dict[str, Vector]:
    return {key.removeprefix(f"{name}."): array for key, array in tensors.items() if key.startswith(f"{name}.")}
