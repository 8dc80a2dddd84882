"""What was learnt of one category: its examples, and a head for each attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from es_mappings.attributes import attribute_key
from es_mappings.layout import Vector
from indexer.attribution import features, fusion
from indexer.attribution.features import COLOR, Example, PictureMap
from indexer.attribution.fusion import Labels
from indexer.attribution.head import Head, Value, fit_head
from indexer.attribution.kernels import gaussian
from indexer.vectorizers.base import ProductFields

CATEGORY = "category"  # the attribute that stands for the category below the one whose model it is

# A value needs this many examples to be told from others, an attribute this many in all.
_LEAST_EXAMPLES, _LEAST_LABELS = 5, 40
_MOST_VALUES = 60  # above, an attribute is a measure or a name, no class
MAX_EXAMPLES = 3_500  # of one category: a fit takes the third power of them

# Expected of the values that are filled in. The confidences err a little on the safe side: of the rendered catalogue's
# missing values 97 in 100 are right then (docs/attributes.md, "Measured").
PRECISION = 0.968

_PICTURE, _TEXT = "picture", "text"
SOURCES = (_PICTURE, COLOR, _TEXT)


@dataclass(frozen=True)
class Finding:
    """What is shown of one attribute of a product.

    Attributes
    ----------
    value, confidence
        The likeliest value and its probability.
    doubt : float
        Probability that the catalogue's own value is wrong; 0 where it has none.
    """

    value: Value
    confidence: float
    doubt: float


Findings = dict[str, Finding]
"""By attribute name."""

Texts = dict[bool, list[str]]
"""The words of each product, by whether its category is left out of them (where it is what is asked)."""


@dataclass(frozen=True)
class Rows:
    """The examples of a category as its kernels compare with them."""

    picture: Vector
    color: Vector
    text: csr_matrix
    bare: csr_matrix  # the text without the category, where the category is what is asked

    @classmethod
    def of(cls, examples: Sequence[Example], texts: Texts, picture: PictureMap | None, color_dims: int) -> Rows:
        """Map examples."""
        shown = picture(examples) if picture else np.full((len(examples), 1), np.nan, np.float32)
        text, bare = features.words(texts[False]), features.words(texts[True])
        return cls(shown, features.colors(examples, color_dims), text, bare)

    def compared(self, others: Rows, sources: Collection[str]) -> dict[bool, dict[str, Vector]]:
        """Compare these rows with others: a kernel a source, by whether the category is left out of the text."""
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
        What it reads: pictures, colours, text, as far as the examples have them.
    least : float
        Confidence from which a value is filled in: all above it are expected to be right at a rate of `PRECISION`.
    """

    sources: tuple[str, ...]
    picture: PictureMap | None
    rows: Rows
    heads: tuple[Head, ...]
    least: float

    @property
    def used(self) -> list[Head]:
        """The heads of attributes that pictures and text show."""
        return [head for head in self.heads if head.shown]

    def __call__(self, examples: Sequence[Example]) -> list[Findings]:
        """Predict products; attributes that nothing shows are left out."""
        texts = _texts(examples)
        kernels = Rows.of(examples, texts, self.picture, self.rows.color.shape[1]).compared(self.rows, self.sources)
        findings: list[Findings] = [{} for _ in examples]
        for head in self.used:
            bare = head.name == CATEGORY
            shown = head(kernels[bare], _mentioned(texts[bare], head.name, head.values, self.sources))
            _note(findings, head, shown, [e.fields for e in examples])
        return findings


