"""Find what a shopper's photograph shows: by a CNN's activations and colors, or by a detector."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from indexer.embedding import saliency
from indexer.embedding.photos import Box, FindRegions
from indexer.settings import Settings
from indexer.vectorizers.detectors import load_detector
from indexer.vectorizers.maps import ActivationMap, load_map

MOST = 5  # regions of a photograph


class SalientRegions:
    """Finds regions without labels (`saliency`). Safe for threads."""

    def __init__(self, activations: ActivationMap | None) -> None:
        self._activations = activations

    def __call__(self, image: Image.Image) -> Sequence[Box]:
        """Return the regions of an upright RGB image, the clearest first."""
        activations = self._activations(image) if self._activations else None
        return [region.box for region in saliency.regions(saliency.saliency(image, activations), MOST)]

    @classmethod
    def from_settings(cls, settings: Settings) -> SalientRegions:
        """Load the layer of the model that the settings name."""
        return cls(load_map(settings))


def load_finder(settings: Settings) -> FindRegions:
    """Return what finds regions, as the settings say.

    Raises
    ------
    CheckpointError, SettingsError
        The detector that the settings name doesn't exist, or its checkpoint is missing.
    """
    if settings.region_detector:
        return load_detector(settings.region_detector, settings.region_weights, MOST)
    return SalientRegions.from_settings(settings)
