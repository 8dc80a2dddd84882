"""Build timm's and torchvision's models by name."""

from __future__ import annotations

from typing import Any

from torch import nn

from indexer.errors import SettingsError
from indexer.vectorizers.preprocessing import Preprocessing

_TORCHVISION = "torchvision:"
_INCEPTIONS = {"inception_v3": ("AuxLogits",), "googlenet": ("aux1", "aux2")}  # with their auxiliary heads
AUXILIARY = ("AuxLogits.", "aux1.", "aux2.")  # prefixes of such heads' tensors


def build(name: str, *, classes: int | None = None, pretrained: bool = False) -> tuple[nn.Module, Preprocessing]:
    """Build a model, and return it with the preprocessing that its weights expect.

    Parameters
    ----------
    name : str
        A timm model, or ``torchvision:NAME`` for one of torchvision's classification models.
    classes : int, optional
        Size of the last layer; by default that of the library's checkpoint.
    pretrained : bool
        Download the checkpoint from the library's hub; otherwise the weights are random.

    Raises
    ------
    SettingsError
        No such model; the message names similar ones.
    """
    if name.startswith(_TORCHVISION):
        return _torchvision(name.removeprefix(_TORCHVISION), classes, pretrained)
    return _timm(name, classes, pretrained)


def _timm(name: str, classes: int | None, pretrained: bool) -> tuple[nn.Module, Preprocessing]:
    import timm
    from timm.data.config import resolve_model_data_config

    plain, _, tag = name.partition(".")
    if not timm.is_model(plain) or (tag and name not in timm.list_pretrained(f"{plain}.*")):
        close = ", ".join([*timm.list_pretrained(f"{plain}.*"), *timm.list_models(f"*{plain[:8]}*")][:8])
        raise SettingsError(f"LOOK_MODEL: timm has no model {name!r}; similar: {close or 'none'}")
    module = timm.create_model(name, pretrained=pretrained, num_classes=classes)
    config: dict[str, Any] = resolve_model_data_config(module)
    size = (config["input_size"][1], config["input_size"][2])
    return module, Preprocessing(size, config["mean"], config["std"], config["interpolation"])


def _torchvision(name: str, classes: int | None, pretrained: bool) -> tuple[nn.Module, Preprocessing]:
    from torchvision import models

    known = models.list_models(module=models)
    if name not in known:
        close = ", ".join([other for other in known if other.startswith(name[:5])][:8])
        raise SettingsError(f"LOOK_MODEL: torchvision has no classification model {name!r}; similar: {close or 'none'}")
    default = models.get_model_weights(name).DEFAULT
    options: dict[str, Any] = {"num_classes": classes} if classes else {}
    if name in _INCEPTIONS:
        # Their checkpoints expect another scaling of pixels than torchvision's, and their own random initialisation
        # takes a minute.
        options |= {"transform_input": True} | ({} if pretrained else {"init_weights": False})
    module = models.get_model(name, weights=default if pretrained else None, **options)
    for auxiliary in _INCEPTIONS.get(name, ()):
        setattr(module, auxiliary, None)  # a head that helps only in training
        module.aux_logits = False
    transform = default.transforms()
    side = transform.crop_size[0]
    expected = Preprocessing((side, side), tuple(transform.mean), tuple(transform.std), transform.interpolation.value)
    return module, expected
