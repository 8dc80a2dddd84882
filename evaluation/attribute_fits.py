"""Attribution fitted on a catalogue's categories, with its findings for the products it is measured on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.attribute_scores import Guesses
from indexer.attribution.attributor import category_of
from indexer.attribution.features import Example
from indexer.attribution.model import MAX_EXAMPLES, CategoryModel, Findings, fit_category, value_of
from indexer.vectorizers.base import ProductFields

Examples = dict[str, Example]


@dataclass(frozen=True)
class Fitted:
    """The model of one category, and its findings for the products it is measured on."""

    category: str
    examples: int
    model: CategoryModel
    seconds: float
    measured: Examples
    findings: list[Findings]

    @property
    def fields(self) -> list[ProductFields]:
        """The catalogue's fields of the measured products."""
        return [example.fields for example in self.measured.values()]

    def coverage(self, name: str) -> tuple[float, float]:
        """Return the share of the products that have a value of an attribute, before and after filling in."""
        given = [value_of(fields, name) is not None for fields in self.fields]
        filled = [name in findings and findings[name].confidence >= self.model.least for findings in self.findings]
        return sum(given) / len(given), sum(a or b for a, b in zip(given, filled, strict=True)) / len(given)

    def guesses(self) -> dict[str, Guesses]:
        """Collect predictions by attribute."""
        guesses = {h.name: Guesses.of(self.fields, self.findings, h.name) for h in self.model.used}
        return {name: g for name, g in guesses.items() if len(g.right)}


def by_category(examples: Mapping[str, Example]) -> dict[str, Examples]:
    """Group products by their top category, for each of which a model is fitted."""
    groups: dict[str, Examples] = {}
    for product_id, example in examples.items():
        groups.setdefault(category_of(example.fields.category), {})[product_id] = example
    return groups


def fit(category: str, learnt: Examples, measured: Examples, sources: Sequence[str]) -> Fitted:
    """Fit a category, and predict the measured products, or else its own by cross-validation."""
    examples = dict(list(learnt.items())[:MAX_EXAMPLES])
    begun = time.monotonic()
    model, findings = fit_category(list(examples.values()), sources=sources)
    seconds = time.monotonic() - begun
    others = by_category(measured).get(category, {})
    if measured:
        return Fitted(category, len(examples), model, seconds, others, model(list(others.values())))
    return Fitted(category, len(examples), model, seconds, examples, findings)
