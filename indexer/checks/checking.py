"""``lookalike check``: run everything in es_mappings/ against a live Elasticsearch, in scratch indices."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from es_mappings import keywords, product, scripts
from es_mappings.stores import image_vector, vector_space
from indexer.checks import comparing, invariants, rails, requests, samples
from indexer.checks.findings import Finding, read_error, script_names
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError

__all__ = ["Finding", "check", "groups"]


@dataclass(frozen=True)
class Scratch:
    """Names of the indices that one check creates."""

    products: str
    images: str
    spaces: str
    twin: str  # of the live index, to try changes on

    @classmethod
    def under(cls, alias: str) -> Scratch:
        """Return names that no other check uses."""
        prefix = f"{alias}-check-{secrets.token_hex(6)}"
        return cls(f"{prefix}-products", f"{prefix}-images", f"{prefix}-spaces", f"{prefix}-live")

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [self.products, self.images, self.spaces, self.twin]


def check(index: ProductIndex) -> list[Finding]:
    """Check mappings, scripts and queries, and the live index behind the alias if there is one.

    Returns
    -------
    list of Finding
        What is wrong, without repeats; empty if nothing is.
    """
    return list(dict.fromkeys(finding for _, findings in groups(index) for finding in findings))


def groups(index: ProductIndex) -> Iterator[tuple[str, list[Finding]]]:
    """Check group by group.

    Yields
    ------
    tuple
        Name of the group, and what is wrong in it. Groups that depend on one that failed are left out.
    """
    client = index.client
    with _scratch(index) as scratch:
        findings = _mappings(index, scratch)
        yield "mappings", findings
        if findings:
            return  # nothing can be written or searched
        # Searched as the shop is: through an alias that hides deleted products.
        alive = f"{scratch.products}-alive"
        client.indices.put_alias(index=scratch.products, name=alive, filter=product.ALIVE)
        yield "scripts", _collect("scripts", lambda: _scripts(client, alive))
        findings = _collect("documents", lambda: samples.write(client, alive))
        yield "documents", findings
        if findings:
            return  # no answer would be as expected
        unknown = _collect("KEYWORD_FIELDS", lambda: _unknown_fields(client, alive))
        yield "keywords, filters, sorting", unknown + _run(client, alive, requests.keyword_cases)
        yield "facets", _run(client, alive, requests.facet_cases)
        yield "similarity", _run(client, alive, requests.similarity_cases)
        yield "recommendations", _run(client, alive, rails.cases)
        yield "paging", _collect("paging", lambda: requests.paging(client, alive))
        yield "order", _collect("order", lambda: invariants.check(client, alive))
        yield "diversity", _collect("diversity", invariants.diversity)
        yield "live index", _collect("live index", lambda: _live(index, scratch))


@contextmanager
def _scratch(index: ProductIndex) -> Iterator[Scratch]:
    scratch = Scratch.under(index.alias)
    try:
        yield scratch
    finally:
        index.client.indices.delete(index=scratch.names, ignore_unavailable=True)


def _mappings(live: ProductIndex, scratch: Scratch) -> list[Finding]:
    """Create the scratch indices, as the pipeline creates the real ones."""
    settings = product.settings(language=live.language)

    def make(place: str, index: str, mapping: Callable[[], dict[str, Any]], **settings: Any) -> list[Finding]:
        try:
            live.client.indices.create(index=index, mappings=mapping(), **settings)
        except ApiError as error:
            return read_error(error, place)
        except ValueError as error:
            return [Finding(place, str(error))]
        return []

    return [
        *make(
            "es_mappings/product.py",
            scratch.products,
            lambda: product.mapping(None, live.vector_index),
            settings=settings,
        ),
        *make(
            "es_mappings/stores/image_vector.py",
            scratch.images,
            lambda: image_vector.mapping({"look": {"model": "check"}}),
        ),
        *make("es_mappings/stores/vector_space.py", scratch.spaces, vector_space.mapping),
    ]


def _scripts(client: Elasticsearch, index: str) -> list[Finding]:
    """Compile every script, even those that no query uses yet; over an empty index none of them runs."""
    findings = []
    for name in script_names():
        if name.startswith(("product_", "query_")):
            # Update scripts: those of products run when the samples are written; nobody needs to edit that of queries.
            continue
        script = {"source": scripts.source(name)}
        try:
            client.search(index=index, query={"script_score": {"query": {"match_all": {}}, "script": script}})
        except ApiError as error:
            findings += read_error(error, f"es_mappings/painless/{name}.painless")
    return findings


def _run(client: Elasticsearch, index: str, cases: Callable[[], Iterator[requests.Case]]) -> list[Finding]:
    return _collect("building the request", lambda: [f for case in cases() for f in requests.run(client, index, case)])


def _collect(place: str, run: Callable[[], list[Finding]]) -> list[Finding]:
    """Return the findings of a check; an error of Elasticsearch or of a query builder is one too."""
    try:
        return list(dict.fromkeys(run()))
    except ApiError as error:
        return read_error(error, place)
    except ValueError as error:
        return [Finding(place, str(error))]


def _live(index: ProductIndex, scratch: Scratch) -> list[Finding]:
    if not index.client.indices.exists(index=index.name):
        return []  # no catalogue is loaded yet
    try:
        live = index.live()
    except IndexStateError:
        return [Finding(index.alias, "is an index of its own, not an alias; take another INDEX_NAME")]
    return comparing.compare(index.client, live, scratch.products, scratch.twin)


def _unknown_fields(client: Elasticsearch, index: str) -> list[Finding]:
    """Return a finding for each keyword field that the mapping lacks, because Elasticsearch ignores those silently."""
    names = [field.partition("^")[0] for field in keywords.KEYWORD_FIELDS]
    known = client.field_caps(index=index, fields=names)["fields"]
    place = "es_mappings/keywords.py, KEYWORD_FIELDS"
    return [Finding(place, f"the mapping has no field {n}") for n in names if n not in known and "*" not in n]
