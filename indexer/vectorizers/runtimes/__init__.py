"""Runtimes of models behind one interface: OpenVINO or ONNX Runtime on CPU, torch on a CUDA GPU."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, Protocol

from indexer.errors import SettingsError
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.runtimes.gpu import Gpu, Precision, has_gpu

if TYPE_CHECKING:
    from es_mappings.layout import Vector
    from indexer.vectorizers.taps import TappedModel

Choice = Literal["auto", "openvino", "onnx", "torch"]
Name = Literal["openvino", "onnx", "torch"]

PACKAGES = {"openvino": "openvino", "onnx": "onnxruntime", "torch": "torch"}


class Runtime(Protocol):
    """Runs a model on images. Those that `load_runtime` returns are safe for threads."""

    name: str  # readable

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model on images of ``(height, width, 3)``: ``(len(images), dims)`` for each of its taps."""


class Serialized:
    """Runs one batch at a time, because concurrent batches would only share the runtime's cores and memory."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._lock, self.name = runtime, threading.Lock(), runtime.name

    def __call__(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        """Run the model once it's free."""
        with self._lock:
            return self._runtime(images)


def installed(name: Name) -> bool:
    """Return whether a runtime is installed."""
    return find_spec(PACKAGES[name]) is not None


def choose(choice: Choice) -> Name:
    """Return the runtime that is fastest on this machine, or the one that is chosen.

    Raises
    ------
    SettingsError
        The chosen one isn't installed.
    """
    if choice != "auto":
        if not installed(choice):
            raise SettingsError(f"RUNTIME: {choice} is not installed: pip install {PACKAGES[choice]}")
        return choice
    if has_gpu():
        return "torch"
    return "openvino" if installed("openvino") else "onnx" if installed("onnx") else "torch"


def describe(choice: Choice) -> str:
    """Return a readable name of what would run the models on this machine, without loading one."""
    from importlib.metadata import version

    name = choose(choice)
    if name == "torch":
        from indexer.vectorizers.runtimes.torch import device_name

        return device_name()
    label = {"openvino": "OpenVINO", "onnx": "ONNX Runtime"}[name]
    return f"{label} {version(PACKAGES[name])} on CPU"


def precision(choice: Choice, gpu: Gpu) -> Precision:
    """Return the precision in which `load_runtime` runs a model on this machine."""
    return gpu.precision if choose(choice) == "torch" and has_gpu() else "float32"


def load_runtime(
    choice: Choice, model: TappedModel, size: tuple[int, int], batch_size: int, gpu: Gpu | None = None
) -> Runtime:
    """Load a model into the runtime that `choose` returns.

    Parameters
    ----------
    size : tuple of int
        Height and width of the images.
    batch_size : int
        The most images per run of the model on a GPU.
    gpu : Gpu, optional
        How a GPU runs the model.
    """
    match choose(choice):
        case "openvino":
            from indexer.vectorizers.runtimes.openvino import OpenVinoRuntime, converted

            return OpenVinoRuntime(converted(model, size))
        case "onnx":
            from indexer.vectorizers.runtimes.onnx import OnnxRuntime

            return Serialized(OnnxRuntime(model, size))
        case "torch":
            from indexer.vectorizers.runtimes.torch import CudaRuntime, TorchRuntime

            return Serialized(CudaRuntime(model, size, batch_size, gpu or Gpu()) if has_gpu() else TorchRuntime(model))
