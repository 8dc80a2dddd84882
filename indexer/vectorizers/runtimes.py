"""What runs a CNN: OpenVINO on CPU, torch with CUDA where there is a GPU."""

from __future__ import annotations

import warnings
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn


class Runtime(Protocol):
    """Runs a model on a batch."""

    name: str

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model: ``(n, 3, height, width)`` to ``(n, channels)``."""


def choose_runtime(choice: Literal["auto", "openvino", "torch"], module: nn.Module, size: tuple[int, int]) -> Runtime:
    """Take the runtime that is fastest on this machine, or the one that is asked for."""
    if choice == "torch" or (choice == "auto" and torch.cuda.is_available()):
        return TorchRuntime(module)
    return OpenVinoRuntime(module, size)


class OpenVinoRuntime:
    """OpenVINO on CPU: about five times as fast as eager torch there."""

    _CHUNK = 8  # images a request: several run side by side, which keeps every core busy

    def __init__(self, module: nn.Module, size: tuple[int, int]) -> None:
        import openvino as ov

        with warnings.catch_warnings():
            # OpenVINO traces the module by torch.jit, which torch calls deprecated.
            warnings.simplefilter("ignore")
            model = ov.convert_model(module, example_input=torch.zeros(2, 3, *size))
        model.reshape([-1, 3, *size])
        self._compiled = ov.Core().compile_model(
            model, "CPU", {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
        )
        self._queue = ov.AsyncInferQueue(self._compiled)
        self.name = f"OpenVINO {ov.__version__.split('-')[0]} on CPU, {len(self._queue)} requests side by side"

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model on chunks of the batch, side by side."""
        chunks = [batch[i : i + self._CHUNK] for i in range(0, len(batch), self._CHUNK)]
        results: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(chunks)

        def keep(request: object, index: int) -> None:
            results[index] = request.get_output_tensor().data.copy()  # type: ignore[attr-defined]

        self._queue.set_callback(keep)
        for index, chunk in enumerate(chunks):
            self._queue.start_async({0: chunk}, index)
        self._queue.wait_all()
        return np.concatenate(results)


class TorchRuntime:
    """Torch: on a CUDA GPU in channels-last float16, on CPU in float32 (the reference the others are held against)."""

    def __init__(self, module: nn.Module) -> None:
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        dtype = torch.float16 if self._device.type == "cuda" else torch.float32
        self._module = module.to(self._device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._dtype = dtype
        what = torch.cuda.get_device_name() if self._device.type == "cuda" else "CPU"
        self.name = f"torch {torch.__version__} on {what}"

    def __call__(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the model on the whole batch."""
        with torch.inference_mode():
            images = torch.from_numpy(batch).to(self._device, self._dtype, memory_format=torch.channels_last)
            return np.asarray(self._module(images).float().cpu().numpy())
