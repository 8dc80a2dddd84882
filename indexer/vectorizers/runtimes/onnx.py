"""ONNX Runtime on CPU: for machines that OpenVINO doesn't support."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import torch
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.taps import TappedModel

_CHUNK = 8  # images per run: more take memory and aren't faster


class OnnxRuntime:
    """Runs chunks of images one after the other, each on all cores, in float32."""

    def __init__(self, model: TappedModel, size: tuple[int, int]) -> None:
        self._session = onnxruntime.InferenceSession(_export(model, size), providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.name = f"ONNX Runtime {onnxruntime.__version__} on CPU"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap."""
        parts = [self._session.run(None, {self._input: np.stack(chunk)}) for chunk in chunked(images, _CHUNK)]
        return tuple(np.concatenate([np.asarray(part[tap]) for part in parts]) for tap in range(len(parts[0])))


def _export(model: TappedModel, size: tuple[int, int]) -> bytes:
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)  # it logs its every step
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                model,
                (torch.zeros(2, *size, 3, dtype=torch.uint8),),
                input_names=["pixels"],
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
                dynamo=True,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    assert program is not None  # noqa: S101 - with dynamo=True it never is
    return bytes(program.model_proto.SerializeToString())
