"""Dual encoders as Transformers saves them: CLIP, SigLIP and their like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from indexer.errors import CheckpointError
from indexer.vectorizers.dual_encoders.base import ImageTower, TextTower
from indexer.vectorizers.dual_encoders.folders import require
from indexer.vectorizers.preprocessing import Preprocessing

_FILES = ("config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json")
_RESAMPLING = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}  # PIL's numbers


class _Projected(nn.Module):
    """A vision model, and what projects its pooled output into the shared space."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model.vision_model
        self.projection = getattr(model, "visual_projection", nn.Identity())  # SigLIP has none

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        projected: torch.Tensor = self.projection(self.model(pixel_values=pixels).pooler_output)
        return projected


def load_image_tower(folder: Path) -> tuple[ImageTower, Preprocessing]:
    """Load the image tower, with the preprocessing that it expects.

    Raises
    ------
    CheckpointError
        The folder isn't a dual encoder's as Transformers saves it, or is damaged.
    """
    model = _model(folder)
    try:
        config = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
        size = config.get("crop_size") or config["size"]
        side = (size, size) if isinstance(size, int) else (int(size["height"]), int(size["width"]))
        mean, std = tuple(config["image_mean"]), tuple(config["image_std"])
        resampling = _RESAMPLING[config.get("resample", 3)]
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"LOOK_MODEL: {folder}/preprocessor_config.json can't be read: {error!r}") from error
    tower, depth = _Projected(model), len(model.vision_model.encoder.layers)
    class_tokens = int(hasattr(model.vision_model.embeddings, "class_embedding"))
    return ImageTower(tower, "model.encoder.layers", depth, class_tokens), Preprocessing(side, mean, std, resampling)


def load_text_tower(folder: Path) -> TextTower:
    """Load the text tower.

    Raises
    ------
    CheckpointError
        As `load_image_tower` does.
    """
    model = _model(folder)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises plain Exceptions
        raise CheckpointError(f"LOOK_MODEL: {folder}/tokenizer.json can't be read: {error}") from error
    config = model.config.text_config
    length = int(config.max_position_embeddings)
    tokenizer.enable_truncation(length)
    # Both kinds were trained on texts that are padded to one length.
    pad = config.pad_token_id if config.pad_token_id is not None else config.eos_token_id
    tokenizer.enable_padding(length=length, pad_id=int(pad))
    text, projection = model.text_model, getattr(model, "text_projection", nn.Identity())
    return TextTower(
        lambda texts: torch.tensor([encoding.ids for encoding in tokenizer.encode_batch(texts)]),
        lambda tokens: projection(text(input_ids=tokens).pooler_output),
    )


def _model(folder: Path) -> Any:
    """Load both towers from safetensors, without running the checkpoint's own code."""
    from transformers import AutoModel
    from transformers.utils import logging

    require(folder, _FILES, "A dual encoder as Transformers saves it")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
        )
    except Exception as error:  # transformers raises all kinds of errors on damaged files
        raise CheckpointError(f"LOOK_MODEL: {folder} holds no model that can be read: {error}") from error
    if not hasattr(model, "vision_model") or not hasattr(model, "text_model"):
        raise CheckpointError(f"LOOK_MODEL: {folder} holds no dual encoder: it lacks an image or a text tower")
    return model.float().eval().requires_grad_(False)
