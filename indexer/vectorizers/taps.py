"""A model with taps: reads the activations of several layers in one pass over the images."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import normalize

from indexer.errors import SettingsError
from indexer.vectorizers.pooling import Pooling, positions
from indexer.vectorizers.preprocessing import Preprocessing
from indexer.vectorizers.presets import GRID, POOLED, Tap


class TappedModel(nn.Module):
    """A model from pixels to activations: normalises the pixels, runs the model, pools each tap's layers.

    Takes uint8 pixels ``(batch, height, width, 3)`` and returns ``(batch, dims)`` in float32 for each tap, whatever the
    precision of the model.

    Raises
    ------
    SettingsError
        The model has no such layer; the message names some that it has.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, model: nn.Module, preprocessing: Preprocessing, taps: Mapping[str, Tap]) -> None:
        super().__init__()
        self.model, self.taps = model, dict(taps)
        self.dtype = torch.float32  # of the model's weights, to which the pixels are converted
        self._prefix_tokens = prefix_tokens(model)
        self._outputs = _Outputs()
        self.register_buffer("mean", 255 * torch.tensor(preprocessing.mean), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(preprocessing.std), persistent=False)
        for name, tap in self.taps.items():
            for layer in tap.layers:
                self._register_hook(name, layer)
        with torch.inference_mode():
            self.model(torch.zeros(1, 3, *preprocessing.size))
            self._poolings = [
                [Pooling(tap.pooling, self._positions(layer).shape[1]) for layer in tap.layers]
                for tap in self.taps.values()
            ]
            self.shapes = [tuple(self._outputs.tensors[tap.layers[0]].shape[1:]) for tap in self.taps.values()]
            self._modules_of_poolings = nn.ModuleList(itertools.chain(*self._poolings))  # moved with the model
            self.dims = [part.shape[1] for part in self._pooled()]

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run the model once and pool the outputs of each tap's layers."""
        scaled = (pixels.float() - self.mean) / self.std
        self.model(scaled.permute(0, 3, 1, 2).to(self.dtype))
        return self._pooled()

    def _pooled(self) -> tuple[torch.Tensor, ...]:
        pooled = []
        for tap, poolings in zip(self.taps.values(), self._poolings, strict=True):
            parts = [pooling(self._positions(layer)) for layer, pooling in zip(tap.layers, poolings, strict=True)]
            pooled.append(parts[0] if len(parts) == 1 else torch.cat([normalize(part) for part in parts], 1))
        self._outputs.tensors.clear()
        return tuple(pooled)

    def _positions(self, layer: str) -> torch.Tensor:
        return positions(self._outputs.tensors[layer], self._prefix_tokens)

    def _register_hook(self, tap: str, layer: str) -> None:
        modules = dict(self.model.named_modules())
        name = layer or classifier(self.model)
        if name not in modules:
            raise SettingsError(
                f"{tap.upper()}_LAYER: the model has no layer {name!r}; it has {', '.join(list(modules)[1:9])}, ... "
                "(`lookalike layers MODEL` lists all)"
            )
        if layer == POOLED:
            modules[name].register_forward_pre_hook(_Hook(self._outputs, layer))
        else:
            modules[name].register_forward_hook(_Hook(self._outputs, layer))


class _Outputs:
    """The outputs of the tapped layers in one pass."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}


class _Hook:
    """A hook that stores a layer's input or output. Unlike a closure, it is copied with the model."""

    def __init__(self, outputs: _Outputs, layer: str) -> None:
        self._outputs, self._layer = outputs, layer

    def __call__(self, _module: nn.Module, *inputs_and_output: Any) -> None:
        self._outputs.tensors[self._layer] = first_tensor(inputs_and_output[-1])


def first_tensor(output: Any) -> torch.Tensor:
    """Return a layer's output, or the first tensor of several (attention layers also return their weights)."""
    while not isinstance(output, torch.Tensor):
        output = next(iter(output.values() if isinstance(output, Mapping) else output))
    return output


def prefix_tokens(model: nn.Module) -> int:
    """Count a transformer's tokens without a position: timm declares it, torchvision has at most a class token."""
    return int(getattr(model, "num_prefix_tokens", hasattr(model, "class_token")))


def classifier(model: nn.Module) -> str:
    """Return the name of the last linear layer, whose input is the pooled features."""
    linear: list[str] = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d) and "aux" not in name.lower()
    ]
    modules = dict(model.named_modules())
    if not linear or not isinstance(modules[linear[-1]], nn.Linear):
        raise SettingsError("LOOK_LAYER: the model doesn't end in a linear layer; name the layer to use")
    return linear[-1]


@dataclass(frozen=True)
class Layer:
    """A layer of a model, with the shape of its output for one image."""

    name: str
    kind: str
    shape: tuple[int, ...]  # without the batch


def list_layers(model: nn.Module, size: Sequence[int]) -> list[Layer]:
    """List every layer that can be tapped, in the order in which they run.

    Parameters
    ----------
    size : sequence of int
        Height and width of the input image.
    """
    layers: dict[str, Layer] = {}

    def record(name: str, module: nn.Module, output: Any) -> None:
        try:
            shape = tuple(first_tensor(output).shape[1:])
        except (TypeError, StopIteration):
            return  # no tensor
        layers.pop(name, None)  # of a layer that runs twice, the last output counts
        layers[name] = Layer(name, type(module).__name__, shape)

    hooks = [
        module.register_forward_hook(lambda m, _inputs, out, name=name: record(name, m, out))
        for name, module in model.named_modules()
        if name
    ]
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, *size))
    finally:
        for hook in hooks:
            hook.remove()
    return list(layers.values())


def parts_layer(model: nn.Module, size: Sequence[int], max_channels: int) -> str | None:
    """Choose the layer of the parts aspect: the last with four or more rows and at most ``max_channels`` channels.

    Returns None if the deeper half of the model has no such layer, as in a transformer.
    """
    layers = list_layers(model, size)
    candidates = [
        layer.name
        for layer in layers[len(layers) // 2 :]
        if len(layer.shape) == 3 and layer.shape[0] <= max_channels and layer.shape[1] == layer.shape[2] >= GRID[0]
    ]
    return candidates[-1] if candidates else None


def style_layers(model: nn.Module, size: Sequence[int]) -> tuple[str, ...]:
    """Choose default style layers: the last at a quarter of the image's size, and the last at an eighth.

    Raises
    ------
    SettingsError
        The model has no such layers.
    """
    if named := getattr(model, "style_layers", ()):
        return tuple(named)
    shallow: dict[int, str] = {}
    for layer in list_layers(model, size):
        if len(layer.shape) == 3 and layer.shape[1] in (layer.shape[0], layer.shape[2]):
            shallow[round(size[1] / layer.shape[1])] = layer.name
    chosen = tuple(shallow[stride] for stride in (4, 8) if stride in shallow)
    if not chosen:
        raise SettingsError("STYLE_LAYERS: name one or two shallow layers (`lookalike layers MODEL` lists them)")
    return chosen
