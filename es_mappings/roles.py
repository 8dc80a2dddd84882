"""What each part of the shop must be allowed, in an Elasticsearch with security; everything else stays forbidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from es_mappings.stores import (
    attribution,
    dead_letter,
    image_address,
    judgement,
    load,
    placeholder,
    publication,
    query_judgement,
    synonyms,
    ubi,
)

Role = dict[str, Any]  # the body of a request that creates a role; also a role descriptor of an API key

_VERSION = "cluster:monitor/main"  # every process asks for the version of Elasticsearch
_READ = ["read", "view_index_metadata"]
# Not the privilege `index`, which lets change mappings, too.
_UPDATE = ["indices:data/write/bulk*", "indices:data/write/index*", "indices:data/write/update*", "maintenance"]
_KEEP_STORE = [*_READ, "write", "create_index", "maintenance", "indices:admin/mapping/put"]
_ACTIVATIONS = ["images-*", "texts-*", image_address.KIND]


def _role(*indices: tuple[list[str], list[str]]) -> Role:
    granted = [{"names": names, "privileges": privileges} for names, privileges in indices]
    return {"cluster": [_VERSION], "indices": granted}


def _products(alias: str) -> list[str]:
    return [alias, f"{alias}-2*"]  # the alias, and the versions, whose names begin with the year


def _stores(alias: str, *kinds: str) -> list[str]:
    return [f"{alias}-{kind}" for kind in kinds]


def web(alias: str) -> Role:
    """Build the role of the storefront: it searches, and staff judge, decide and settle dead letters by it.

    Parameters
    ----------
    alias : str
        ``INDEX_NAME``: the shop's indices begin with it.
    """
    by_staff = (
        judgement.KIND,
        judgement.POOLS,
        query_judgement.KIND,
        attribution.DECISIONS,
        placeholder.KIND,
        dead_letter.KIND,
        publication.KIND,
        synonyms.KIND,
    )
    return _role(
        ([alias, f"{alias}-*"], _READ),
        (_products(alias), _UPDATE),  # decided attributes are written to the products
        (_stores(alias, *by_staff), _KEEP_STORE),
        ([f"{alias}-check-*"], ["all"]),  # where a configuration is tried before it is published
    )


def embedder(alias: str) -> Role:
    """Build the role of a worker with models: it reads products and spaces, writes vectors and activations."""
    return _role(
        ([alias, f"{alias}-*"], _READ),
        (_products(alias), _UPDATE),
        (_stores(alias, *_ACTIVATIONS, dead_letter.KIND), _KEEP_STORE),
    )


def writer(alias: str) -> Role:
    """Build the role of a worker that writes events, deletes what nothing uses, and widens searches."""
    return _role(
        ([alias, f"{alias}-*"], [*_READ, "monitor"]),
        (_products(alias), ["write", "maintenance", "indices:admin/mapping/put", "indices:admin/aliases"]),
        (_stores(alias, *_ACTIVATIONS, dead_letter.KIND, load.KIND, publication.KIND), _KEEP_STORE),
        (_stores(alias, f"{ubi.QUERIES}-*", f"{ubi.EVENTS}-*"), [*_KEEP_STORE, "delete_index"]),
    )


def search_team(alias: str) -> Role:
    """Build the role of people who load, fit and rebuild, and change what is searched: all of this shop's indices."""
    return _role(([alias, f"{alias}-*"], ["all"]))


ROLES: dict[str, Callable[[str], Role]] = {
    "web": web,
    "writer": writer,
    "embedder": embedder,
    "search-team": search_team,
}


def attaching(alias: str, index: str) -> Role:
    """Build the role of a key that gives vectors to an index that is not ours, and can do nothing else to it.

    Parameters
    ----------
    alias : str
        ``INDEX_NAME``: our own indices begin with it.
    index : str
        Theirs.
    """
    theirs = ["read", "index", "view_index_metadata", "monitor", "maintenance", "indices:admin/mapping/put"]
    return _role(([index], theirs), ([f"{alias}-*"], _KEEP_STORE))
