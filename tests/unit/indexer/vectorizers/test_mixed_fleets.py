"""Workers with a GPU and workers without one make the same vectors of a file.

Without a GPU, the code of a GPU worker runs on the CPU: torchvision decodes, matrices resize, torch runs the network in
float16.
"""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from es_mappings.layout import Vector
from indexer.images.decoder import Decoder
from indexer.images.decoding.palette import Palette
from indexer.images.decoding.preparations import Preparation
from indexer.images.gpu_decoder import GpuDecoder
from indexer.settings import Settings
from indexer.vectorizers.checkpoints import load_model
from indexer.vectorizers.preprocessing import LEAST_SIDE
from indexer.vectorizers.presets import PRESETS
from indexer.vectorizers.runtimes import load_runtime
from indexer.vectorizers.runtimes.gpu import Gpu, has_gpu
from indexer.vectorizers.runtimes.torch import to_gpu
from indexer.vectorizers.taps import TappedModel
from tests.images import encode

PRESET = PRESETS[Settings().look_model]
DEVICE = "cuda" if has_gpu() else "cpu"


def _file(seed: int, size: tuple[int, int]) -> bytes:
    rng = np.random.default_rng(seed)
    backdrop = Image.fromarray(rng.integers(180, 256, (4, 3, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(backdrop)
    width, height = size
    for _ in range(12):
        x, y = rng.uniform(0.1, 0.7, 2)
        color = tuple(int(c) for c in rng.integers(0, 256, 3))
        draw.ellipse((x * width, y * height, (x + 0.25) * width, (y + 0.2) * height), fill=color)
    return encode(backdrop, "JPEG", quality=90)


@pytest.fixture(scope="module")
def model() -> TappedModel:
    loaded = load_model(PRESET.model)
    return TappedModel(loaded.module, loaded.preprocessing, {"look": PRESET.look, "style": PRESET.style})


@pytest.fixture(scope="module")
def decoders() -> Iterator[tuple[Decoder, Decoder]]:
    with Decoder(1) as processes, GpuDecoder(1, device=DEVICE) as gpu:
        yield processes, gpu


def _least_cosine(some: Vector, others: Vector) -> float:
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return float(((some * others).sum(axis=1) / lengths).min())


def test_workers_with_and_without_a_gpu_make_the_same_vectors(
    model: TappedModel, decoders: tuple[Decoder, Decoder]
) -> None:
    crop = load_model(PRESET.model).preprocessing.crop
    preparations: tuple[Preparation, ...] = (crop, Palette())
    files = [_file(seed, size) for seed, size in enumerate([(400, 533), (533, 400), (300, 300), (900, 1_200)])]
    of_cpu, of_gpu = ([d.prepare(f, preparations, least_side=LEAST_SIDE) for f in files] for d in decoders)
    expected = load_runtime("openvino", model, (crop.height, crop.width), 4)([crop for crop, _ in of_cpu])
    with torch.inference_mode():
        pixels = torch.from_numpy(np.stack([crop for crop, _ in of_gpu])).to(DEVICE)
        taps = [tap.float().cpu().numpy() for tap in to_gpu(model, Gpu("float16"), DEVICE)(pixels)]
    for aspect, some, others in zip(("look", "style"), expected, taps, strict=True):
        assert _least_cosine(some, others) >= 0.999, aspect
    assert _least_cosine(np.stack([c for _, c in of_cpu]), np.stack([c for _, c in of_gpu])) >= 0.99
