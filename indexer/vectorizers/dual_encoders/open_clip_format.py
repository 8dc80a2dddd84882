"""Dual encoders as OpenCLIP saves them: OpenCLIP's own, SigLIP, MobileCLIP and their like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import nn

from indexer.errors import CheckpointError
from indexer.vectorizers.dual_encoders.base import ImageTower, TextTower
from indexer.vectorizers.dual_encoders.folders import require
from indexer.vectorizers.preprocessing import Preprocessing

_CONFIG = "open_clip_config.json"
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")  # the second is read without pickle
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # OpenCLIP's defaults


def is_saved_in(folder: Path) -> bool:
    """Return whether a folder holds a dual encoder in this format."""
    return (folder / _CONFIG).is_file()


def load_image_tower(folder: Path) -> tuple[ImageTower, Preprocessing]:
    """Load the image tower, with the preprocessing that it expects.

    Raises
    ------
    CheckpointError
        A file is missing or damaged, or the text tower has to be downloaded from elsewhere.
    """
    visual = _model(folder).visual
    size = visual.image_size
    config = _config(folder).get("preprocess_cfg", {})
    preprocessing = Preprocessing(
        (size, size) if isinstance(size, int) else (int(size[0]), int(size[1])),
        tuple(config.get("mean") or _MEAN),
        tuple(config.get("std") or _STD),
        config.get("interpolation", "bicubic"),
    )
    return _image_tower(visual), preprocessing


def load_text_tower(folder: Path) -> TextTower:
    """Load the text tower.

    Raises
    ------
    CheckpointError
        As `load_image_tower` does.
    """
    import open_clip

    model = _model(folder)
    try:
        tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
    except Exception as error:  # tokenizers raises plain Exceptions
        raise CheckpointError(f"LOOK_MODEL: the tokenizer in {folder} can't be read: {error}") from error
    return TextTower(tokenize, model.encode_text)


def _image_tower(visual: Any) -> ImageTower:
    """Name the blocks of a transformer; a convolutional network has none."""
    trunk = getattr(visual, "trunk", None)  # one of timm's models
    if trunk is None:
        return ImageTower(visual, "transformer.resblocks", len(visual.transformer.resblocks), 1)
    if isinstance(getattr(trunk, "blocks", None), nn.Sequential) and hasattr(trunk, "num_prefix_tokens"):
        return ImageTower(visual, "trunk.blocks", len(trunk.blocks), int(trunk.num_prefix_tokens))
    return ImageTower(visual)


def _model(folder: Path) -> Any:
    import open_clip

    if not any((folder / file).is_file() for file in _WEIGHTS):
        require(folder, _WEIGHTS[:1], "A dual encoder as OpenCLIP saves it")
    if "hf_model_name" in _config(folder)["model_cfg"].get("text_cfg", {}):
        raise CheckpointError(
            f"LOOK_MODEL: the text tower of {folder} is another checkpoint's; choose one that has its own"
        )
    try:
        model = open_clip.create_model(
            f"local-dir:{folder}",
            weights_only=True,
            require_pretrained=True,
            pretrained_image=False,
            pretrained_text=False,
        )
    except Exception as error:  # OpenCLIP, timm and torch raise all kinds of errors on damaged files
        raise CheckpointError(f"LOOK_MODEL: {folder} holds no model that can be read: {str(error)[:300]}") from error
    return model.float().eval().requires_grad_(False)


def _config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        config["model_cfg"]["vision_cfg"]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"LOOK_MODEL: {folder / _CONFIG} can't be read: {error!r}") from error
    return config
