"""Small checkpoints of dual encoders with random weights, as Transformers saves CLIP and SigLIP."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

WIDTH = 16  # of both towers' hidden layers

_WORDS = ["<pad>", "<end>", "red", "dress", "toy", "train", "<unk>"]
_TOWER = {"hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2}
_HALF = [0.5] * 3
_TEXT = {
    **_TOWER,
    "vocab_size": len(_WORDS),
    "max_position_embeddings": 8,
    "bos_token_id": 1,
    "eos_token_id": 1,
    "pad_token_id": 0,
}
_VISION = {**_TOWER, "image_size": 32, "patch_size": 8}


def save_dual_encoder(folder: Path, kind: str) -> Any:
    """Make a dual encoder of a kind, ``clip`` or ``siglip``, save it in a folder, and return it."""
    torch.manual_seed(3)
    model: Any
    if kind == "clip":
        model = CLIPModel(
            CLIPConfig(text_config={**_TEXT, "bos_token_id": 1}, vision_config=_VISION, projection_dim=12)
        )
    else:
        model = SiglipModel(SiglipConfig(text_config={**_TEXT, "projection_size": 16}, vision_config=_VISION))
    model.eval().save_pretrained(folder)
    preprocessing = {
        "size": {"height": 32, "width": 32},
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
        "resample": 3,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(_WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing("$A <end>", special_tokens=[("<end>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    return model
