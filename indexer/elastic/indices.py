"""Product indices: versioned names behind an alias, the vector space each holds, what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch, NotFoundError
from elasticsearch.helpers import scan

from es_mappings import product
from indexer.elastic import write_targets
from indexer.errors import IndexStateError

_EMBEDDED_IN_A_SPACE = {"exists": {"field": "embedding.space"}}


def ensure_index(client: Elasticsearch, alias: str) -> str:
    """Make the product index behind the alias if there is none; give its name.

    One that is there may have been made by another version of the mapping: it goes on as it is until
    ``python -m indexer rebuild`` makes it anew.

    Raises
    ------
    IndexStateError
        There is an index, not an alias, of that name.
    """
    if not client.indices.exists_alias(name=alias):
        if client.indices.exists(index=alias):
            raise IndexStateError(f"{alias} is an index of its own, not an alias; take another INDEX_NAME")
        try:
            create_index(client, new_name(alias), None, aliases={alias: read_alias()})
        except BadRequestError:
            if not client.indices.exists_alias(name=alias):  # else another process was quicker
                raise
    return write_targets.resolve(client, alias).live


def read_alias() -> dict[str, Any]:
    """Describe the alias that readers go by: it hides deleted products."""
    return {"is_write_index": True, "filter": product.ALIVE}


def new_name(alias: str) -> str:
    """Name a new index: names sort by their time."""
    return f"{alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"


def create_index(client: Elasticsearch, name: str, space: str | None, **options: Any) -> None:
    """Make a product index as es_mappings/product.py describes it.

    Parameters
    ----------
    options
        ``aliases``; ``shards`` and ``replicas`` where they differ from the default.
    """
    settings = product.settings(**{k: options.pop(k) for k in ("shards", "replicas") if k in options})
    client.indices.create(index=name, mappings=product.mapping(space), settings=settings, **options)


def all_of(client: Elasticsearch, alias: str) -> list[str]:
    """Name the product indices of an alias, whether live, kept, being built or left behind; the oldest first."""
    named = write_targets.index_pattern(alias)
    found = client.indices.get_alias(index=f"{alias}-*", expand_wildcards="open").body
    return sorted(index for index in found if named.fullmatch(index))


def is_current(client: Elasticsearch, index: str) -> bool:
    """Return whether an index has the aspects of es_mappings/product.py, as a vector space needs that is fitted now."""
    return bool(meta(client, index).get("aspects") == product.LAYOUT.to_meta())


def live_index(client: Elasticsearch, alias: str) -> str:
    """Name the index behind the alias."""
    try:
        return str(next(iter(client.indices.get_alias(name=alias).body)))
    except NotFoundError as error:
        raise IndexStateError(f"There is no product index {alias} yet: load a catalogue first") from error


def space_of(client: Elasticsearch, alias: str) -> str | None:
    """Name the vector space that the index holds vectors of; None before one is fitted."""
    name = meta(client, alias).get("space")
    return str(name) if name else None


def stamp_space(client: Elasticsearch, alias: str, space: str) -> None:
    """Note in the mapping which vector space the index holds; once and for all."""
    held = space_of(client, alias)
    if held not in {None, space}:
        raise IndexStateError(
            f"{alias} holds vectors of the space {held}. Change over to another by `python -m indexer rebuild`."
        )
    if not is_current(client, alias):
        raise IndexStateError(
            f"{alias} was made for other aspects than es_mappings/product.py has now: `python -m indexer rebuild` "
            "makes it anew, beside the live one."
        )
    if held is None:
        _stamp(client, alias, space=space)


def stamp_match(client: Elasticsearch, alias: str, match: dict[str, float]) -> None:
    """Note in the mapping how similarities of its vector space become match percentages."""
    _stamp(client, alias, match=match)


def stamp_weights(client: Elasticsearch, alias: str, weights: dict[str, dict[str, float]]) -> None:
    """Note in the mapping how much each aspect counts, by category path."""
    _stamp(client, alias, weights=weights)


def _stamp(client: Elasticsearch, alias: str, **changed: Any) -> None:
    """Change some of `_meta`; Elasticsearch itself replaces all of it."""
    client.indices.put_mapping(index=alias, meta={**product.meta(None), **meta(client, alias), **changed})


def ids_without_vector(client: Elasticsearch, alias: str, *, retry_failed: bool = False) -> Iterator[str]:
    """Go through the products that wait for a vector, and if asked those whose image failed.

    What failed before there was a vector space waits for the rest of its vector too.
    """
    half = {"bool": {"filter": [{"term": {"embedding.status": "failed"}}], "must_not": [_EMBEDDED_IN_A_SPACE]}}
    due = {"terms": {"embedding.status": ["pending", "failed"] if retry_failed else ["pending"]}}
    query = {"query": {"bool": {"should": [due, half]}}, "_source": False}
    for hit in scan(client, index=alias, query=query, size=1_000):
        yield hit["_id"]


def random_products(client: Elasticsearch, alias: str, size: int, fields: list[str]) -> Iterator[dict[str, Any]]:
    """Go through up to ``size`` products in a random order that is always the same."""
    shuffled = {"function_score": {"random_score": {"seed": 1, "field": "id"}}}
    query = {"query": shuffled, "sort": ["_score"], "_source": fields}
    found = scan(client, index=alias, query=query, preserve_order=True, size=1_000)
    for hit in islice(found, size):
        yield hit["_source"]


def counts(client: Elasticsearch, alias: str) -> dict[str, int]:
    """Count the products of the index by what became of their image: ``done``, ``pending``, ``failed`` and ``all``."""
    answer = client.search(
        index=alias,
        size=0,
        track_total_hits=True,
        aggs={"status": {"terms": {"field": "embedding.status", "size": 10}}},
    )
    by_status = {b["key"]: b["doc_count"] for b in answer["aggregations"]["status"]["buckets"]}
    states = {state: by_status.get(state, 0) for state in ("done", "pending", "failed")}
    return {"all": answer["hits"]["total"]["value"], **states}


def unembedded(client: Elasticsearch, alias: str) -> int:
    """Count the products that no worker has looked at yet, as they are now."""
    query = {"bool": {"must_not": [{"exists": {"field": "embedding.source"}}]}}
    return int(client.count(index=alias, query=query)["count"])


def drifted(space: str | None, seconds: float) -> dict[str, Any]:
    """Build the query of the products whose vector is missing or old, though nothing has changed for a while.

    Parameters
    ----------
    space : str or None
        The vector space of the index. Before one is fitted, only products that nobody has looked at are due.
    seconds : float
        What was written since then is still on its way.
    """
    settled = [{"range": {"updated_at": {"lt": f"now-{max(1, round(seconds))}s"}}}]
    if space is None:
        return {"bool": {"filter": settled, "must_not": [{"exists": {"field": "embedding.source"}}]}}
    due = [
        {"term": {"embedding.status": "pending"}},
        {"bool": {"must_not": [{"term": {"embedding.space": space}}]}},
    ]
    return {"bool": {"filter": settled, "should": due, "minimum_should_match": 1}}


def prune_tombstones(client: Elasticsearch, index: str, days: float) -> int:
    """Forget products that were deleted longer ago; give how many. An older event could bring one back after that."""
    old = {"range": {"deleted_at": {"lt": f"now{round(-days * 86_400):+d}s"}}}
    answer = client.delete_by_query(index=index, query=old, conflicts="proceed")
    return int(answer["deleted"])


def failures(client: Elasticsearch, alias: str, size: int = 20) -> list[dict[str, Any]]:
    """List products that failed, or lack one of their images, the latest first, with the reason of each."""
    answer = client.search(
        index=alias,
        size=size,
        query={"exists": {"field": "embedding.reason"}},
        sort=[{"embedding.at": {"order": "desc", "missing": "_last"}}, {"id": "asc"}],
        source_includes=["id", "title", "images", "embedding.reason"],
    )
    return [hit["_source"] for hit in answer["hits"]["hits"]]


def meta(client: Elasticsearch, alias: str) -> dict[str, Any]:
    """Read the ``_meta`` of the index: its vector space, aspects and match curve."""
    try:
        mapping = client.indices.get_mapping(index=alias).body
    except NotFoundError as error:
        raise IndexStateError(f"There is no product index {alias} yet: load a catalogue first") from error
    return dict(next(iter(mapping.values()))["mappings"].get("_meta", {}))
