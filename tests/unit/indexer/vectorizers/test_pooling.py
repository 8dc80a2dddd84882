"""Poolings compared with NumPy, and the shapes of layers' activations."""

import numpy as np
import pytest
import torch

from indexer.errors import SettingsError
from indexer.settings import Pooling as Kind
from indexer.vectorizers.pooling import GRAM_CHANNELS, Pooling, positions

ACTIVATION = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 5, 12)).astype(np.float32)).abs()


def pooled(kind: Kind, activation: torch.Tensor = ACTIVATION) -> np.ndarray:
    return np.asarray(Pooling(kind, activation.shape[1])(activation))


def test_each_pooling_agrees_with_numpy() -> None:
    x = ACTIVATION.numpy()
    np.testing.assert_allclose(pooled("average"), x.mean(2), rtol=1e-5)
    np.testing.assert_allclose(pooled("max"), x.max(2))
    np.testing.assert_allclose(pooled("gem"), (x**3).mean(2) ** (1 / 3), rtol=1e-5)
    np.testing.assert_allclose(pooled("flatten"), x.reshape(2, -1))
    np.testing.assert_allclose(pooled("statistics"), np.concatenate([x.mean(2), x.std(2)], 1), rtol=1e-5)
    gram = x @ x.transpose(0, 2, 1) / 12
    np.testing.assert_allclose(pooled("gram"), np.stack([g[np.triu_indices(5)] for g in gram]), rtol=1e-5)


@pytest.mark.parametrize("kind", ["statistics", "gram"])
def test_style_discards_positions(kind: Kind) -> None:
    shuffled = ACTIVATION[:, :, torch.randperm(12, generator=torch.Generator().manual_seed(1))]
    np.testing.assert_allclose(pooled(kind, shuffled), pooled(kind), rtol=1e-4)
    assert not np.allclose(pooled("flatten", shuffled), pooled("flatten"))


def test_a_grid_keeps_positions_except_left_and_right() -> None:
    maps = torch.zeros(1, 2, 9, 9)
    maps[0, 0, :, 0], maps[0, 1, 8] = 6.0, 1.0  # something at one side, something else at the bottom
    grid = pooled("grid", maps.flatten(2)).reshape(2, 4, 2)
    np.testing.assert_allclose(grid[0], [[1.0, 0.0]] * 4)
    np.testing.assert_allclose(grid[1], [[0.0, 0.0]] * 3 + [[1 / 3, 1 / 3]], rtol=1e-6)
    np.testing.assert_array_equal(pooled("grid", maps.flip(3).flatten(2)).reshape(2, 4, 2), grid)


@pytest.mark.parametrize("positions", [9, 24])
def test_a_grid_needs_positions_in_a_square(positions: int) -> None:
    with pytest.raises(SettingsError, match="at least 4 x 4 positions"):
        pooled("grid", torch.rand(1, 3, positions))


def test_a_gram_matrix_of_many_channels_is_bounded_and_deterministic() -> None:
    many = torch.rand(1, 700, 9, generator=torch.Generator().manual_seed(2))
    assert pooled("gram", many).shape == (1, GRAM_CHANNELS * (GRAM_CHANNELS + 1) // 2)
    np.testing.assert_array_equal(pooled("gram", many), pooled("gram", many))


def test_pooled_layers_stay_as_they_are() -> None:
    flat = positions(torch.tensor([[1.0, 2.0]]), 0)
    np.testing.assert_array_equal(pooled("statistics", flat), [[1.0, 2.0]])


def test_positions_of_every_kind_of_layer() -> None:
    maps = torch.rand(2, 6, 4, 4)
    assert torch.equal(positions(maps, 0), maps.flatten(2))
    assert torch.equal(positions(maps.permute(0, 2, 3, 1), 0), maps.flatten(2))  # Swin's order
    tokens = torch.cat([torch.full((2, 1, 6), 9.0), maps.flatten(2).transpose(1, 2)], 1)
    assert torch.equal(positions(tokens, 1), maps.flatten(2))  # the class token is no position
    assert positions(torch.rand(2, 6, dtype=torch.float16), 0).dtype == torch.float32
