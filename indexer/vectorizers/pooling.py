"""Poolings: from a layer's channels and positions to one vector per image."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from indexer.errors import SettingsError
from indexer.settings import Pooling as Kind
from indexer.vectorizers.presets import GRID

GRAM_CHANNELS = 48  # more are projected: 48 make a Gram matrix of 1,176 numbers
_GEM_POWER = 3.0  # Radenovic, Tolias and Chum, "Fine-tuning CNN image retrieval with no human annotation", 2018


def positions(activation: torch.Tensor, prefix_tokens: int) -> torch.Tensor:
    """Reshape a layer's output to ``(batch, channels, positions)``, in float32.

    Parameters
    ----------
    activation : Tensor
        ``(batch, channels)``; ``(batch, tokens, channels)`` of a transformer; ``(batch, channels, height, width)``; or
        ``(batch, height, width, channels)``, as in Swin, recognised by its two equal sides.
    prefix_tokens : int
        Leading tokens without a position, such as the class token. They are left out.
    """
    shape = activation.shape
    if activation.ndim == 2:
        activation = activation[:, :, None]
    elif activation.ndim == 3:
        activation = activation[:, prefix_tokens:].transpose(1, 2)
    elif shape[1] == shape[2] != shape[3]:
        activation = activation.permute(0, 3, 1, 2).flatten(2)
    else:
        activation = activation.flatten(2)
    return activation.float()


def _statistics(activation: torch.Tensor) -> torch.Tensor:
    mean = activation.mean(2)
    return torch.cat([mean, (activation - mean[:, :, None]).square().mean(2).sqrt()], 1)


def _grid(activation: torch.Tensor) -> torch.Tensor:
    rows, columns = GRID
    side = math.isqrt(activation.shape[2])
    if side * side != activation.shape[2] or side < rows:
        raise SettingsError(
            f"The pooling grid needs a layer of at least {rows} x {rows} positions, as many rows as columns: "
            "choose another one (`lookalike layers MODEL` lists them)"
        )
    step = side // rows  # stride of windows that are wide enough to cover all positions, and may overlap
    cells = avg_pool2d(activation.reshape(-1, activation.shape[1], side, side), side - (rows - 1) * step, step)
    return ((cells + cells.flip(3))[..., :columns] / 2).flatten(1)


_POOLINGS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "average": lambda x: x.mean(2),
    "max": lambda x: x.amax(2),
    "gem": lambda x: x.clamp(min=1e-6).pow(_GEM_POWER).mean(2).pow(1 / _GEM_POWER),
    "flatten": lambda x: x.flatten(1),
    "grid": _grid,
    "statistics": _statistics,
}


class Pooling(nn.Module):
    """Pools a layer's activation, shape ``(batch, channels, positions)``, to one vector per image.

    Parameters
    ----------
    kind : str
        ``average`` and ``max`` of each channel; ``gem``, their generalised mean (a power of 3: between the two);
        ``flatten``, every position of every channel; ``grid``, averages of the sides and of the middle of four rows (so
        that a mirror image has the same); ``statistics``, mean and standard deviation of each channel; ``gram``, the
        upper triangle of the channels' products averaged over positions. The last two discard positions, which leaves
        texture and palette (Gatys, Ecker and Bethge, "Texture synthesis using CNNs", 2015).
    channels : int
        Channels of the layer.

    Notes
    -----
    Returns ``(batch, channels)``; twice as wide for ``statistics``, eight times for ``grid``, ``(batch, channels *
    positions)`` for ``flatten``, ``(batch, c * (c + 1) / 2)`` for ``gram`` with ``c = min(channels, GRAM_CHANNELS)``.
    A layer that is pooled already (a single position) stays as it is, except for ``gram``.
    """

    projection: torch.Tensor
    triangle: torch.Tensor

    def __init__(self, kind: Kind, channels: int) -> None:
        super().__init__()
        self._kind, self._projected = kind, channels > GRAM_CHANNELS
        side = min(channels, GRAM_CHANNELS)
        rows, columns = torch.triu_indices(side, side).unbind()
        self.register_buffer("triangle", rows * side + columns, persistent=False)
        self.register_buffer("projection", _projection(channels), persistent=False)

    def forward(self, activation: torch.Tensor) -> torch.Tensor:
        """Pool an activation."""
        if self._kind == "gram":
            return self._gram(activation)
        return activation[:, :, 0] if activation.shape[2] == 1 else _POOLINGS[self._kind](activation)

    def _gram(self, activation: torch.Tensor) -> torch.Tensor:
        if self._projected:
            activation = torch.matmul(self.projection, activation)
        products = torch.matmul(activation, activation.transpose(1, 2)) / activation.shape[2]
        return torch.index_select(products.flatten(1), 1, self.triangle)


def _projection(channels: int) -> torch.Tensor:
    """Return up to `GRAM_CHANNELS` random orthonormal directions from a fixed seed: shape ``(directions, channels)``.

    A random projection keeps the channels' products up to an error that shrinks with the square root of the number of
    directions (Johnson and Lindenstrauss).
    """
    seeded = torch.Generator().manual_seed(0)
    directions = torch.randn(channels, min(channels, GRAM_CHANNELS), generator=seeded, dtype=torch.float64)
    axes: torch.Tensor = torch.linalg.qr(directions).Q
    return axes.T.float().contiguous()
