"""Features for attribution: activations of the primary image, and the product's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from es_mappings.layout import Vector
from indexer.vectorizers.base import ProductFields

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

COLOR = "color"  # a source of its own, apart from the other aspects of the image
_ASPECT_WEIGHTS = {"style": 0.5}  # others: 1
_IMAGE_DIMS = 512
_PAIRS = 500  # examples among which the typical distance is measured
WORDS = 2**13  # columns to which words and pairs of words are hashed


@dataclass(frozen=True)
class Example:
    """A product to learn from, or to predict.

    Attributes
    ----------
    activations : mapping of str to ndarray
        Image aspect -> activation of the primary image; empty if there is none.
    fields : ProductFields
        The catalogue's values.
    """

    activations: Mapping[str, Vector]
    fields: ProductFields


@dataclass(frozen=True)
class ImageMap:
    """A projection in which images are compared: every aspect scaled to unit length, then a PCA.

    Scaled to a median squared distance of 1 between images, so that one kernel width suits all aspects.

    Attributes
    ----------
    aspects : tuple of str
        In the order of the concatenated activations.
    mean : ndarray, shape (raw_dims,)
    components : ndarray, shape (dims, raw_dims)
    """

    aspects: tuple[str, ...]
    mean: Vector
    components: Vector

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> ImageMap:
        """Fit the PCA on the examples with an image; at least two are needed."""
        from scipy.spatial.distance import pdist
        from sklearn.decomposition import PCA

        with_image = [e for e in examples if e.activations]
        aspects = tuple(sorted(set.intersection(*(set(e.activations) for e in with_image)) - {COLOR}))
        raw = np.stack([_joined(e, aspects) for e in with_image])
        pca = PCA(min(_IMAGE_DIMS, len(raw) - 1, raw.shape[1]), svd_solver="covariance_eigh").fit(raw)
        typical = np.median(pdist(pca.transform(raw[:: max(len(raw) // _PAIRS, 1)]), "sqeuclidean"))
        components = pca.components_ / np.sqrt(max(typical, 1e-12))
        return cls(aspects, pca.mean_.astype(np.float32), _half_precision(components))

    def __call__(self, examples: Sequence[Example]) -> Vector:
        """Project examples: shape ``(len(examples), dims)``, NaN for examples without an image."""
        rows = np.full((len(examples), len(self.components)), np.nan, np.float32)
        with_image = [number for number, e in enumerate(examples) if set(self.aspects) <= set(e.activations)]
        if with_image:
            joined = np.stack([_joined(examples[number], self.aspects) for number in with_image])
            rows[with_image] = (joined - self.mean) @ self.components.T
        return _half_precision(rows)


def colors(examples: Sequence[Example], dims: int) -> Vector:
    """Return the color activations: shape ``(len(examples), dims)``, NaN for examples without one."""
    missing = np.full(dims, np.nan, np.float32)
    rows = [_power_normalised(e.activations[COLOR]) if COLOR in e.activations else missing for e in examples]
    return _half_precision(np.stack(rows))


def text_of(fields: ProductFields, *, category: bool) -> str:
    """Return the words of a product, with its category or (to predict the category) without."""
    names = fields.category if category else ()
    return " . ".join([fields.title, fields.description, fields.brand or "", *names]).lower()


def words(texts: Sequence[str]) -> csr_matrix:
    """Count words and pairs of neighbouring words: rows of unit length."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=WORDS, ngram_range=(1, 2), alternate_sign=False, norm="l2", dtype=np.float32)
    counts: csr_matrix = hashing.transform(texts)
    return counts


def mentions(texts: Sequence[str], name: str, values: Sequence[object]) -> Vector:
    """Return which texts contain which value by name: shape ``(len(texts), len(values))``, 0 or 1."""
    contained = np.zeros((len(texts), len(values)), np.float32)
    for column, value in enumerate(values):
        if value is False:
            continue  # texts seldom mention what a product lacks
        phrase = name.replace("_", " ") if value is True else str(value).lower()
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)")
        contained[:, column] = [phrase in text and bool(pattern.search(text)) for text in texts]
    return contained


def _joined(example: Example, aspects: Sequence[str]) -> Vector:
    joined = np.concatenate(
        [_power_normalised(example.activations[a]) * np.float32(_ASPECT_WEIGHTS.get(a, 1.0)) for a in aspects]
    )
    return np.asarray(joined / max(float(np.linalg.norm(joined)), 1e-12), np.float32)


def _power_normalised(raw: Vector) -> Vector:
    """Return signed square roots, scaled to unit length, so that few strong channels don't dominate.

    Perronnin, Sánchez and Mensink, "Improving the Fisher kernel for large-scale image classification", 2010.
    """
    roots = np.sign(raw) * np.sqrt(np.abs(raw))
    return np.asarray(roots / max(float(np.linalg.norm(roots)), 1e-12), np.float32)


def _half_precision(rows: Vector) -> Vector:
    """Round to half precision, in which rows are stored, so that fits use the stored values."""
    return rows.astype(np.float16).astype(np.float32)
