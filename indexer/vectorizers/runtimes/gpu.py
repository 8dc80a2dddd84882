"""Whether there is a CUDA GPU, and how it runs a model."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Literal

Precision = Literal["float16", "float32"]


@dataclass(frozen=True)
class Gpu:
    """How a CUDA GPU runs a model."""

    precision: Precision = "float16"
    compile: bool = False  # by torch.compile; a minute or more at each start


def has_gpu() -> bool:
    """Return whether there is a CUDA GPU."""
    try:
        ctypes.CDLL("libcuda.so.1")  # without NVIDIA's driver there is no GPU, and torch takes seconds to import
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()
