"""A model with taps: one pass over the images gives the activations of several layers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import normalize

from indexer.errors import SettingsError
from indexer.vectorizers.pooling import GRID, Pooling, positions
from indexer.vectorizers.preprocessing import Preprocessing
from indexer.vectorizers.presets import POOLED, Tap


class TappedModel(nn.Module):
    """A model from pixels to activations: scales the pixels as the weights expect them, runs, pools each tap's layers.

    Takes uint8 pixels ``(batch, height, width, 3)`` and gives one ``(batch, dims)`` in float32 for each tap, whatever
    precision the model itself runs in.

    Raises
    ------
    SettingsError
        A layer that the model doesn't have; names some that it has.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, model: nn.Module, preprocessing: Preprocessing, taps: Mapping[str, Tap]) -> None:
        super().__init__()
        self.model, self.taps = model, dict(taps)
        self.dtype = torch.float32  # of the model's weights; the pixels are brought to it
        self._prefix_tokens = prefix_tokens(model)
        self._held = _Held()
        self.register_buffer("mean", 255 * torch.tensor(preprocessing.mean), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(preprocessing.std), persistent=False)
        for name, tap in self.taps.items():
            for layer in tap.layers:
                self._listen(name, layer)
        with torch.inference_mode():
            self.model(torch.zeros(1, 3, *preprocessing.size))
            self._poolings = [
                [Pooling(tap.pooling, self._positions(layer).shape[1]) for layer in tap.layers]
                for tap in self.taps.values()
            ]
            self._moved = nn.ModuleList(itertools.chain(*self._poolings))  # to the model's device, with it
            self.dims = [part.shape[1] for part in self._pooled()]

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run the model once and pool what each tap's layers gave."""
        scaled = (pixels.float() - self.mean) / self.std
        self.model(scaled.permute(0, 3, 1, 2).to(self.dtype))
        return self._pooled()

    def _pooled(self) -> tuple[torch.Tensor, ...]:
        pooled = []
        for tap, poolings in zip(self.taps.values(), self._poolings, strict=True):
            parts = [pooling(self._positions(layer)) for layer, pooling in zip(tap.layers, poolings, strict=True)]
            pooled.append(parts[0] if len(parts) == 1 else torch.cat([normalize(part) for part in parts], 1))
        self._held.tensors.clear()
        return tuple(pooled)

    def _positions(self, layer: str) -> torch.Tensor:
        return positions(self._held.tensors[layer], self._prefix_tokens)

    def _listen(self, tap: str, layer: str) -> None:
        modules = dict(self.model.named_modules())
        name = layer or classifier(self.model)
        if name not in modules:
            raise SettingsError(
                f"{tap.upper()}_LAYER: the model has no layer {name!r}; it has {', '.join(list(modules)[1:9])}, ... "
                "(`python -m indexer layers MODEL` lists all)"
            )
        if layer == POOLED:
            modules[name].register_forward_pre_hook(_Keep(self._held, layer))
        else:
            modules[name].register_forward_hook(_Keep(self._held, layer))


class _Held:
    """What the layers gave in this pass."""

    def __init__(self) -> None:
        self.tensors: dict[str, torch.Tensor] = {}


class _Keep:
    """A hook that keeps what goes into a layer, or comes out of it. Unlike a closure, it is copied with the model."""

    def __init__(self, held: _Held, layer: str) -> None:
        self._held, self._layer = held, layer

    def __call__(self, _module: nn.Module, *inputs_and_output: Any) -> None:
        self._held.tensors[self._layer] = tensor_of(inputs_and_output[-1])


def tensor_of(output: Any) -> torch.Tensor:
    """Return a layer's output, or the first tensor of several (attention gives its weights beside it)."""
    while not isinstance(output, torch.Tensor):
        output = next(iter(output.values() if isinstance(output, Mapping) else output))
    return output


def prefix_tokens(model: nn.Module) -> int:
    """Count a transformer's tokens that stand for no position: timm says it, torchvision has at most a class token."""
    return int(getattr(model, "num_prefix_tokens", hasattr(model, "class_token")))


def classifier(model: nn.Module) -> str:
    """Name the last linear layer: what goes into it are the pooled features."""
    linear: list[str] = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Conv2d) and "aux" not in name.lower()
    ]
    modules = dict(model.named_modules())
    if not linear or not isinstance(modules[linear[-1]], nn.Linear):
        raise SettingsError("LOOK_LAYER: the model ends in no linear layer, so name the layer to take")
    return linear[-1]


@dataclass(frozen=True)
class Layer:
    """A layer of a model, and what it gives for one image."""

    name: str
    kind: str
    shape: tuple[int, ...]  # without the batch


def list_layers(model: nn.Module, size: Sequence[int]) -> list[Layer]:
    """List every layer whose output can be taken, in the order in which they run.

    Parameters
    ----------
    size : sequence of int
        Height and width of the image that goes in.
    """
    found: dict[str, Layer] = {}

    def note(name: str, module: nn.Module, output: Any) -> None:
        try:
            shape = tuple(tensor_of(output).shape[1:])
        except (TypeError, StopIteration):
            return  # gives no tensor
        found.pop(name, None)  # a layer that runs twice: its last output is the one that is taken
        found[name] = Layer(name, type(module).__name__, shape)

    hooks = [
        module.register_forward_hook(lambda m, _inputs, out, name=name: note(name, m, out))
        for name, module in model.named_modules()
        if name
    ]
    try:
        with torch.inference_mode():
            model(torch.zeros(1, 3, *size))
    finally:
        for hook in hooks:
            hook.remove()
    return list(found.values())


def parts_layer(model: nn.Module, size: Sequence[int], most: int) -> str | None:
    """Choose the layer whose parts tell what is where: the last of four and more rows and at most so many channels.

    None where there is no such layer in the deeper half of the model, as in a transformer.
    """
    layers = list_layers(model, size)
    fitting = [
        layer.name
        for layer in layers[len(layers) // 2 :]
        if len(layer.shape) == 3 and layer.shape[0] <= most and layer.shape[1] == layer.shape[2] >= GRID[0]
    ]
    return fitting[-1] if fitting else None


def style_layers(model: nn.Module, size: Sequence[int]) -> tuple[str, ...]:
    """Choose style layers where nobody named any: the last at a quarter of the image's size and the last at an eighth.

    Raises
    ------
    SettingsError
        The model has no such layers.
    """
    shallow: dict[int, str] = {}
    for layer in list_layers(model, size):
        if len(layer.shape) == 3 and layer.shape[1] in (layer.shape[0], layer.shape[2]):
            shallow[round(size[1] / layer.shape[1])] = layer.name
    found = tuple(shallow[stride] for stride in (4, 8) if stride in shallow)
    if not found:
        raise SettingsError(
            "STYLE_LAYERS: name one or two shallow layers (`python -m indexer layers MODEL` lists them)"
        )
    return found
