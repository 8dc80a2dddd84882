"""What relevance is made of, with its history: versions as they are saved, and what was published when."""

from __future__ import annotations

from typing import Any

KIND = "relevance"  # in the index's name

# Types of documents.
PUBLICATION, VERSION, EXPERIMENT, LOOK, CHANGE = "publication", "version", "experiment", "look", "change"


def mapping() -> dict[str, Any]:
    """Build the mapping of the index; nothing in it is ever changed, documents are only added.

    A version is one state of a named thing, such as a configuration; its ``_id`` is ``KIND:NAME@NUMBER``. A publication
    is all that was live from then on; its ``_id`` is ``publication@NUMBER``. An experiment's document says that it
    began or ended; its ``_id`` is ``experiment@NUMBER``. A change is what was added to and removed from a set, such as
    the synonyms; its ``_id`` is ``KIND@NUMBER``. So two people can't write the same one. A look is what was counted of
    an experiment at one time, by its number.
    """
    return {
        "dynamic": "strict",
        "properties": {
            "type": {"type": "keyword"},
            "kind": {"type": "keyword"},
            "name": {"type": "keyword"},
            "number": {"type": "integer"},
            "author": {"type": "keyword"},
            "at": {"type": "date"},
            "note": {"type": "text", "index": False},
            "body": {"type": "object", "enabled": False},
        },
    }


def latest_publications(size: int) -> dict[str, Any]:
    """Build the search for the newest publications."""
    return _latest(PUBLICATION, size)


def latest_experiments(size: int) -> dict[str, Any]:
    """Build the search for the newest beginnings and ends of experiments."""
    return _latest(EXPERIMENT, size)


def latest_look(number: int) -> dict[str, Any]:
    """Build the search for the newest look at an experiment."""
    filters = [{"term": {"type": LOOK}}, {"term": {"number": number}}]
    return {"query": {"bool": {"filter": filters}}, "sort": [{"at": "desc"}], "size": 1, "track_total_hits": False}


def _latest(kind: str, size: int) -> dict[str, Any]:
    return {
        "query": {"bool": {"filter": [{"term": {"type": kind}}]}},
        "sort": [{"number": "desc"}],
        "size": size,
        "track_total_hits": False,
    }


def latest_versions(kind: str, size: int) -> dict[str, Any]:
    """Build the search for the newest version of each thing of a kind, in the order of their names."""
    return {
        "query": {"bool": {"filter": [{"term": {"type": VERSION}}, {"term": {"kind": kind}}]}},
        "collapse": {"field": "name", "inner_hits": {"name": "newest", "size": 1, "sort": [{"number": "desc"}]}},
        "sort": [{"name": "asc"}],
        "size": size,
        "_source": False,
        "track_total_hits": False,
    }


def versions_of(kind: str, name: str, size: int) -> dict[str, Any]:
    """Build the search for all versions of one thing, the newest first."""
    filters = [{"term": {"type": VERSION}}, {"term": {"kind": kind}}, {"term": {"name": name}}]
    query = {"bool": {"filter": filters}}
    return {"query": query, "sort": [{"number": "desc"}], "size": size, "track_total_hits": False}


def latest_changes(kind: str, size: int) -> dict[str, Any]:
    """Build the search for the newest changes of a set."""
    filters = [{"term": {"type": CHANGE}}, {"term": {"kind": kind}}]
    return {
        "query": {"bool": {"filter": filters}},
        "sort": [{"number": "desc"}],
        "size": size,
        "track_total_hits": False,
    }
