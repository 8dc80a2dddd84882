"""Torch: eager on CPU, as the reference for the other runtimes; CUDA graphs on a GPU."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Sequence

import numpy as np
import torch

from es_mappings.layout import Vector
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.runtimes.gpu import Gpu, has_gpu
from indexer.vectorizers.taps import TappedModel

log = logging.getLogger(__name__)

_SMALL_BATCH = 8  # images of the smaller recorded batch
_DTYPES = {"float16": torch.float16, "float32": torch.float32}

Run = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]


def device_name() -> str:
    """Return the version of torch and the device that it runs on."""
    version = torch.__version__.partition("+")[0]
    return f"torch {version} on {torch.cuda.get_device_name() if has_gpu() else 'CPU'}"


class TorchRuntime:
    """Eager torch on CPU, in float32."""

    def __init__(self, model: TappedModel) -> None:
        self._model = model
        self.name = f"{device_name().rpartition(' on ')[0]} on CPU"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap."""
        with torch.inference_mode():
            return tuple(tap.numpy() for tap in self._model(torch.from_numpy(np.stack(images))))


class CudaRuntime:
    """Torch on a CUDA GPU: channels-last, in half precision, recorded as a CUDA graph, fed from pinned memory.

    In float16, not bfloat16: its 11 bits of mantissa keep activations to a cosine of 0.99999, 8 bits don't, and both
    are equally fast. Every batch is padded to one of two recorded sizes, so that an image's vector hardly depends on
    its batch. If the GPU runs out of memory, the batch size is halved for good.

    Parameters
    ----------
    model : TappedModel
        Copied to the GPU.
    batch_size : int
        The most images per run of the model.
    gpu : Gpu
        Precision, and whether torch.compile generates the recorded kernels.
    """

    def __init__(self, model: TappedModel, size: tuple[int, int], batch_size: int, gpu: Gpu) -> None:
        self._size, self.batch_size = size, batch_size
        self._model = to_gpu(model, gpu)
        self._recorded: dict[int, _Graph] = {}
        self.name = f"{device_name()}, {gpu.precision}{', compiled' if gpu.compile else ''}"

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model: ``(len(images), dims)`` for each tap.

        Raises
        ------
        torch.OutOfMemoryError
            Not even one image fits.
        """
        parts: list[tuple[Vector, ...]] = []
        start = 0
        while start < len(images):
            try:
                chunk = images[start : start + self.batch_size]
                parts.append(self._graph(len(chunk)).run(chunk))
                start += len(chunk)
            except torch.OutOfMemoryError:
                self._recorded.clear()
                torch.cuda.empty_cache()
                if self.batch_size == 1:
                    raise
                self.batch_size = (self.batch_size + 1) // 2
                log.warning("the GPU is out of memory: the batch size is %d from now on", self.batch_size)
        return tuple(np.concatenate(taps) for taps in zip(*parts, strict=True))

    def _graph(self, images: int) -> _Graph:
        # So that a shopper's photograph doesn't take as long as a whole batch.
        size = _SMALL_BATCH if images <= _SMALL_BATCH <= self.batch_size else self.batch_size
        if size not in self._recorded:
            self._recorded[size] = _Graph(self._model, self._size, size)
        return self._recorded[size]


def to_gpu(model: TappedModel, gpu: Gpu, device: str = "cuda") -> Run:
    """Copy a model to the GPU, channels-last; normalisation and pooling stay in float32."""
    moved, dtype = copy.deepcopy(model), _DTYPES[gpu.precision]
    moved.model.to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    moved.dtype = dtype
    moved = moved.to(device)
    # fullgraph: what torch.compile can't trace is an error, not a slower model.
    return torch.compile(moved, fullgraph=True, dynamic=False) if gpu.compile else moved


class _Graph:
    """The kernels for one batch size, recorded once and replayed, so that they don't wait for Python."""

    def __init__(self, model: Run, size: tuple[int, int], batch_size: int) -> None:
        self.size = batch_size
        shape = (batch_size, *size, 3)
        self._staged = torch.zeros(shape, dtype=torch.uint8, pin_memory=True)
        self._pixels = torch.zeros(shape, dtype=torch.uint8, device="cuda")
        self._graph = torch.cuda.CUDAGraph()
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        with torch.inference_mode(), torch.cuda.stream(side):
            model(self._pixels)  # libraries choose their kernels before the recording
            side.synchronize()
            # thread_local, because other threads may decode on the GPU meanwhile.
            with torch.cuda.graph(self._graph, stream=side, capture_error_mode="thread_local"):
                self._taps = model(self._pixels)
        self._results = [torch.empty(tap.shape, pin_memory=True) for tap in self._taps]

    def run(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Replay on up to ``size`` images."""
        np.stack(images, out=self._staged.numpy()[: len(images)])
        self._pixels.copy_(self._staged, non_blocking=True)
        self._graph.replay()
        for result, tap in zip(self._results, self._taps, strict=True):
            result.copy_(tap, non_blocking=True)
        torch.cuda.current_stream().synchronize()
        return tuple(result[: len(images)].numpy().copy() for result in self._results)
