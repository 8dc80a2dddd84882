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


def compiled(model: ov.Model, options: Mapping[str, str]) -> ov.CompiledModel:
    """Compile a model for the CPU, in full precision: the same input has the same vector on every processor."""
    return _core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", **options})


@cache
def _core() -> ov.Core:
    # One, never let go: each Core sets a stack for signals and takes it away as it goes, so that of two the first one's
    # stays set though it is gone, and the next SIGTERM is a segmentation fault.
    return ov.Core()


class OpenVinoRuntime:
    """Runs images side by side, each a request of its own, in float32.

    One image a request of a fixed shape: its layers stay in a core's cache, and its vector is the same to the byte
    whatever batch it came in. Images a second on two cores as against requests of eight of any number: EfficientNet-
    Lite2 198 and 155, Lite0 373 and 312, ResNet-50 52 and 48, ConvNeXt 41 and 37, Inception V3 37 and 36.
    """

    def __init__(self, model: TappedModel, size: tuple[int, int]) -> None:
        import torch  # whoever compiles another model need not load it

        with warnings.catch_warnings(), torch.inference_mode():
            # OpenVINO traces the model by torch.jit, which torch calls deprecated.
            warnings.simplefilter("ignore")
            converted = ov.convert_model(model, example_input=torch.zeros(2, *size, 3, dtype=torch.uint8))
        converted.reshape([1, *size, 3])
        network = compiled(converted, {"PERFORMANCE_HINT": "THROUGHPUT"})
        self._dims = [output.shape[1] for output in network.outputs]
        self._queue = ov.AsyncInferQueue(network)
        self.name = f"OpenVINO {ov.__version__.split('-')[0]} on CPU, {len(self._queue)} requests side by side"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap."""
        made = tuple(np.empty((len(images), dims), np.float32) for dims in self._dims)

        def keep(request: ov.InferRequest, place: int) -> None:
            for tap, rows in enumerate(made):
                rows[place] = request.get_output_tensor(tap).data[0]

        self._queue.set_callback(keep)
        for place, image in enumerate(images):
            self._queue.start_async({0: image[None]}, place)
        self._queue.wait_all()
        return made
