"""The look aspect: a hidden layer of a pretrained CNN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from es_mappings.layout import Vector
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers.runtimes import Runtime, choose_runtime
from indexer.vectorizers.weights import Preprocessing, PretrainedModel, load_model

# Share of each side that is kept. NDCG@10 by category on 341 real photographs (EfficientNet-Lite2, PCA to 256): padded
# 0.655, squeezed whole 0.647, centre crop 0.683, this 0.680; and this keeps 85% of a portrait's height, that 70%.
_ZOOM = 0.95

POOLED = ""  # the layer name that stands for the features the classifier sees


class CnnVectorizer:
    """Embeds images by a layer of a CNN, averaged over its positions where it has any."""

    def __init__(self, model: PretrainedModel, layer: str, runtime: Runtime, dims: int) -> None:
        self._model, self._layer, self._runtime, self._dims = model, layer, runtime, dims

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the activations. The runtime isn't part of it: all agree to a cosine of 0.999 and better."""
        p = self._model.preprocessing
        return {
            "aspect": "look",
            "model": self._model.name,
            "layer": self._layer or "pooled",
            "weights": self._model.weights,
            "preprocessing": {
                "size": p.size,
                "mean": p.mean,
                "std": p.std,
                "interpolation": p.interpolation,
                "fit": f"middle {_ZOOM}",
            },
        }

    @property
    def dims(self) -> int:
        """Channels of the layer."""
        return self._dims

    @property
    def runtime(self) -> str:
        """What runs the model, for people."""
        return self._runtime.name

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Embed upright RGB images: shape ``(len(images), dims)``."""
        return self._runtime(np.stack([preprocess(image, self._model.preprocessing) for image in images]))


def load_cnn(settings: Settings) -> CnnVectorizer:
    """Load the model, layer, weights and runtime that the settings name."""
    model = load_model(settings.look_model, settings.look_weights)
    module = LayerActivation(model.module, settings.look_layer)
    height, width = model.preprocessing.size
    with torch.inference_mode():
        dims = module(torch.zeros(1, 3, height, width)).shape[1]
    return CnnVectorizer(model, settings.look_layer, choose_runtime(settings.runtime, module, (height, width)), dims)


class LayerActivation(nn.Module):
    """A model cut at a layer: gives the layer's output, averaged over positions, as ``(batch, channels)``."""

    def __init__(self, model: nn.Module, layer: str) -> None:
        super().__init__()
        self.model = model
        self._taken: torch.Tensor | None = None
        name = layer or _classifier(model)
        modules = dict(model.named_modules())
        if name not in modules:
            raise SettingsError(
                f"LOOK_LAYER: the model has no layer {name!r}; it has {', '.join(list(modules)[1:9])}, ..."
            )
        if layer == POOLED:
            modules[name].register_forward_pre_hook(self._take_input)
        else:
            modules[name].register_forward_hook(self._take_output)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Run the model and give what the layer said."""
        self.model(images)
        assert self._taken is not None  # noqa: S101 - the hook ran
        activation, self._taken = self._taken, None
        return activation.mean(dim=tuple(range(2, activation.ndim))) if activation.ndim > 2 else activation

    def _take_input(self, _module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self._taken = inputs[0]

    def _take_output(self, _module: nn.Module, _inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        self._taken = output


def _classifier(model: nn.Module) -> str:
    """Name the last linear layer: what goes into it are the pooled features."""
    linear: list[str] = [
        name for name, module in model.named_modules() if isinstance(module, nn.Linear) and "aux" not in name.lower()
    ]
    if not linear:
        raise SettingsError("LOOK_LAYER: the model ends in no linear layer, so name the layer to take")
    return linear[-1]


def preprocess(image: Image.Image, expected: Preprocessing) -> NDArray[np.float32]:
    """Bring an image to the size and scale that the weights expect: shape ``(3, height, width)``.

    The middle is taken, half as much longer than wide as the image is, and squeezed gently into the frame: more of a
    hem or a sleeve than the centre crop of the weights' own evaluation keeps, and larger than padding would show it.
    """
    height, width = expected.size
    short = min(image.width / width, image.height / height)
    # Geometric mean between the square that fits and the whole side.
    crop_width, crop_height = (
        _ZOOM * (side * short * of) ** 0.5 for side, of in ((image.width, width), (image.height, height))
    )
    left, top = (image.width - crop_width) / 2, (image.height - crop_height) / 2
    box = (left, top, left + crop_width, top + crop_height)
    resized = image.resize((width, height), Image.Resampling[expected.interpolation.upper()], box, reducing_gap=3.0)
    normalized = (np.asarray(resized, np.float32) / 255 - np.asarray(expected.mean, np.float32)) / np.asarray(
        expected.std, np.float32
    )
    return np.ascontiguousarray(normalized.transpose(2, 0, 1))
