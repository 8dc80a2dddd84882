"""The image last fetched from each address, so that an unchanged one is neither sent nor embedded again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from es_mappings.stores import caches, image_address
from indexer.catalog.documents import now
from indexer.elastic.client import make_index, put_all
from indexer.elastic.multi_get import get_sources
from indexer.elastic.product_index import ProductIndex
from indexer.images.responses import Validators


@dataclass(frozen=True)
class Known:
    """The image last fetched from an address.

    Attributes
    ----------
    digest : str
        Of its bytes.
    validators : Validators
        HTTP validators of the response, which a conditional request sends back.
    due : bool
        Whether to ask the server if the image has changed.
    """

    digest: str
    validators: Validators = field(default_factory=Validators)
    due: bool = False


class ImageAddresses:
    """The index of image addresses of one shop.

    Parameters
    ----------
    recheck : timedelta
        How long an image counts as unchanged before its server is asked again.
    """

    def __init__(self, index: ProductIndex, recheck: timedelta) -> None:
        self._client, self.index, self._recheck = index.client, index.store(image_address.KIND), recheck
        make_index(index.client, self.index, image_address.mapping(), caches.SETTINGS)

    def known(self, digests: Mapping[str, str | None], *, recheck: bool) -> dict[str, Known]:
        """Return the images last fetched from addresses, and which are due to be checked.

        Parameters
        ----------
        digests : mapping of str to str or None
            Address to the digest of the image that the product was embedded with; None for a new one, which is always
            due.
        recheck : bool
            Whether images are due that were last checked longer ago than the recheck interval.

        Returns
        -------
        dict of str to Known
            Addresses that no image was fetched from are left out.
        """
        stored, limit = self._read(list(digests)), datetime.now(UTC) - self._recheck
        known = {}
        for address, digest in digests.items():
            if last := stored.get(address):
                due = digest is None or (recheck and datetime.fromisoformat(last["seen_at"]) <= limit)
                known[address] = Known(last["digest"], Validators(last.get("etag"), last.get("last_modified")), due)
            elif digest:
                known[address] = Known(digest, due=recheck)
        return known

    def put(self, seen: Mapping[str, tuple[str, Validators]]) -> None:
        """Write what was just fetched from addresses: the image's digest and its HTTP validators.

        Raises
        ------
        IndexStateError
            Elasticsearch refused one.
        """
        documents = (
            {
                "_index": self.index,
                "_id": address_id(address),
                "digest": digest,
                "etag": validators.etag,
                "last_modified": validators.last_modified,
                "seen_at": now(),
            }
            for address, (digest, validators) in seen.items()
        )
        put_all(self._client, documents, "an address")

    def _read(self, addresses: Sequence[str]) -> dict[str, dict[str, Any]]:
        by_id = {address_id(address): address for address in addresses}
        return {by_id[name]: source for name, source in get_sources(self._client, self.index, by_id).items()}


def address_id(address: str) -> str:
    """Return the document id of an address: a hash, because the address may be longer than an id."""
    return hashlib.sha256(address.encode()).hexdigest()
