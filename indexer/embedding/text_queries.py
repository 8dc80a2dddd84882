"""The vector of a text query: words, as if they were a product's text and its picture. Nothing is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from es_mappings.layout import Vector
from indexer.activations.activation_store import as_stored
from indexer.errors import SpaceError
from indexer.spaces.vector_space import TEXT
from indexer.vectorizers.base import ProductFields, blank_product
from indexer.vectorizers.probing import run_probed

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline


class EmbeddedText(NamedTuple):
    """The vector of words.

    Attributes
    ----------
    vector : ndarray, shape (dims,)
        Compound: the text part is the words' own, the others are projected from it (`TextProjection`).
    space : str
        Digest of the vector space.
    closeness : float
        How close the words are to those of the catalogue (`TextProjection.closeness`).
    """

    vector: Vector
    space: str
    closeness: float


def embed_text(pipeline: Pipeline, words: str, digest: str) -> EmbeddedText:
    """Embed words in a vector space, named by its digest.

    Raises
    ------
    SpaceError
        There is no such space, it was made by other models, or it has no text projection.
    DeviceError
        This machine can't run a model any more, whatever the words.
    """
    space = pipeline.space_named(digest)
    vectorizer = pipeline.vectorizers.products.get(TEXT)
    if vectorizer is None or space.text_projection is None:
        raise SpaceError(f"The vector space {digest} can't place words; fit one by `lookalike fit`")
    sentence = as_stored(run_probed(vectorizer, [ProductFields(words)], blank_product)[0], pipeline.vectorizers.numbers)
    tower = pipeline.vectorizers.text_tower
    own = run_probed(tower, [words], lambda: "blank")[0] if tower else None
    return EmbeddedText(space.compose_text(sentence, own), digest, space.text_projection.closeness(sentence))
