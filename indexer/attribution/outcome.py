"""The fields of a product document that attribution writes, next to the catalogue's own values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from es_mappings.attributes import attribute_key, attribute_pairs
from es_mappings.facets import attribute_numbers
from indexer.attribution.head import Value
from indexer.attribution.model import CATEGORY, Findings, value_of
from indexer.catalog.fields import category_paths
from indexer.vectorizers.base import ProductFields

# Probability of being wrong from which the catalogue's value is disputed. On the rendered catalogue 84% of disputed
# values are wrong, and 86% of the wrong visual ones are disputed (docs/attributes.md, "Measured").
DISPUTE = 0.25

Decisions = Mapping[str, "Decision"]
"""By attribute name."""


class Decision(dict[str, Any]):
    """A person's decision on one attribute: ``value``, and ``catalogue``, the catalogue's value at that time."""

    def answers(self, current: object) -> bool:
        """Return whether the decision covers the catalogue's current value."""
        return bool(self["catalogue"] == current or self["value"] == current)


def attributed(
    fields: ProductFields, findings: Findings, least: float, decided: Decisions, *, model: str, source: str
) -> dict[str, Any]:
    """Return the parts of a product's document that attribution writes.

    Parameters
    ----------
    findings : dict of str to Finding
        The predictions by attribute.
    least : float
        Confidence from which a missing value is filled in.
    decided : mapping of str to Decision
        Decisions of people: they take precedence over the catalogue, and their attributes are never disputed again.
    model, source : str
        Digests of the model, and of the product's source.

    Returns
    -------
    dict
        ``predicted``, ``effective``, ``facets``, ``numbers``, ``category_path``, ``disputes``, ``dispute`` and
        ``attribution``.
    """
    filled = {n: f.value for n, f in findings.items() if value_of(fields, n) is None and f.confidence >= least}
    answers = {n: d["value"] for n, d in decided.items() if d.answers(value_of(fields, n))}
    effective = {**filled, **{n: v for n, v in fields.attributes.items() if v is not None}, **answers}
    category = _category(fields, effective.pop(CATEGORY, None) if CATEGORY not in fields.attributes else None)
    open_ = {n: f.doubt for n, f in findings.items() if f.doubt >= DISPUTE and n not in answers}
    return {
        "predicted": {
            n: {"value": f.value, "confidence": round(f.confidence, 3), "doubt": round(f.doubt, 3)}
            for n, f in findings.items()
        },
        "effective": effective,
        "facets": attribute_pairs(effective),
        "numbers": attribute_numbers(effective),
        "category_path": category_paths(category),
        "disputes": sorted(open_, key=lambda n: -open_[n]),
        "dispute": round(max(open_.values(), default=0.0), 4),
        "attribution": {"model": model, "source": source, "least": least},
    }


def same(first: Value | None, second: Value | None) -> bool:
    """Return whether two values are the same in facets."""
    return attribute_key("", first) == attribute_key("", second)


def _category(fields: ProductFields, predicted: Value | None) -> list[str]:
    """Return the effective category, in which a prediction replaces the level below the first."""
    path = list(fields.category)
    return path if predicted is None or not path else [path[0], str(predicted), *path[2:]]
