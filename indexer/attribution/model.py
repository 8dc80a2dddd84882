"""The model of one category: its examples, and a head per attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from es_mappings.attributes import attribute_key
from es_mappings.layout import Vector
from indexer.attribution import features, fusion
from indexer.attribution.features import COLOR, Example, ImageMap
from indexer.attribution.fusion import Labels
from indexer.attribution.head import Head, Value, fit_head
from indexer.attribution.kernels import gaussian
from indexer.vectorizers.base import ProductFields

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

CATEGORY = "category"  # the attribute that stands for the level below the model's category

_MIN_EXAMPLES, _MIN_LABELS = 5, 40  # of a value, and of an attribute
_MAX_VALUES = 60  # of an attribute: with more, it is a quantity or a name, not a class
MAX_EXAMPLES = 3_500  # of one category, because a fit takes cubic time

# Expected precision of filled-in values. Confidences are slightly too low: of the rendered catalogue's missing values,
# 97 in 100 are then right (docs/attributes.md, "Measured").
PRECISION = 0.968

_PICTURE, _TEXT = "picture", "text"
SOURCES = (_PICTURE, COLOR, _TEXT)


@dataclass(frozen=True)
class Finding:
    """The prediction of one attribute of a product.

    Attributes
    ----------
    value, confidence
        The most probable value and its probability.
    doubt : float
        Probability that the catalogue's own value is wrong; 0 if it has none.
    """

    value: Value
    confidence: float
    doubt: float


Findings = dict[str, Finding]
"""By attribute name."""

Texts = dict[bool, list[str]]
"""The words of each product; by True without its category, to predict the category."""


@dataclass(frozen=True)
class Rows:
    """The features of a category's examples, which its kernels compare."""

    picture: Vector
    color: Vector
    text: csr_matrix
    bare: csr_matrix  # the text without the category, to predict the category

    @classmethod
    def of(cls, examples: Sequence[Example], texts: Texts, picture: ImageMap | None, color_dims: int) -> Rows:
        """Compute the features of examples."""
        projected = picture(examples) if picture else np.full((len(examples), 1), np.nan, np.float32)
        text, bare = features.words(texts[False]), features.words(texts[True])
        return cls(projected, features.colors(examples, color_dims), text, bare)

    def compared(self, others: Rows, sources: Collection[str]) -> dict[bool, dict[str, Vector]]:
        """Return a kernel per source that compares these rows with others; by True without the category."""
        kernels: dict[str, Vector] = {}
        if _PICTURE in sources:
            kernels[_PICTURE] = gaussian(self.picture, others.picture)
        if COLOR in sources:
            kernels[COLOR] = gaussian(self.color, others.color, gamma=1.0)
        if _TEXT not in sources:
            return {False: kernels, True: kernels}
        words = {False: (self.text, others.text), True: (self.bare, others.bare)}
        return {bare: {**kernels, _TEXT: _shared_words(*pair)} for bare, pair in words.items()}


@dataclass(frozen=True)
class CategoryModel:
    """Predicts the attributes of a category's products.

    Attributes
    ----------
    sources : tuple of str
        The sources that it uses: picture, color and text, if the examples have them.
    least : float
        Confidence from which a value is filled in: the expected precision of these is `PRECISION`.
    """

    sources: tuple[str, ...]
    picture: ImageMap | None
    rows: Rows
    heads: tuple[Head, ...]
    least: float

    @property
    def used(self) -> list[Head]:
        """The heads of attributes that images and text show."""
        return [head for head in self.heads if head.shown]

    def __call__(self, examples: Sequence[Example]) -> list[Findings]:
        """Predict the attributes of products, without those that images and text don't show."""
        texts = _texts(examples)
        kernels = Rows.of(examples, texts, self.picture, self.rows.color.shape[1]).compared(self.rows, self.sources)
        findings: list[Findings] = [{} for _ in examples]
        for head in self.used:
            bare = head.name == CATEGORY
            probabilities = head(kernels[bare], _mentioned(texts[bare], head.name, head.values, self.sources))
            _add_findings(findings, head, probabilities, [e.fields for e in examples])
        return findings


