"""Sentence models as torch modules, loaded by transformers: for GPUs, and for models other than BERT."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from numpy.typing import NDArray
from torch import nn

from es_mappings.layout import Vector


class Sentence(nn.Module):
    """A transformer and its pooling: token ids and mask in, one vector per text out."""

    def __init__(self, model: nn.Module, *, first_token: bool) -> None:
        super().__init__()
        self.model, self._first = model, first_token

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Run the transformer, and return the first token or the mean of all."""
        hidden: torch.Tensor = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
        if self._first:
            return hidden[:, 0]
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * weights).sum(1) / weights.sum(1)


def load(folder: Path, *, first_token: bool) -> Sentence:
    """Load any model that transformers supports, from safetensors and without running the model's own code."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model: nn.Module = AutoModel.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
    )
    return Sentence(model, first_token=first_token).eval().requires_grad_(False)


def to_openvino(module: Sentence) -> ov.Model:
    """Convert a model for OpenVINO."""
    example = torch.ones(2, 8, dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # OpenVINO traces the module by torch.jit, which torch calls deprecated
        return ov.convert_model(module, example_input=(example, example))


def to_gpu(module: Sentence) -> tuple[Callable[[NDArray[np.int64], NDArray[np.int64]], Vector], str]:
    """Move a model to the GPU, and return a function that runs it with its readable name."""
    module.to("cuda")

    def run(tokens: NDArray[np.int64], mask: NDArray[np.int64]) -> Vector:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(tokens).cuda(), torch.from_numpy(mask).cuda()).cpu().numpy())

    return run, f"torch {torch.__version__} on {torch.cuda.get_device_name()}"
