"""Decode JPEGs on a CUDA GPU by nvJPEG: for catalogues whose images are trusted."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch
from PIL import Image, ImageCms

from indexer.images.decoder import Decoder
from indexer.images.decoding.color_management import foreign_profile
from indexer.images.decoding.crop import Crop
from indexer.images.decoding.decoding import MAX_PIXELS, turn
from indexer.images.decoding.palette import SIDE, Palette
from indexer.images.decoding.preparations import Preparation, Prepared
from indexer.images.gpu_resampling import KERNELS, resized


class GpuDecoder(Decoder):
    """Decodes and prepares plain JPEGs on a GPU, in this process; any other image in a decoder process.

    The results look the same (cosine of activations above 0.999), but differ in single bits. This process and the GPU's
    driver read the bytes, without the limits that a decoder process has: an image that crashes them takes the worker
    down.

    Parameters
    ----------
    processes : int
        Decoder processes for the other images; 0: as many as there are cores.
    device : str
        Torch device that decodes.
    """

    name = "nvjpeg"

    def __init__(self, processes: int = 0, *, device: str = "cuda") -> None:
        super().__init__(processes)
        self._device = device

    def prepare(self, data: bytes, preparations: tuple[Preparation, ...], *, least_side: int = 0) -> list[Prepared]:
        """Prepare an image as `Decoder.prepare` does; a decoder process does what the GPU can't."""
        if is_plain(data) and all(map(_is_supported, preparations)):
            try:
                pixels = _decode(data, self._device)
                return [_prepare(pixels, preparation) for preparation in preparations]
            except RuntimeError:
                pass  # a broken file: a decoder process names what is wrong with it, torchvision doesn't
        return super().prepare(data, preparations, least_side=least_side)


def is_plain(data: bytes) -> bool:
    """Return whether a file is an upright RGB JPEG with no colour profile other than sRGB."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["JPEG"])
        small = image.width * image.height <= MAX_PIXELS
        srgb = foreign_profile(image.info.get("icc_profile")) is None
        return image.mode == "RGB" and small and turn(image) is None and srgb
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, Image.DecompressionBombError, ImageCms.PyCMSError):
        return False


def _is_supported(preparation: Preparation) -> bool:
    return isinstance(preparation, Palette) or (isinstance(preparation, Crop) and preparation.interpolation in KERNELS)


def _decode(data: bytes, device: str) -> torch.Tensor:
    """Decode to float32 of shape ``(1, 3, height, width)``, 0 to 255."""
    # Deprecated since torchvision 0.29, in favour of TorchCodec, which also needs FFmpeg's libraries.
    from torchvision.io import ImageReadMode, decode_jpeg

    file = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    return torch.as_tensor(decode_jpeg(file, mode=ImageReadMode.RGB, device=device))[None].float()


def _prepare(pixels: torch.Tensor, preparation: Preparation) -> Prepared:
    if isinstance(preparation, Crop):
        height, width = pixels.shape[2:]
        size, box = (preparation.width, preparation.height), preparation.box(width, height)
        return _bytes(resized(pixels, size, preparation.interpolation, box))
    # Few pixels are left, so the CPU counts them.
    return preparation(Image.fromarray(_bytes(resized(pixels, (SIDE, SIDE), "box"))))


def _bytes(pixels: torch.Tensor) -> Prepared:
    """Copy an image to the CPU as bytes: shape ``(height, width, 3)``."""
    return np.asarray(pixels[0].clamp(0, 255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy())
