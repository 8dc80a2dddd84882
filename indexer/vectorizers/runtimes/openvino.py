"""OpenVINO on CPU: about five times as fast as eager torch there."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from queue import SimpleQueue
from typing import TYPE_CHECKING

import numpy as np
import openvino as ov

from es_mappings.layout import Vector
from indexer.vectorizers.preprocessing import Pixels

if TYPE_CHECKING:
    from indexer.vectorizers.taps import TappedModel


def compiled(model: ov.Model, options: Mapping[str, str]) -> ov.CompiledModel:
    """Compile a model for the CPU in full precision, so that an input has the same vector on every processor."""
    return core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", **options})


def converted(model: TappedModel, size: tuple[int, int]) -> ov.Model:
    """Convert a torch model to one of OpenVINO that takes one image of this height and width."""
    import torch  # here, because `compiled` doesn't need it

    with warnings.catch_warnings(), torch.inference_mode():
        # OpenVINO traces the model by torch.jit, which torch calls deprecated.
        warnings.simplefilter("ignore")
        network = ov.convert_model(model, example_input=torch.zeros(2, *size, 3, dtype=torch.uint8))
    network.reshape([1, *size, 3])
    return network


@cache
def core() -> ov.Core:
    """Return this process's `ov.Core`."""
    # One, never freed: each Core sets a signal stack and frees it with itself, but the second Core's end restores the
    # first one's freed stack, and the next SIGTERM is a segmentation fault.
    return ov.Core()


class OpenVinoRuntime:
    """Runs images in parallel, one per request, in float32. Safe for threads.

    A request has one image and a fixed shape, so that its layers stay in a core's cache, and its vector is the same to
    the byte in every batch. Images per second on two cores, compared with requests of eight images of dynamic shape:
    EfficientNet-Lite2 198 and 155, Lite0 373 and 312, ResNet-50 52 and 48, ConvNeXt 41 and 37, Inception V3 37 and 36.
    """

    def __init__(self, model: ov.Model) -> None:
        network = compiled(model, {"PERFORMANCE_HINT": "THROUGHPUT"})
        parallel = int(network.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        # One more waits, so that no core idles while Python reads a result: 190 images per second instead of 178.
        requests = parallel + 1
        self._free: SimpleQueue[ov.InferRequest] = SimpleQueue()
        for _ in range(requests):
            self._free.put(network.create_infer_request())
        self._threads = ThreadPoolExecutor(requests, "openvino")
        self._taps = len(network.outputs)
        self.name = f"OpenVINO {ov.__version__.split('-')[0]} on CPU, {parallel} images in parallel"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap."""
        return tuple(np.concatenate(rows) for rows in zip(*self._threads.map(self._infer, images), strict=True))

    def _infer(self, image: Pixels) -> list[Vector]:
        request = self._free.get()
        try:
            request.infer({0: image[None]}, share_inputs=True)
            return [request.get_output_tensor(tap).data.copy() for tap in range(self._taps)]
        finally:
            self._free.put(request)