def fit_category(
    examples: Sequence[Example],
    decided: Mapping[tuple[int, str], Value] | None = None,
    sources: Collection[str] = SOURCES,
) -> tuple[CategoryModel, list[Findings]]:
    """Fit a category's model on its products.

    Parameters
    ----------
    examples : sequence of Example
        At most `MAX_EXAMPLES`, all of one category.
    decided : mapping of (int, str) to value, optional
        Number of an example and name of an attribute -> value that a person decided, which is never left out.
    sources : collection of str
        Sources that may be used.

    Returns
    -------
    CategoryModel
    list of Findings
        For the examples themselves, by leave-one-out, so that no label confirms itself.
    """
    decided = decided or {}
    with_image = sum(bool(e.activations) for e in examples)
    picture = ImageMap.fit(examples) if _PICTURE in sources and with_image >= 2 else None
    color_dims = next((len(e.activations[COLOR]) for e in examples if COLOR in e.activations), 1)
    texts = _texts(examples)
    rows = Rows.of(examples, texts, picture, color_dims)
    available = {_PICTURE: picture is not None, COLOR: color_dims > 1, _TEXT: True}
    used = tuple(s for s in SOURCES if s in sources and available[s])
    kernels = rows.compared(rows, used)
    heads, findings, confidences = [], [Findings() for _ in examples], [np.empty(0, np.float32)]
    for name, values in _attributes(examples).items():
        labels, trusted = _labels(examples, name, values, decided)
        mentioned = _mentioned(texts[name == CATEGORY], name, values, used)
        head, probabilities = fit_head(name, values, labels, kernels[name == CATEGORY], mentioned, trusted)
        heads.append(head)
        if head.shown:
            _add_findings(findings, head, probabilities, [e.fields for e in examples])
            confidences.append(probabilities[head.rows].max(axis=1))
    least = fusion.threshold(np.concatenate(confidences), PRECISION)
    return CategoryModel(used, picture, rows, tuple(heads), least), findings


def _shared_words(a: Any, b: Any) -> Vector:
    """Return the dot products of sparse rows, shape ``(rows of a, rows of b)``."""
    return np.asarray((a @ b.T).toarray(), np.float32)


def _class_of(fields: ProductFields, name: str) -> Value | None:
    """Return an attribute's value if it is a single one, which can be learned; otherwise None."""
    value = value_of(fields, name)
    return None if isinstance(value, list) else value


def value_of(fields: ProductFields, name: str) -> Any:
    """Return the catalogue's value of an attribute or of the second category level; None if it is missing."""
    if name == CATEGORY and CATEGORY not in fields.attributes:
        return fields.category[1] if len(fields.category) > 1 else None
    return fields.attributes.get(name)


def _texts(examples: Sequence[Example]) -> Texts:
    return {bare: [features.text_of(e.fields, category=not bare) for e in examples] for bare in (False, True)}


def _mentioned(texts: Sequence[str], name: str, values: Sequence[Value], sources: Collection[str]) -> Vector:
    """Return which values the texts mention; none if text isn't a source."""
    if _TEXT not in sources:
        return np.zeros((len(texts), len(values)), np.float32)
    return features.mentions(texts, name, values)


def _attributes(examples: Sequence[Example]) -> dict[str, list[Value]]:
    """Return the attributes that can be learned, with their values that have enough examples."""
    counts: dict[str, Counter[str]] = {}
    values: dict[str, Value] = {}
    names = {name for e in examples for name in e.fields.attributes} | {CATEGORY}
    for e in examples:
        for name in names:
            value = _class_of(e.fields, name)
            if value is not None:
                key = attribute_key(name, value)
                counts.setdefault(name, Counter())[key] += 1
                values.setdefault(key, value)
    learnable = {}
    for name, by_value in sorted(counts.items()):
        frequent = sorted(key for key, count in by_value.items() if count >= _MIN_EXAMPLES)
        enough = sum(by_value[key] for key in frequent) >= _MIN_LABELS
        if enough and 2 <= len(frequent) <= _MAX_VALUES:
            learnable[name] = [values[key] for key in frequent]
    return learnable


def _labels(
    examples: Sequence[Example], name: str, values: Sequence[Value], decided: Mapping[tuple[int, str], Value]
) -> tuple[Labels, Any]:
    numbers = {attribute_key(name, value): number for number, value in enumerate(values)}
    labels = np.full(len(examples), -1, np.int64)
    trusted = np.zeros(len(examples), bool)
    for number, example in enumerate(examples):
        trusted[number] = (number, name) in decided
        value = decided[number, name] if trusted[number] else _class_of(example.fields, name)
        if value is not None:
            labels[number] = numbers.get(attribute_key(name, value), -1)
    return labels, trusted


def _add_findings(findings: list[Findings], head: Head, probabilities: Vector, fields: Sequence[ProductFields]) -> None:
    numbers = {attribute_key(head.name, value): number for number, value in enumerate(head.values)}
    for by_name, row, product in zip(findings, probabilities, fields, strict=True):
        best = int(row.argmax())
        catalogued = _class_of(product, head.name)
        label = numbers.get(attribute_key(head.name, catalogued)) if catalogued is not None else None
        doubt = head.doubt(row, label) if label is not None and label != best else 0.0
        by_name[head.name] = Finding(head.values[best], float(row[best]), float(doubt))
