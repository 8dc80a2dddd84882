"""Try a configuration in a scratch index before it goes live."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from elasticsearch import ApiError

from es_mappings import product
from es_mappings.configuration import Configuration
from indexer.checks import invariants
from indexer.checks.findings import Finding, read_error
from indexer.elastic.named_index import index_named
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError


def try_configuration(index: ProductIndex, configuration: Configuration) -> list[Finding]:
    """Return what is wrong with a configuration: an unknown index, fields that can't be searched, a wrong script.

    The script runs over products whose order is known: it must compile and end, score from 0 to 1, find a product
    nearest to itself, and keep the signs.
    """
    try:
        searched = index.at(index_named(index, configuration.index)) if configuration.index else index
    except RelevanceError as error:
        return [Finding("index", str(error).removeprefix("index: "))]
    findings = _fields(searched, configuration)
    return findings + (_script(index, configuration) if configuration.similarity_script else [])


def _fields(index: ProductIndex, configuration: Configuration) -> list[Finding]:
    names = list(configuration.keyword_boosts)
    if not names:
        return []
    answer = index.client.field_caps(index=index.name, fields=names, ignore_unavailable=True)
    known, searched = answer["fields"], _analyzers(index)
    findings = []
    for name in names:
        place = f"keyword_boosts.{name}"
        if name not in known:
            findings.append(Finding(place, "the index has no such field"))
        elif set(known[name]) != {"text"}:
            findings.append(
                Finding(place, f"is of type {', '.join(known[name])}; keywords are searched in text fields")
            )
    if len(analyzers := {searched[name] for name in names if name in searched}) > 1:
        problem = f"fields are searched together only with one analyzer, not with {', '.join(sorted(analyzers))}"
        findings.append(Finding("keyword_boosts", problem))
    return findings


def _analyzers(index: ProductIndex) -> dict[str, str]:
    """Return the search analyzer of each text field of the index."""
    mappings = index.client.indices.get_mapping(index=index.name, ignore_unavailable=True).values()
    return {name: a for found in mappings for name, a in _read(found["mappings"].get("properties", {}), "")}


def _read(properties: dict[str, Any], above: str) -> Sequence[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, field in properties.items():
        if field.get("type") == "text":
            found.append((above + name, field.get("search_analyzer") or field.get("analyzer", "standard")))
        for below in ("properties", "fields"):
            found += _read(field.get(below, {}), f"{above}{name}.")
    return found


def _script(index: ProductIndex, configuration: Configuration) -> list[Finding]:
    scratch = f"{index.alias}-check-{secrets.token_hex(6)}-script"
    client, place = index.client, "similarity_script"
    try:
        index.create(scratch, None, shards=1, replicas=0)
        client.indices.put_alias(index=scratch, name=f"{scratch}-alive", filter=product.ALIVE)
        found = invariants.check(client, f"{scratch}-alive", configuration.similarity_script)
        found += invariants.bare(client, f"{scratch}-alive", configuration.similarity_script)
    except ApiError as error:
        found = read_error(error, place)
    finally:
        client.indices.delete(index=scratch, ignore_unavailable=True)
    first = {f.problem: f for f in reversed(found)}  # a broken script fails in every case alike
    return [
        Finding(place, f"{f.place}: {f.problem}" if f.place != place else f.problem) for f in reversed(first.values())
    ]
