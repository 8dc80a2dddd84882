"""What attributes are read from: the raw activations of the primary image, and the words of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial.distance import pdist

from es_mappings.layout import Vector
from indexer.vectorizers.base import ProductFields

COLOR = "color"  # no part of the picture, but a source of its own
_WEIGHTS = {"style": 0.5}  # of aspects that say less of a product than the others, which count 1
_PICTURE_DIMS = 512
_PAIRS = 500  # examples among which the typical distance is measured
WORDS = 2**13  # columns that words and pairs of words are hashed to


@dataclass(frozen=True)
class Example:
    """A product to learn from, or to predict.

    Attributes
    ----------
    activations : mapping of str to ndarray
        Image aspect to the raw activation of the primary image; empty where there is none.
    fields : ProductFields
        What the catalogue says.
    """

    activations: Mapping[str, Vector]
    fields: ProductFields


@dataclass(frozen=True)
class PictureMap:
    """From raw activations to the space in which pictures are compared: every aspect of unit length, then a PCA.

    Scaled so that the median of the squared distances between pictures is 1: the same width of a kernel then fits
    whatever the aspects are.

    Attributes
    ----------
    aspects : tuple of str
        In the order in which they lie in the raw vector.
    mean : ndarray, shape (raw_dims,)
    components : ndarray, shape (dims, raw_dims)
    """

    aspects: tuple[str, ...]
    mean: Vector
    components: Vector

    @classmethod
    def fit(cls, examples: Sequence[Example]) -> PictureMap:
        """Fit the PCA on examples that have a picture, of which two are needed."""
        from sklearn.decomposition import PCA

        shown = [e for e in examples if e.activations]
        aspects = tuple(sorted(set.intersection(*(set(e.activations) for e in shown)) - {COLOR}))
        raw = np.stack([_joined(e, aspects) for e in shown])
        pca = PCA(min(_PICTURE_DIMS, len(raw) - 1, raw.shape[1]), svd_solver="covariance_eigh").fit(raw)
        typical = np.median(pdist(pca.transform(raw[:: max(len(raw) // _PAIRS, 1)]), "sqeuclidean"))
        components = pca.components_ / np.sqrt(max(typical, 1e-12))
        return cls(aspects, pca.mean_.astype(np.float32), _halved(components))

    def __call__(self, examples: Sequence[Example]) -> Vector:
        """Map examples: shape ``(len(examples), dims)``, NaN in the rows of those without a picture."""
        rows = np.full((len(examples), len(self.components)), np.nan, np.float32)
        shown = [number for number, e in enumerate(examples) if set(self.aspects) <= set(e.activations)]
        if shown:
            joined = np.stack([_joined(examples[number], self.aspects) for number in shown])
            rows[shown] = (joined - self.mean) @ self.components.T
        return _halved(rows)


def colors(examples: Sequence[Example], dims: int) -> Vector:
    """Return the color activations, shape ``(len(examples), dims)``, NaN where there is none."""
    missing = np.full(dims, np.nan, np.float32)
    return _halved(np.stack([_rooted(e.activations[COLOR]) if COLOR in e.activations else missing for e in examples]))


def text_of(fields: ProductFields, *, category: bool) -> str:
    """Put the words of a product together; without its category where that is what is asked."""
    names = fields.category if category else ()
    return " . ".join([fields.title, fields.description, fields.brand or "", *names]).lower()


def words(texts: Sequence[str]) -> csr_matrix:
    """Count words and pairs of neighbours, rows of unit length."""
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=WORDS, ngram_range=(1, 2), alternate_sign=False, norm="l2", dtype=np.float32)
    counted: csr_matrix = hashing.transform(texts)
    return counted


def mentions(texts: Sequence[str], name: str, values: Sequence[object]) -> Vector:
    """Return which value's own name stands in each text: shape ``(len(texts), len(values))``, 0 or 1."""
    found = np.zeros((len(texts), len(values)), np.float32)
    for column, value in enumerate(values):
        if value is False:
            continue  # what isn't so is seldom said
        said = name.replace("_", " ") if value is True else str(value).lower()
        pattern = re.compile(rf"(?<!\w){re.escape(said)}(?!\w)")
        found[:, column] = [said in text and bool(pattern.search(text)) for text in texts]
    return found


def _joined(example: Example, aspects: Sequence[str]) -> Vector:
    joined = np.concatenate([_rooted(example.activations[a]) * np.float32(_WEIGHTS.get(a, 1.0)) for a in aspects])
    return np.asarray(joined / max(float(np.linalg.norm(joined)), 1e-12), np.float32)


def _rooted(raw: Vector) -> Vector:
    """Take square roots, signs kept, and unit length: few strong channels don't drown the others.

    Perronnin, Sánchez and Mensink, Improving the Fisher Kernel for Large-Scale Image Classification, 2010.
    """
    rooted = np.sign(raw) * np.sqrt(np.abs(raw))
    return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-12), np.float32)


def _halved(rows: Vector) -> Vector:
    """Round to what half precision keeps, so that what is fitted is what is stored."""
    return rows.astype(np.float16).astype(np.float32)
