"""Activations are stored to the bit."""

from typing import Any, get_args

import numpy as np
import pytest

from es_mappings.stores.image_vector import Numbers, mapping, numbers, packed, unpacked
from indexer.activations.activation_store import as_stored

ROW = np.array([0.0, -0.0, 1.0, -1.5, 3.1415927, 1e-30, -6.5e30], np.float32)


@pytest.mark.parametrize("kind", get_args(Numbers))
def test_what_is_unpacked_is_what_was_packed(kind: Numbers) -> None:
    row = as_stored(ROW, kind)
    assert unpacked(packed(row, kind), kind).tobytes() == row.tobytes()


def test_bfloat16_takes_half_the_bytes_whatever_the_array_s_layout() -> None:
    row = as_stored(np.arange(24, dtype=np.float32), "bfloat16")
    assert len(packed(row, "float32")) == 2 * len(packed(row, "bfloat16"))
    assert packed(row[::2], "bfloat16") == packed(row[::2].copy(), "bfloat16")


def test_the_mapping_has_a_binary_field_for_each_aspect_and_says_its_numbers() -> None:
    manifests: dict[str, dict[str, Any]] = {"look": {"model": "a"}, "color": {"bins": 9}}
    built = mapping(manifests, "bfloat16")
    assert built["properties"]["activations"] == {
        "properties": {"look": {"type": "binary"}, "color": {"type": "binary"}}
    }
    assert built["_meta"]["vectorizers"] == manifests
    assert numbers(built) == "bfloat16"
