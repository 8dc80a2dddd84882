"""What a version of Elasticsearch can do, and what an older one costs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.errors import ProductSearchError

OLDEST = (8, 19)
_QUANTIZES_WELL, _PACKED, _LEFT_OUT, _EXCLUDES = (9, 4), (9, 3), (9, 2), (9, 1)
# Of the 24 nearest of 10,000 random products, 8.19.13 finds 59% at width 1, 88% at 2, all at 4; 9.4.3 finds all at 1.
_WIDER = 4.0


class UnsupportedVersionError(ProductSearchError):
    """Elasticsearch is older than the oldest version that is supported."""


@dataclass(frozen=True)
class Capabilities:
    """What the server's version can do; `shortcomings` says the same to people.

    Attributes
    ----------
    version : str
        As Elasticsearch names it, such as ``9.4.3``.
    """

    version: str

    @classmethod
    def of(cls, version: str) -> Capabilities:
        """Return what a version can do.

        Raises
        ------
        UnsupportedVersionError
            It is older than 8.19, or no version.
        """
        server = cls(version)
        if server._number < OLDEST:
            raise UnsupportedVersionError(
                f"Elasticsearch {version} was found, and 8.19 or any 9.x is needed: upgrade it, or set "
                "ELASTICSEARCH_URL to another"
            )
        return server

    @property
    def _number(self) -> tuple[int, int]:
        match = re.match(r"(\d+)\.(\d+)", self.version)
        return (int(match[1]), int(match[2])) if match else (0, 0)

    @property
    def search_factor(self) -> float:
        """How many times as wide as `SearchWidth`'s first kNN must search, because vectors in few bits are coarse.

        Known to be 1 from 9.4 on; versions between 8.19 and 9.4 count as 8.19.
        """
        return 1.0 if self._number >= _QUANTIZES_WELL else _WIDER

    @property
    def packed_vectors(self) -> bool:
        """Whether a vector can be sent in base64."""
        return self._number >= _PACKED

    @property
    def source_lacks_vectors(self) -> bool:
        """Whether ``_source`` leaves vectors out of new indices, so that reads by id must ask for them."""
        return self._number >= _LEFT_OUT

    @property
    def exclude_vectors(self) -> bool:
        """Whether a search can leave vectors out of ``_source``, or ask for them."""
        return self._number >= _EXCLUDES or self._number == OLDEST

    def shortcomings(self) -> list[str]:
        """Return what this version lacks, and what each costs, for `status`."""
        lacks = [
            (
                self.search_factor == 1,
                f"vectors in few bits are coarser: kNN considers {_WIDER:g} times as many candidates in new indices",
            ),
            (self.packed_vectors, "vectors are sent as numbers, not in base64: writing them takes longer"),
            (
                self.source_lacks_vectors,
                "vectors are stored in `_source` as well: a product index takes more disk until it is rebuilt on 9.2",
            ),
            (self.exclude_vectors, "searches can't leave vectors out of `_source`: sweeps and rebuilds read more"),
        ]
        return [cost for has, cost in lacks if not has]
