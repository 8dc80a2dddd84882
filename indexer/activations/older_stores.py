"""Stores of activations as versions before 0.2 wrote them, each vectorizer's in an index of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import AuthorizationException, Elasticsearch, NotFoundError
from elasticsearch.helpers import scan

from es_mappings.layout import Vector
from indexer.digests import manifest_digest
from indexer.elastic.client import vector
from indexer.elastic.multi_get import get_each_with_vectors
from indexer.elastic.product_index import ProductIndex

log = logging.getLogger(__name__)


class OlderStores:
    """The stores of some vectorizers, to be copied from.

    Parameters
    ----------
    names : mapping of str to str
        Aspect to its store's index.
    """

    def __init__(self, client: Elasticsearch, names: Mapping[str, str]) -> None:
        self._client, self._names = client, names

    @classmethod
    def find(cls, index: ProductIndex, kind: str, manifests: Mapping[str, dict[str, Any]]) -> OlderStores | None:
        """Return the stores of vectorizers, if each has one."""
        names = {aspect: index.store(f"{kind}-{manifest_digest(manifest)}") for aspect, manifest in manifests.items()}
        return cls(index.client, names) if index.client.indices.exists(index=list(names.values())) else None

    def get(self, digests: Sequence[str]) -> dict[str, dict[str, Vector]]:
        """Read the activations of images or texts, by digest and aspect; those that lack an aspect are left out."""
        rows: dict[str, dict[str, Vector]] = {digest: {} for digest in digests}
        places = [(aspect, digest) for digest in digests for aspect in self._names]
        try:
            sources = get_each_with_vectors(self._client, [(self._names[aspect], digest) for aspect, digest in places])
        except NotFoundError:  # a fit has copied and deleted them
            return {}
        for (aspect, digest), source in zip(places, sources, strict=True):
            if source is not None:
                rows[digest][aspect] = vector(source["activation"])
        return {digest: row for digest, row in rows.items() if row.keys() == self._names.keys()}

    def digests(self) -> Iterator[str]:
        """Iterate over all digests."""
        name = next(iter(self._names.values()))
        self._client.indices.refresh(index=name)
        for hit in scan(self._client, index=name, query={"_source": False}, size=1_000):
            yield hit["_id"]

    def delete(self) -> None:
        """Delete the stores, or log that somebody who may delete indices can do it."""
        names = ", ".join(self._names.values())
        try:
            self._client.indices.delete(index=list(self._names.values()), ignore_unavailable=True)
        except AuthorizationException:
            log.warning("%s: copied, and not needed any more; this user may not delete them", names)
        else:
            log.info("%s: copied, and deleted", names)
