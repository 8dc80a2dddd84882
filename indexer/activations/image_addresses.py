"""What each address gave last: an image that hasn't changed since is neither sent nor embedded again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings.stores import image_address
from indexer.catalog.documents import now
from indexer.elastic.client import make_index, put_all
from indexer.images.fetching import Validators


@dataclass(frozen=True)
class Known:
    """The image that an address gave before.

    Attributes
    ----------
    digest : str
        Of its bytes.
    validators : Validators
        What the server said of it: sent back, they ask whether it changed.
    due : bool
        Whether to ask.
    """

    digest: str
    validators: Validators = field(default_factory=Validators)
    due: bool = False


class ImageAddresses:
    """The index of image addresses of one shop.

    Parameters
    ----------
    recheck : timedelta
        How long an address isn't asked again whether its image changed.
    """

    def __init__(self, client: Elasticsearch, alias: str, recheck: timedelta) -> None:
        self._client, self.index, self._recheck = client, addresses_index(alias), recheck
        make_index(client, self.index, image_address.mapping())

    def known(self, digests: Mapping[str, str | None], *, recheck: bool) -> dict[str, Known]:
        """Say what is known of addresses, and which are to be asked again.

        Parameters
        ----------
        digests : mapping of str to str or None
            Address to the digest of the image that a product has from there; None where it has none yet: then the
            address is asked in any case.
        recheck : bool
            Whether an address is asked again that wasn't for long.

        Returns
        -------
        dict of str to Known
            Addresses that never gave an image are left out.
        """
        held, long_ago = self._read(list(digests)), datetime.now(UTC) - self._recheck
        known = {}
        for address, own in digests.items():
            if last := held.get(address):
                due = own is None or (recheck and datetime.fromisoformat(last["seen_at"]) <= long_ago)
                known[address] = Known(last["digest"], Validators(last.get("etag"), last.get("last_modified")), due)
            elif own:
                known[address] = Known(own, due=recheck)
        return known

    def put(self, seen: Mapping[str, tuple[str, Validators]]) -> None:
        """Note what addresses gave just now: the image's digest, and what the server said of it.

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
        if not addresses:
            return {}
        by_id = {address_id(address): address for address in addresses}
        docs = self._client.mget(index=self.index, ids=list(by_id))["docs"]
        return {by_id[doc["_id"]]: doc["_source"] for doc in docs if doc.get("found")}


def addresses_index(alias: str) -> str:
    """Name the index that keeps what addresses gave."""
    return f"{alias}-image-addresses"


def address_id(address: str) -> str:
    """Name an address: it may be longer than an id."""
    return hashlib.sha256(address.encode()).hexdigest()
