"""The handle of a shop's product index: a client and an alias, opened once and passed on whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError
from elasticsearch.helpers import scan
from more_itertools import chunked

from es_mappings import product
from es_mappings.layout import Vector
from es_mappings.vector_index import DEFAULT, SearchWidth, VectorIndexType
from indexer.elastic.client import capabilities, connect, vector
from indexer.elastic.multi_get import get_with_vectors
from indexer.errors import IndexStateError
from indexer.settings import Settings

_CHUNK = 500  # products a request reads
_EMBEDDED_IN_A_SPACE = {"exists": {"field": "embedding.space"}}


@dataclass(frozen=True)
class ProductIndex:
    """A shop's product index: versioned indices behind an alias, and the stores named after it.

    Attributes
    ----------
    client : Elasticsearch
        Open connections; safe for threads.
    alias : str
        ``INDEX_NAME``: what shoppers' searches use, and the prefix of every index of the shop.
    name : str
        What is read: the alias, or one of the indices behind it (`at`).
    language, vector_index : str
        ``SHOP_LANGUAGE`` and ``VECTOR_INDEX``, for an index that is created.
    """

    client: Elasticsearch
    alias: str
    name: str = ""
    language: str = "english"
    vector_index: VectorIndexType = DEFAULT

    def __post_init__(self) -> None:
        """Read from the alias unless an index is named."""
        object.__setattr__(self, "name", self.name or self.alias)

    @classmethod
    def open(cls, settings: Settings, observe: Callable[[str, float], None] | None = None) -> ProductIndex:
        """Connect as the settings say; `observe` is called with each request, as by `connect`. Nothing is sent yet."""
        return cls(connect(settings, observe), settings.index_name, "", settings.shop_language, settings.vector_index)

    def at(self, name: str) -> ProductIndex:
        """Return the handle of one of the indices behind the alias, of the same shop."""
        return replace(self, name=name)

    def within(self, *, seconds: float) -> ProductIndex:
        """Return a handle whose requests are tried once and time out after ``seconds``."""
        return replace(self, client=self.client.options(request_timeout=seconds, max_retries=0))

    def store(self, kind: str) -> str:
        """Return the name of an index that stands next to the product index, e.g. ``store("dead-letters")``."""
        return f"{self.alias}-{kind}"

    def refresh(self) -> None:
        """Refresh the index, so that searches find what was written."""
        self.client.indices.refresh(index=self.name)

    def search(self, **request: Any) -> Any:
        """Search the index; parameters as those of ``Elasticsearch.search``."""
        return self.client.search(index=self.name, **request)

    def scan(self, query: dict[str, Any], **options: Any) -> Iterator[dict[str, Any]]:
        """Iterate over all hits of a query; options as those of ``elasticsearch.helpers.scan``."""
        yield from scan(self.client, index=self.name, query=query, **options)

    def products(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read products by id, in real time, with their vectors; deleted ones are left out."""
        chunks = chunked(ids, _CHUNK)
        return {i: source for chunk in chunks for i, source in get_with_vectors(self.client, self.name, chunk).items()}

    def vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """Read the compound vectors of products by id, in real time; products without one are left out."""
        return {i: vector(source["vector"]) for i, source in self.products(ids).items() if "vector" in source}

    def ensure(self) -> None:
        """Create the product index behind the alias if there never was one.

        An existing one may have an older mapping: it serves as it is until ``lookalike rebuild`` replaces it.

        Raises
        ------
        IndexStateError
            The name belongs to an index, not to an alias; or the alias is missing, but its indices exist.
        """
        if self.client.indices.exists_alias(name=self.alias):
            return
        if self.client.indices.exists(index=self.alias):
            raise IndexStateError(f"{self.alias} is an index of its own, not an alias; take another INDEX_NAME")
        versions = self.versions(closed=True)
        if any(self.alias in aliases for aliases in versions.values()):
            return  # another process was quicker
        if versions:  # with an empty index next to them, the shop would seem to work, but have no products
            add = {"add": {"index": list(versions)[-1], "alias": self.alias, **READ_ALIAS}}
            raise IndexStateError(
                f"The alias {self.alias} is gone, its indices are there: {', '.join(versions)}. Put it back on the one "
                f"that was live, the newest as a rule: POST /_aliases {json.dumps({'actions': [add]})}"
            )
        try:
            self.create(self.new_name(), None, aliases={self.alias: READ_ALIAS})
        except BadRequestError:
            if not self.client.indices.exists_alias(name=self.alias):  # else another process was quicker
                raise

    def create(self, name: str, space: str | None, **options: Any) -> None:
        """Create a product index as es_mappings/product.py describes it.

        Parameters
        ----------
        options
            ``aliases``; ``shards`` and ``replicas`` where they differ from the default.
        """
        sizes = {k: options.pop(k) for k in ("shards", "replicas") if k in options}
        mapping, settings = product.mapping(space, self.vector_index), product.settings(language=self.language, **sizes)
        width = SearchWidth(self.vector_index, capabilities(self.client).search_factor)
        mapping["_meta"]["vectors"] = width.to_meta()
        self.client.indices.create(index=name, mappings=mapping, settings=settings, **options)

    def new_name(self) -> str:
        """Return the name of a new index; names sort by time."""
        return f"{self.alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"

    def versions(self, *, closed: bool = False) -> dict[str, set[str]]:
        """Read the shop's product indices, the oldest first, with their aliases: live, kept, being built or left."""
        state = "open,closed" if closed else "open"
        aliases = self.client.indices.get_alias(index=f"{self.alias}-*", expand_wildcards=state).body
        version = re.compile(rf"{re.escape(self.alias)}-\d{{20}}")  # as `new_name` makes them
        return {name: set(aliases[name]["aliases"]) for name in sorted(aliases) if version.fullmatch(name)}

    def live(self) -> str:
        """Return the name of the index behind the alias.

        Raises
        ------
        IndexStateError
            There is none yet.
        """
        try:
            return str(next(iter(self.client.indices.get_alias(name=self.alias).body)))
        except NotFoundError as error:
            raise self._missing() from error

    def meta(self) -> dict[str, Any]:
        """Read the mapping's ``_meta``: vector space, aspects, match curve, aspect weights.

        Raises
        ------
        IndexStateError
            There is no such index.
        """
        try:
            mapping = self.client.indices.get_mapping(index=self.name).body
        except NotFoundError as error:
            raise self._missing() from error
        return dict(next(iter(mapping.values()))["mappings"].get("_meta", {}))

    def space(self) -> str | None:
        """Return the digest of the index's vector space; None before one is fitted."""
        digest = self.meta().get("space")
        return str(digest) if digest else None

    def is_current(self) -> bool:
        """Return whether the index has the aspects of es_mappings/product.py, as a newly fitted space needs."""
        return bool(self.meta().get("aspects") == product.LAYOUT.to_meta())

    def stamp_space(self, space: str) -> None:
        """Write to the mapping which vector space the index holds; it can't be changed later.

        Raises
        ------
        IndexStateError
            It holds another one, or was created for other aspects.
        """
        current = self.space()
        if current not in {None, space}:
            raise IndexStateError(
                f"{self.name} holds vectors of the space {current}. Change over to another by `lookalike rebuild`."
            )
        if not self.is_current():
            raise IndexStateError(
                f"{self.name} was made for other aspects than es_mappings/product.py has now: "
                "`lookalike rebuild` makes a new one, while the live one goes on."
            )
        if current is None:
            self.stamp(space=space)

    def stamp(self, **changed: Any) -> None:
        """Change some entries of ``_meta``, such as ``match`` and ``weights``, and keep the others."""
        self.client.indices.put_mapping(index=self.name, meta={**product.meta(None), **self.meta(), **changed})

    def counts(self) -> dict[str, int]:
        """Count the products by embedding status: ``done``, ``pending``, ``failed`` and ``all``."""
        by_state = {"status": {"terms": {"field": "embedding.status", "size": 10}}}
        answer = self.search(size=0, track_total_hits=True, aggs=by_state)
        by_status = {b["key"]: b["doc_count"] for b in answer["aggregations"]["status"]["buckets"]}
        states = {state: by_status.get(state, 0) for state in ("done", "pending", "failed")}
        return {"all": answer["hits"]["total"]["value"], **states}

    def unembedded(self) -> int:
        """Count the products whose present state no worker has processed yet."""
        query = {"bool": {"must_not": [{"exists": {"field": "embedding.source"}}]}}
        return int(self.client.count(index=self.name, query=query)["count"])

    def ids_without_vector(self, *, retry_failed: bool = False) -> Generator[str, None, None]:
        """Iterate over the products that wait for a vector, and over the failed ones if `retry_failed`.

        Products that failed before there was a vector space wait too, for the aspects that didn't fail.
        """
        partial = {"bool": {"filter": [{"term": {"embedding.status": "failed"}}], "must_not": [_EMBEDDED_IN_A_SPACE]}}
        due = {"terms": {"embedding.status": ["pending", "failed"] if retry_failed else ["pending"]}}
        query = {"query": {"bool": {"should": [due, partial]}}, "_source": False}
        for hit in self.scan(query, size=1_000):
            yield hit["_id"]

    def random_products(self, size: int, fields: list[str]) -> Iterator[dict[str, Any]]:
        """Iterate over up to ``size`` products in a random but reproducible order."""
        shuffled = {"function_score": {"random_score": {"seed": 1, "field": "id"}}}
        query = {"query": shuffled, "sort": ["_score"], "_source": fields}
        for hit in islice(self.scan(query, preserve_order=True, size=1_000), size):
            yield hit["_source"]

    def failures(self, size: int = 20) -> list[dict[str, Any]]:
        """Return products that failed or lack one of their images, the latest first, each with the reason."""
        answer = self.search(
            size=size,
            query={"exists": {"field": "embedding.reason"}},
            sort=[{"embedding.at": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
            source_includes=["id", "title", "images", "embedding.reason"],
        )
        return [hit["_source"] for hit in answer["hits"]["hits"]]

    def prune_tombstones(self, days: float) -> int:
        """Delete tombstones older than ``days``; return how many. An event older than one could revive its product."""
        old = {"range": {"deleted_at": {"lt": f"now{round(-days * 86_400):+d}s"}}}
        answer = self.client.delete_by_query(index=self.name, query=old, conflicts="proceed")
        return int(answer["deleted"])

    def _missing(self) -> IndexStateError:
        return IndexStateError(f"There is no product index {self.name} yet: load a catalogue first")


# The alias that readers use hides deleted products.
READ_ALIAS: dict[str, Any] = {"is_write_index": True, "filter": product.ALIVE}
