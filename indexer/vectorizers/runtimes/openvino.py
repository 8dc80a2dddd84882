"""OpenVINO on CPU: about five times as fast as eager torch there."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import openvino as ov

from es_mappings.layout import Vector
from indexer.vectorizers.preprocessing import Pixels

if TYPE_CHECKING:
    from indexer.vectorizers.taps import TappedModel

_CHUNK = 8  # images a request: several run side by side, which keeps every core busy


def compiled(model: ov.Model, options: Mapping[str, str]) -> ov.CompiledModel:
    """Compile a model for the CPU, in full precision: the same input has the same vector on every processor."""
    return _core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", **options})


@cache
def _core() -> ov.Core:
    # One, never let go: each Core sets a stack for signals and takes it away as it goes, so that of two the first one's
    # stays set though it is gone, and the next SIGTERM is a segmentation fault.
    return ov.Core()


class OpenVinoRuntime:
    """Runs chunks of the images side by side, in float32."""

    def __init__(self, model: TappedModel, size: tuple[int, int]) -> None:
        import torch  # whoever compiles another model need not load it

        with warnings.catch_warnings(), torch.inference_mode():
            # OpenVINO traces the model by torch.jit, which torch calls deprecated.
            warnings.simplefilter("ignore")
            converted = ov.convert_model(model, example_input=torch.zeros(2, *size, 3, dtype=torch.uint8))
        converted.reshape([-1, *size, 3])
        network = compiled(converted, {"PERFORMANCE_HINT": "THROUGHPUT"})
        self._taps = len(network.outputs)
        self._queue = ov.AsyncInferQueue(network)
        self.name = f"OpenVINO {ov.__version__.split('-')[0]} on CPU, {len(self._queue)} requests side by side"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap."""
        chunks = [np.stack(images[i : i + _CHUNK]) for i in range(0, len(images), _CHUNK)]
        results: dict[int, list[Vector]] = {}

        def keep(request: ov.InferRequest, index: int) -> None:
            results[index] = [request.get_output_tensor(tap).data.copy() for tap in range(self._taps)]

        self._queue.set_callback(keep)
        for index, chunk in enumerate(chunks):
            self._queue.start_async({0: chunk}, index)
        self._queue.wait_all()
        return tuple(np.concatenate([results[i][tap] for i in range(len(chunks))]) for tap in range(self._taps))
