"""torchvision's detectors, as finders of regions: any object counts, whatever its label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from torch import nn
from torchvision.models import detection, get_model, get_model_weights, list_models
from torchvision.transforms.functional import pil_to_tensor

from indexer.errors import CheckpointError, SettingsError
from indexer.vectorizers.checkpoints import load_state, read_state

Box = tuple[float, float, float, float]

_LEAST_SCORE = 0.3  # below it, detectors are mostly wrong
_LARGEST = 0.8  # of the image: an object that fills it is no region of it
_SIDE = 640  # pixels: a larger image costs a shopper's time and shows no more objects


class Detector:
    """A detection model. Safe for threads."""

    def __init__(self, module: nn.Module, most: int) -> None:
        self._module, self._most = module.eval().requires_grad_(False), most

    def __call__(self, image: Image.Image) -> Sequence[Box]:
        """Return the objects of an upright RGB image, the surest first: left, top, width, height as fractions."""
        small = image.copy()
        small.thumbnail((_SIDE, _SIDE))
        with torch.inference_mode():
            [found] = self._module([pil_to_tensor(small).float() / 255])
        boxes: list[Box] = []
        for (left, top, right, bottom), score in zip(found["boxes"].tolist(), found["scores"].tolist(), strict=True):
            width, height = (right - left) / small.width, (bottom - top) / small.height
            if score >= _LEAST_SCORE and 0 < width * height <= _LARGEST:
                boxes.append((left / small.width, top / small.height, width, height))
        return boxes[: self._most]


def load_detector(name: str, checkpoint: Path | None, most: int) -> Detector:
    """Load one of torchvision's detectors.

    Parameters
    ----------
    checkpoint : Path, optional
        A safetensors file or a state dict, of the number of classes that torchvision's own has; by default it is
        downloaded from torchvision's hub.
    most : int
        Objects of an image.

    Raises
    ------
    SettingsError
        torchvision has no such detector.
    CheckpointError
        The checkpoint is missing, damaged or another model's.
    """
    known = list_models(module=detection)
    if name not in known:
        raise SettingsError(f"REGION_DETECTOR: torchvision has no detector {name!r}; it has {', '.join(known)}")
    if checkpoint is not None:
        module = get_model(name, weights=None, weights_backbone=None)
        load_state(module, read_state(checkpoint), checkpoint)
        return Detector(module, most)
    try:
        return Detector(get_model(name, weights=get_model_weights(name).DEFAULT), most)
    except Exception as error:  # a download fails in many ways, and all mean the same to the user
        raise CheckpointError(
            f"The checkpoint of {name} can't be downloaded ({type(error).__name__}: {str(error)[:200]}). Set "
            "REGION_WEIGHTS to a file, or leave REGION_DETECTOR empty."
        ) from error
