"""Compose a product's vectors from the activations of its images and words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.layout import Vector
from indexer.attribution.attributor import AttributionInput
from indexer.attribution.features import Example
from indexer.catalog import documents
from indexer.catalog.documents import EmbeddedImage
from indexer.embedding.giving_up import failure_reason
from indexer.embedding.image_embedder import Embedded
from indexer.embedding.stored_products import Embeddable, StoredProduct
from indexer.errors import ImageError, ImageUnavailableError, PlaceholderError
from indexer.spaces.vector_space import VectorSpace


@dataclass(frozen=True)
class Outcome:
    """What is written into a product's document."""

    vector: Vector | None
    images: Sequence[EmbeddedImage]
    reason: str | None
    failed: bool
    unavailable: bool  # whether a missing image may be available later
    placeholders: Sequence[str] = ()  # digests of pictures that count as no image

    @classmethod
    def of_error(cls, error: Exception) -> Outcome:
        """Return the outcome of a product that can't be embedded."""
        return cls(None, [], failure_reason(error)[:1000], failed=True, unavailable=False)

    def action(
        self,
        name: str,
        product_id: str,
        source: str,
        space: VectorSpace | None,
        attribution: Mapping[str, Any] | None = None,
    ) -> documents.Action:
        """Build the action that writes the vectors and the predicted attributes into the product's document."""
        action = documents.embedded(
            name, product_id, source, self.vector, self.images,
            space=space.digest if space else None, reason=self.reason, failed=self.failed,
            placeholders=self.placeholders, attribution=attribution,
        )  # fmt: skip
        return documents.to_be_retried(action) if self.unavailable else action


def attribution_input(product: StoredProduct, images: Mapping[str, Embedded | ImageError]) -> AttributionInput:
    """Return the input from which a product's attributes are predicted."""
    primary = images.get(product.images[0]) if product.images else None
    activations = primary.activations if isinstance(primary, Embedded) else {}
    return AttributionInput(Example(activations, product.fields), product.source, product.attribution)


def compose(
    product: Embeddable,
    images: Mapping[str, Embedded | ImageError],
    words: Mapping[str, Vector],
    space: VectorSpace | None,
) -> Outcome:
    """Compose a product's vectors; an image that failed costs only its own vector.

    Parameters
    ----------
    images : mapping of str to Embedded or ImageError
        By image address.
    words : mapping of str to ndarray
        Aspect to the activation of the product's fields.
    """
    embedded, faults, notes = [], {}, []
    for address in product.images:
        image = images[address]
        if isinstance(image, PlaceholderError):
            notes.append(_of_image(image, address, product))
        elif isinstance(image, ImageError):
            faults[address] = _of_image(image, address, product)
        else:
            vector = space.compose({**words, **image.activations}) if space else None
            embedded.append(EmbeddedImage(address, image.digest, vector))
            notes += [_of_image(image.note, address, product)] if image.note else []
    vector = embedded[0].vector if embedded else space.compose(words) if space else None
    empty = vector is not None and not vector.any()
    reasons = [
        *faults.values(),
        *notes,
        *(["the product has nothing to make a vector from"] if empty and not faults else []),
    ]
    failed = empty or (bool(product.images) and product.images[0] in faults)
    unavailable = any(isinstance(images[address], ImageUnavailableError) for address in product.images)
    placeholders = [i.digest for a in product.images if isinstance(i := images[a], PlaceholderError)]
    reason = "; ".join(reasons)[:1000] or None
    return Outcome(None if empty else vector, embedded, reason, failed, unavailable, placeholders)


def _of_image(what: object, address: str, product: Embeddable) -> str:
    """Return what is wrong with an image, with its address unless it is the primary one."""
    return str(what) if address == product.images[0] else f"{what} ({address})"
