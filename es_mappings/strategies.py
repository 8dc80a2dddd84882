"""How a result is put in the order of similarity. One function a strategy, from a query to a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from es_mappings import scripts
from es_mappings.layout import Vector

Mode = Literal["blend", "every", "any"]

# dotProduct binds its query vector once a script instance, so it can't run in a loop over anchors inside one script:
# several anchors are several functions, whose scores function_score joins.
_JOIN = {"every": "min", "any": "max"}


def exact(query: dict[str, Any], vectors: Sequence[Vector], mode: Mode) -> dict[str, Any]:
    """Score every match of a query by its similarity: exact, with true totals and full facets.

    Parameters
    ----------
    query : dict
        Any Elasticsearch query; it decides what is in the result, its own scores are not used.
    vectors : sequence of ndarray, shape (dims,)
        Weighed query vectors (`Layout.weigh`): one for ``blend``, one an anchor for ``every`` and ``any``.
    mode : {"blend", "every", "any"}
        Whether a product is scored by the vector given, by the least or by the most similar one.

    Returns
    -------
    dict
        A query whose scores lie in [0, 1]; products without a vector score 0.
    """
    if mode == "blend":
        [vector] = vectors
        return {"script_score": {"query": query, "script": _similarity(vector)}}
    return {
        "function_score": {
            "query": query,
            "functions": [{"script_score": {"script": _similarity(vector)}} for vector in vectors],
            "score_mode": _JOIN[mode],
            "boost_mode": "replace",
        }
    }


def _similarity(vector: Vector) -> dict[str, Any]:
    return {"source": scripts.source("similarity"), "params": {"query": [round(float(x), 7) for x in vector]}}
