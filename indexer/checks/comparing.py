"""Compare the live index with the one that es_mappings/ describes now: what differs, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from es_mappings import product
from indexer.checks.findings import NEEDS, Finding, read_error

Json = Mapping[str, Any]

_NEW_INDEX = f"needs {NEEDS['rebuild']}"
_OF_QUERIES = {"search_analyzer", "search_quote_analyzer"}  # parameters that documents don't depend on


def compare(client: Elasticsearch, live: str, scratch: str, twin: str) -> list[Finding]:
    """Compare the live index with the scratch index.

    Both are compared as Elasticsearch returns them, because it adds its defaults.

    Parameters
    ----------
    twin : str
        Name for an empty copy of the live index, on which changes of the mapping are tried.
    """
    current, ours = _mapping(client, live), _mapping(client, scratch)
    current_analysis, our_analysis = _analysis(client, live), _analysis(client, scratch)
    plain = {key: value for key, value in current.items() if key != "_meta"}
    client.indices.create(index=twin, mappings=plain, settings={"analysis": current_analysis})
    findings = [
        _field(client, live, twin, *difference)
        for difference in differing_fields(current.get("properties", {}), ours["properties"])
    ]
    leaves = list(differing_leaves(current_analysis, our_analysis, "analysis"))
    aspects, our_aspects = current.get("_meta", {}).get("aspects"), product.LAYOUT.to_meta()
    if aspects != our_aspects:
        leaves.append(("_meta.aspects", aspects, our_aspects))
    if current.get("dynamic") != ours.get("dynamic"):
        leaves.append(("dynamic", current.get("dynamic"), ours.get("dynamic")))
    return findings + [
        Finding(f"{live}, {name}", f"{_difference(before, after)}; {_NEW_INDEX}", "rebuild")
        for name, before, after in leaves
    ]


def _difference(live: object, ours: object) -> str:
    return f"live {_json(live)}, ours {_json(ours)}"


def differing_fields(live: Json, ours: Json, above: str = "") -> Iterator[tuple[str, Json | None, Json]]:
    """Iterate over our fields that the live mapping lacks or has in another form; fields that only it has don't matter.

    Yields
    ------
    tuple
        Path of the field, its parameters in the live mapping (None if it lacks the field), and in ours.
    """
    for name, field in ours.items():
        path, live_field = above + name, live.get(name)
        if live_field is None:
            yield path, None, field
            continue
        parameters, live_parameters = _parameters(field), _parameters(live_field)
        if parameters != live_parameters:
            yield path, live_parameters, parameters
            continue
        for below in ("properties", "fields"):
            yield from differing_fields(live_field.get(below, {}), field.get(below, {}), f"{path}.")


def differing_leaves(live: object, ours: object, path: str) -> Iterator[tuple[str, object, object]]:
    """Iterate over the differences between two trees of settings: path, live value, ours."""
    if isinstance(live, Mapping) and isinstance(ours, Mapping):
        for name in {**ours, **live}:
            yield from differing_leaves(live.get(name), ours.get(name), f"{path}.{name}")
    elif live != ours:
        yield path, live, ours


def _field(client: Elasticsearch, live: str, twin: str, path: str, before: Json | None, after: Json) -> Finding:
    """Return what differs in a field, and what that needs: tried on the twin, because Elasticsearch decides."""
    place, difference = f"{live}, field {path}", _difference(before, after)
    root = path.partition(".")[0]
    properties = {root: product.mapping(None)["properties"][root]}
    try:
        client.indices.put_mapping(index=twin, properties=properties)
    except ApiError as error:
        reason = read_error(error, live)[0].problem
        return Finding(place, f"{difference}; {_NEW_INDEX} ({reason})", "rebuild")
    command = f"`PUT /{live}/_mapping {_json({'properties': properties})}`"
    changed = {name for name in {*(before or {}), *after} if (before or {}).get(name) != after.get(name)}
    if before is not None and changed <= _OF_QUERIES:
        return Finding(place, f"{difference}; only searches use it: {command} is all it needs", "nothing")
    advice = f"additive: {command} applies it to products written from then on, a reload to all"
    return Finding(place, f"{difference}; {advice}", "reload")


def _parameters(field: Json) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key not in {"properties", "fields"}}


def _mapping(client: Elasticsearch, index: str) -> dict[str, Any]:
    return dict(client.indices.get_mapping(index=index)[index]["mappings"])


def _analysis(client: Elasticsearch, index: str) -> dict[str, Any]:
    return dict(client.indices.get_settings(index=index)[index]["settings"]["index"].get("analysis", {}))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
