"""Rounding to the number format of a store."""

import numpy as np
import torch

from indexer.activations.activation_store import as_stored


def test_bfloat16_is_rounded_as_torch_rounds_it() -> None:
    raw = np.random.default_rng(1).normal(0, 1, 5_000).astype(np.float32)
    raw[:4] = 0, 1.00390625, 1.01171875, -1e30  # ties, to even
    np.testing.assert_array_equal(as_stored(raw, "bfloat16"), torch.from_numpy(raw).bfloat16().float().numpy())
    assert as_stored(raw, "float32") is raw
    strange = np.array([0x7FFFFFFF, 0x7FFFE000, 0xFFFFFFFF, 0x7F800000], np.uint32).view(np.float32)
    np.testing.assert_array_equal(as_stored(strange, "bfloat16"), [np.nan, np.nan, np.nan, np.inf])
