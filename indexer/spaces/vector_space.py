"""Vector spaces: vectorizers and reductions under one digest. A query never mixes vectors of two spaces."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

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


@dataclass(frozen=True)
class VectorSpace:
    """Everything that turns raw activations into a compound vector.

    Attributes
    ----------
    vectorizers : dict of str to str
        Aspect to the digest of the vectorizer whose activations it takes.
    reductions : mapping of str to Reduction
        Aspect to its fitted reduction.
    """

    vectorizers: dict[str, str]
    reductions: Mapping[str, Reduction]
    layout: Layout = LAYOUT

    @cached_property
    def digest(self) -> str:
        """The name of the space, which changes with anything that changes a vector."""
        # Cached, because every document written names it, and the tensors are megabytes.
        return manifest_digest({**self.manifest, "tensors": hashlib.sha256(self.to_bytes()).hexdigest()})

    @property
    def manifest(self) -> dict[str, Any]:
        """What the space is made of, to read and for `digest`."""
        return {
            "vectorizers": self.vectorizers,
            "aspects": self.layout.to_meta(),
            "reductions": {name: r.manifest for name, r in self.reductions.items()},
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

    def to_bytes(self) -> bytes:
        """Write the reductions as safetensors."""
        tensors = {f"{name}.{part}": array for name, r in self.reductions.items() for part, array in r.tensors.items()}
        return bytes(save(tensors))


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
            aspect: load_reduction(
                described, {k.removeprefix(f"{aspect}."): v for k, v in tensors.items() if k.startswith(f"{aspect}.")}
            )
            for aspect, described in manifest["reductions"].items()
        }
    except (ValueError, KeyError, SafetensorError) as error:
        raise SpaceError(
            f"The vector space {digest} in {store} is damaged, or of an older version: {error!r}; fit it again"
        ) from error
    space = VectorSpace(manifest["vectorizers"], reductions, Layout.from_meta(manifest["aspects"]))
    if space.digest != digest:
        raise SpaceError(f"The vector space {digest} in {store} does not match its digest; fit it again")
    return space
