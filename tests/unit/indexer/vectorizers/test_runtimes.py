"""Every runtime of this machine, a GPU included, agrees with float32 torch, whatever the batch."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch

from es_mappings.layout import Vector
from indexer.errors import SettingsError
from indexer.vectorizers import runtimes
from indexer.vectorizers.checkpoints import load_model, random_model
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.presets import PRESETS, Tap
from indexer.vectorizers.runtimes import Runtime
from indexer.vectorizers.runtimes.gpu import Gpu, Precision, has_gpu
from indexer.vectorizers.runtimes.torch import CudaRuntime, TorchRuntime, to_gpu
from indexer.vectorizers.taps import TappedModel

OFFLINE = ("efficientnet_lite0", "efficientnet_lite2")  # the smallest and the largest of those in a package
AVAILABLE: list[runtimes.Name] = [
    name for name in ("openvino", "onnx", "torch") if runtimes.installed(name) and (name != "torch" or has_gpu())
]


def photographs(size: tuple[int, int], count: int = 11) -> list[Pixels]:
    """Draw smooth random images, because independent pixels would look like no photograph."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    factor = -(-size[0] // 8)
    return [np.kron(c, np.ones((factor, factor, 1), np.uint8))[: size[0], : size[1]] for c in coarse]


def cosines(actual: Vector, reference: Vector) -> Vector:
    lengths = np.linalg.norm(actual, axis=1) * np.linalg.norm(reference, axis=1)
    return np.asarray((actual * reference).sum(1) / lengths)


def check(runtime: Runtime, reference: Sequence[Vector], images: Sequence[Pixels]) -> None:
    together = runtime(images)
    for actual, expected in zip(together, reference, strict=True):
        assert actual.shape == expected.shape
        assert cosines(actual, expected).min() >= 0.999
    alone = runtime(images[7:8])
    for actual, expected in zip(together, alone, strict=True):
        assert cosines(actual[7:8], expected).min() >= 0.9999


@pytest.mark.parametrize("preset", OFFLINE)
@pytest.mark.parametrize("runtime", AVAILABLE)
def test_runtimes_agree_with_float32_torch_whatever_the_batch(runtime: runtimes.Name, preset: str) -> None:
    model = load_model(PRESETS[preset].model)
    size = model.preprocessing.size
    tapped = TappedModel(
        model.module, model.preprocessing, {"look": PRESETS[preset].look, "style": PRESETS[preset].style}
    )
    images = photographs(size)
    check(runtimes.load_runtime(runtime, tapped, size, 32), TorchRuntime(tapped)(images), images)


@pytest.mark.parametrize("runtime", AVAILABLE)
def test_every_pooling_runs_everywhere(runtime: runtimes.Name) -> None:
    model = random_model("resnet10t")
    taps = {kind: Tap(("layer2",), kind) for kind in ("average", "max", "gem", "flatten", "grid", "statistics", "gram")}
    tapped = TappedModel(model.module, model.preprocessing, taps)
    images = photographs(model.preprocessing.size)
    check(runtimes.load_runtime(runtime, tapped, model.preprocessing.size, 32), TorchRuntime(tapped)(images), images)


@pytest.mark.parametrize("runtime", AVAILABLE)
def test_concurrent_batches_get_their_own_rows(runtime: runtimes.Name) -> None:
    model = random_model("resnet10t")
    tapped = TappedModel(model.module, model.preprocessing, {"look": Tap(("layer2",)), "style": Tap(("layer1",))})
    run = runtimes.load_runtime(runtime, tapped, model.preprocessing.size, 8)
    images = photographs(model.preprocessing.size, 12)
    batches = [images[start : start + 3] for start in range(0, len(images), 3)]
    alone = [run(batch) for batch in batches]
    assert not np.array_equal(alone[0][0], alone[1][0])
    with ThreadPoolExecutor(len(batches)) as threads:
        for one, other in zip(alone * 5, threads.map(run, batches * 5), strict=True):
            for tap, again in zip(one, other, strict=True):
                assert cosines(tap, again).min() >= 0.9999


def test_the_fastest_runtime_is_chosen_and_described() -> None:
    assert runtimes.choose("auto") == ("torch" if has_gpu() else AVAILABLE[0])
    assert runtimes.choose("onnx") == "onnx"
    assert runtimes.describe("openvino").startswith("OpenVINO 20")
    assert runtimes.describe("onnx").startswith("ONNX Runtime 1.")
    assert runtimes.describe("torch").startswith("torch ")