def fit_category(
    examples: Sequence[Example],
    decided: Mapping[tuple[int, str], Value] | None = None,
    sources: Collection[str] = SOURCES,
) -> tuple[CategoryModel, list[Findings]]:
    """Learn a category from its own products.

    Parameters
    ----------
    examples : sequence of Example
        At most `MAX_EXAMPLES`, all below one category.
    decided : mapping of (int, str) to value, optional
        Number of an example and name of an attribute to the value that a person decided on: learnt as it is.
    sources : collection of str
        What may be read.

    Returns
    -------
    CategoryModel
    list of Findings
        For the examples themselves, each by fits that left it out: a label can't speak for itself.
    """
    decided = decided or {}
    with_picture = sum(bool(e.activations) for e in examples)
    picture = PictureMap.fit(examples) if _PICTURE in sources and with_picture >= 2 else None
    color_dims = next((len(e.activations[COLOR]) for e in examples if COLOR in e.activations), 1)
    texts = _texts(examples)
    rows = Rows.of(examples, texts, picture, color_dims)
    had = {_PICTURE: picture is not None, COLOR: color_dims > 1, _TEXT: True}
    used = tuple(s for s in SOURCES if s in sources and had[s])
    kernels = rows.compared(rows, used)
    heads, findings, confidences = [], [Findings() for _ in examples], [np.empty(0, np.float32)]
    for name, values in _attributes(examples).items():
        labels, trusted = _labels(examples, name, values, decided)
        said = _mentioned(texts[name == CATEGORY], name, values, used)
        head, shown = fit_head(name, values, labels, kernels[name == CATEGORY], said, trusted)
        heads.append(head)
        if head.shown:
            _note(findings, head, shown, [e.fields for e in examples])
            confidences.append(shown[head.rows].max(axis=1))
    least = fusion.threshold(np.concatenate(confidences), PRECISION)
    return CategoryModel(used, picture, rows, tuple(heads), least), findings


def _shared_words(a: Any, b: Any) -> Vector:
    """Return the dot products of sparse rows, shape ``(rows of a, rows of b)``."""
    return np.asarray((a @ b.T).toarray(), np.float32)


def _class_of(fields: ProductFields, name: str) -> Value | None:
    """Return an attribute's value where it is one that can be learnt: a single one."""
    value = value_of(fields, name)
    return None if isinstance(value, list) else value


def value_of(fields: ProductFields, name: str) -> Any:
    """Return what the catalogue says of an attribute, the category below the first among them; None where nothing."""
    if name == CATEGORY and CATEGORY not in fields.attributes:
        return fields.category[1] if len(fields.category) > 1 else None
    return fields.attributes.get(name)


def _texts(examples: Sequence[Example]) -> Texts:
    return {bare: [features.text_of(e.fields, category=not bare) for e in examples] for bare in (False, True)}


def _mentioned(texts: Sequence[str], name: str, values: Sequence[Value], sources: Collection[str]) -> Vector:
    """Return which values the texts name; nothing where text isn't read."""
    if _TEXT not in sources:
        return np.zeros((len(texts), len(values)), np.float32)
    return features.mentions(texts, name, values)


def _attributes(examples: Sequence[Example]) -> dict[str, list[Value]]:
    """Find the attributes that can be learnt, and their values that have examples enough."""
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
    found = {}
    for name, counted in sorted(counts.items()):
        frequent = sorted(key for key, count in counted.items() if count >= _LEAST_EXAMPLES)
        enough = sum(counted[key] for key in frequent) >= _LEAST_LABELS
        if enough and 2 <= len(frequent) <= _MOST_VALUES:
            found[name] = [values[key] for key in frequent]
    return found


def _labels(
    examples: Sequence[Example], name: str, values: Sequence[Value], decided: Mapping[tuple[int, str], Value]
) -> tuple[Labels, Any]:
    places = {attribute_key(name, value): place for place, value in enumerate(values)}
    labels = np.full(len(examples), -1, np.int64)
    trusted = np.zeros(len(examples), bool)
    for number, example in enumerate(examples):
        trusted[number] = (number, name) in decided
        value = decided[number, name] if trusted[number] else _class_of(example.fields, name)
        if value is not None:
            labels[number] = places.get(attribute_key(name, value), -1)
    return labels, trusted


def _note(findings: list[Findings], head: Head, shown: Vector, fields: Sequence[ProductFields]) -> None:
    places = {attribute_key(head.name, value): place for place, value in enumerate(head.values)}
    for found, probabilities, product in zip(findings, shown, fields, strict=True):
        best = int(probabilities.argmax())
        own = _class_of(product, head.name)
        label = places.get(attribute_key(head.name, own)) if own is not None else None
        doubt = head.doubt(probabilities, label) if label is not None and label != best else 0.0
        found[head.name] = Finding(head.values[best], float(probabilities[best]), float(doubt))
