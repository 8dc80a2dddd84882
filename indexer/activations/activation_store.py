"""The Image Vector Store: raw activations, so that no image or text is embedded twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.helpers import scan
from more_itertools import chunked

from es_mappings.layout import Vector
from es_mappings.stores import caches, image_vector
from es_mappings.stores.image_vector import Numbers, Origin
from indexer.activations.older_stores import OlderStores
from indexer.catalog.documents import now
from indexer.digests import manifest_digest
from indexer.elastic.client import make_index, put_all
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex
from indexer.vectorizers.base import Vectorizer

Kind = Literal["images", "texts"]
Activations = Mapping[str, Vector]  # of one image or text, by aspect

_CHUNK = 500  # activations a request


def as_stored(raw: Vector, numbers: Numbers) -> Vector:
    """Round activations to the number format of the store, so that computed and stored ones are equal to the bit.

    bfloat16 is the upper half of a float32, here rounded to the nearest, ties to even. NaN stays NaN.
    """
    if numbers == "float32":
        return raw
    bits = np.ascontiguousarray(raw, np.float32).view(np.uint32)
    rounded = ((bits + (((bits >> 16) & 1) + 0x7FFF)) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(raw), raw, rounded)


class ActivationStore:
    """The activations of images, or of texts, by some vectorizers: one document, by its digest, has those of each.

    Parameters
    ----------
    dims : mapping of str to int
        Aspect to the length of its activations.
    older : OlderStores, optional
        Stores of an earlier version; what they have is copied when it is read.
    origin : Origin, optional
        How what is put into it was computed.
    """

    def __init__(
        self,
        client: Elasticsearch,
        index: str,
        dims: Mapping[str, int],
        numbers: Numbers = "float32",
        older: OlderStores | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.index, self.aspects = index, tuple(dims)
        self._client, self._dims, self._numbers, self._older, self._origin = client, dims, numbers, older, origin

    @classmethod
    def open(
        cls,
        index: ProductIndex,
        kind: Kind,
        vectorizers: Mapping[str, Vectorizer],
        numbers: Numbers = "float32",
        origin: Origin | None = None,
    ) -> ActivationStore:
        """Open the store of vectorizers, by aspect, created if missing; ``numbers`` is the format of a new one."""
        manifests = {aspect: vectorizer.manifest for aspect, vectorizer in vectorizers.items()}
        name = index.store(f"{kind}-{manifest_digest(manifests)}")
        make_index(index.client, name, image_vector.mapping(manifests, numbers), caches.SETTINGS)
        mapping = index.client.indices.get_mapping(index=name)[name]["mappings"]
        older = OlderStores.find(index, kind, manifests)
        dims = {aspect: vectorizer.dims for aspect, vectorizer in vectorizers.items()}
        return cls(index.client, name, dims, image_vector.numbers(mapping), older, origin)

    def of(self, aspect: str) -> AspectStore:
        """Return the part of the store that holds one aspect."""
        return AspectStore(self, aspect)

    def get(self, digests: Iterable[str], aspects: Sequence[str] = ()) -> dict[str, Activations]:
        """Read activations by digest, of all aspects by default; missing ones are left out."""
        unique, wanted = list(dict.fromkeys(digests)), tuple(aspects) or self.aspects
        fields = ",".join(f"activations.{aspect}" for aspect in wanted)
        sources = get_sources(self._client, self.index, unique, _source_includes=fields)
        stored = {digest: self._unpacked(source["activations"], wanted) for digest, source in sources.items()}
        copied = self._copied([digest for digest in unique if digest not in stored])
        return stored | {digest: {aspect: row[aspect] for aspect in wanted} for digest, row in copied.items()}

    def lacks(self, digests: Iterable[str]) -> set[str]:
        """Return the digests that have no stored activations."""
        unique = list(dict.fromkeys(digests))
        stored = get_sources(self._client, self.index, unique, _source_includes="digest")
        missing = [digest for digest in unique if digest not in stored]
        return set(missing) - self._copied(missing).keys()

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        """Write activations by the digest of the image or text, and return them as they will be read.

        Raises
        ------
        ValueError
            An aspect is missing, or its activation isn't of its vectorizer's length or not finite.
        IndexStateError
            Elasticsearch refused one.
        """
        return self._put(activations, self._origin)

    def _put(self, activations: Mapping[str, Activations], origin: Origin | None) -> dict[str, Activations]:
        rounded: dict[str, Activations] = {
            digest: {aspect: self._rounded(digest, aspect, by_aspect.get(aspect)) for aspect in self.aspects}
            for digest, by_aspect in activations.items()
        }
        put_all(self._client, [self._document(digest, row, origin) for digest, row in rounded.items()], "an activation")
        return rounded

    def count(self) -> int:
        """Count the images or texts whose activations are stored."""
        self._client.indices.refresh(index=self.index)
        return int(self._client.count(index=self.index)["count"])

    def scan(self, aspect: str) -> Iterator[Vector]:
        """Read the activations of an aspect in the order of their digests: a random but reproducible sample."""
        field = f"activations.{aspect}"
        for hit in scan(
            self._client,
            index=self.index,
            query={"_source": [field], "sort": [{"digest": "asc"}]},
            preserve_order=True,
            size=_CHUNK,
        ):
            yield image_vector.unpacked(hit["_source"]["activations"][aspect], self._numbers)

    def copy_older(self) -> None:
        """Copy all that stores of an earlier version have, and delete them."""
        if self._older:
            for part in chunked(self._older.digests(), _CHUNK):
                self.get(part)
            self._older.delete()
            self._older = None

    def _copied(self, missing: Sequence[str]) -> dict[str, Activations]:
        return self._put(self._older.get(missing), None) if self._older and missing else {}

    def _rounded(self, digest: str, aspect: str, raw: Vector | None) -> Vector:
        if raw is None or raw.shape != (self._dims[aspect],) or not np.isfinite(raw).all():
            raise ValueError(f"the {aspect} of {digest} isn't {self._dims[aspect]} finite numbers")
        return as_stored(raw, self._numbers)

    def _unpacked(self, packed: Mapping[str, str], aspects: Sequence[str]) -> Activations:
        return {aspect: image_vector.unpacked(packed[aspect], self._numbers) for aspect in aspects}

    def _document(self, digest: str, rounded: Activations, origin: Origin | None) -> dict[str, Any]:
        return {
            "_index": self.index,
            "_id": digest,
            "digest": digest,
            "activations": {aspect: image_vector.packed(row, self._numbers) for aspect, row in rounded.items()},
            **(origin._asdict() if origin else {}),
            "stored_at": now(),
        }


class AspectStore:
    """The activations of one aspect in a store."""

    def __init__(self, store: ActivationStore, aspect: str) -> None:
        self._store, self._aspect = store, aspect

    def get(self, digests: Iterable[str]) -> dict[str, Vector]:
        """Read activations by digest; missing ones are left out."""
        rows = self._store.get(digests, [self._aspect])
        return {digest: row[self._aspect] for digest, row in rows.items()}

    def count(self) -> int:
        """Count the stored activations."""
        return self._store.count()

    def sample(self, size: int) -> Vector:
        """Read up to ``size`` activations in the order of their digests: a random but reproducible sample."""
        rows = list(islice(self._store.scan(self._aspect), size))
        return np.stack(rows) if rows else np.empty((0, 0), np.float32)

    def chunks(self, most: int, size: int = 1_000) -> Iterator[Vector]:
        """Read up to ``most`` activations in the order of `sample`, ``size`` at a time."""
        yield from map(np.stack, chunked(islice(self._store.scan(self._aspect), most), size))