@pytest.mark.parametrize(
    ("choice", "gpu", "expected"),
    [("auto", True, "float16"), ("torch", True, "float16"), ("openvino", True, "float32"), ("torch", False, "float32")],
)
def test_the_precision_is_that_of_what_runs_the_model(
    monkeypatch: pytest.MonkeyPatch, choice: runtimes.Choice, gpu: bool, expected: Precision
) -> None:
    monkeypatch.setattr(runtimes, "has_gpu", lambda: gpu)
    assert runtimes.precision(choice, Gpu("float16")) == expected


def test_a_missing_runtime_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="RUNTIME: onnx is not installed: pip install onnxruntime"):
        runtimes.choose("onnx")


@pytest.mark.parametrize(("precision", "at_least"), [("float32", 0.9999), ("float16", 0.999)])
def test_a_model_on_the_gpu_agrees_in_every_precision(precision: Precision, at_least: float) -> None:
    tapped, images = _small()
    device = "cuda" if has_gpu() else "cpu"
    model = to_gpu(tapped, Gpu(precision), device)
    with torch.inference_mode():
        outputs = model(torch.from_numpy(np.stack(images)).to(device))
    for actual, expected in zip(outputs, TorchRuntime(tapped)(images), strict=True):
        assert actual.dtype == torch.float32
        assert cosines(actual.cpu().numpy(), expected).min() >= at_least


def test_torch_compile_follows_the_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    tapped, images = _small()
    if not has_gpu():  # what traces the model is the same; generating code for a CPU takes a minute
        monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="aot_eager"))
    device = "cuda" if has_gpu() else "cpu"
    model = to_gpu(tapped, Gpu("float32", compile=True), device)
    with torch.inference_mode():
        outputs = model(torch.from_numpy(np.stack(images)).to(device))
    for actual, expected in zip(outputs, TorchRuntime(tapped)(images), strict=True):
        assert cosines(actual.cpu().numpy(), expected).min() >= 0.9999


def _small() -> tuple[TappedModel, list[Pixels]]:
    model = random_model("resnet10t")
    taps = {"look": Tap(("",)), "style": Tap(("layer1", "layer2"), "statistics")}
    return TappedModel(model.module, model.preprocessing, taps), photographs(model.preprocessing.size)


class _Full:
    """A GPU whose memory holds three images."""

    def __init__(self, _model: object, _size: object, batch_size: int) -> None:
        self.size = batch_size
        if batch_size > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def run(self, images: Sequence[Pixels]) -> tuple[Vector, ...]:
        return (np.stack([image.mean(axis=(0, 1), dtype=np.float32) for image in images]),)


def test_a_full_gpu_halves_the_batch_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("indexer.vectorizers.runtimes.torch._Graph", _Full)
    monkeypatch.setattr("indexer.vectorizers.runtimes.torch.to_gpu", lambda model, _: model)
    images = photographs((16, 16))
    runtime = CudaRuntime(None, (16, 16), 32, Gpu())  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        (rows,) = runtime(images)
    np.testing.assert_allclose(rows, np.stack([image.mean(axis=(0, 1)) for image in images]), rtol=1e-5)
    assert runtime.batch_size == 2
    assert "the batch size is 2 from now on" in caplog.text


def test_a_gpu_too_small_for_one_image_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("indexer.vectorizers.runtimes.torch._Graph", full)
    monkeypatch.setattr("indexer.vectorizers.runtimes.torch.to_gpu", lambda model, _: model)
    with pytest.raises(torch.OutOfMemoryError):
        CudaRuntime(None, (16, 16), 4, Gpu())(photographs((16, 16)))  # type: ignore[arg-type]


_SIGNALLED = """
import gc, os, signal
import numpy as np, openvino as ov
from openvino import opset13 as ops
from indexer.vectorizers.runtimes.openvino import compiled

def network():
    x = ops.parameter([1, 4], np.float32)
    return compiled(ov.Model([ops.relu(x)], [x]), {})

signal.signal(signal.SIGTERM, lambda *_: print("handled", flush=True))
first, second = network(), network()
del first
gc.collect()
del second
gc.collect()
os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_after_models_were_freed_causes_no_segmentation_fault() -> None:
    done = subprocess.run([sys.executable, "-c", _SIGNALLED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "handled\n"), done.stderr
