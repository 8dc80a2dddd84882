"""The losses that fine-tuning minimises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear, normalize, one_hot

from indexer.finetuning.examples import ABSENT

Kind = Literal["supcon", "arcface"]


def supervised_contrastive(features: torch.Tensor, labels: torch.Tensor, *, temperature: float = 0.1) -> torch.Tensor:
    """Return the supervised contrastive loss: features of one label attract, all others of the batch repel.

    ``L_out`` of Khosla et al., "Supervised contrastive learning", 2020.

    Parameters
    ----------
    features : Tensor, shape (n, dims)
        Of any length, because they are normalised.
    labels : Tensor of int, shape (n,)
    """
    unit = normalize(features.float())
    logits = unit @ unit.T / temperature
    diagonal = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    positives = (labels[:, None] == labels[None]) & ~diagonal & (labels != ABSENT)[:, None]
    log_probabilities = logits - torch.logsumexp(logits.masked_fill(diagonal, -torch.inf), 1, keepdim=True)
    losses = -log_probabilities.masked_fill(~positives, 0).sum(1) / positives.sum(1).clamp(min=1)
    return losses[positives.any(1)].mean() if bool(positives.any()) else features.sum() * 0


class ArcFace(nn.Module):
    """Classification by angle, with an additive margin.

    Deng et al., "ArcFace: additive angular margin loss for deep face recognition", 2019.
    """

    def __init__(self, dims: int, classes: int, *, scale: float = 30.0, margin: float = 0.3) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(classes, dims) * dims**-0.5)
        self._scale, self._margin = scale, margin

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of ``(n, dims)`` features with ``(n,)`` labels."""
        cosines = linear(normalize(features.float()), normalize(self.centres)).clamp(-1 + 1e-6, 1 - 1e-6)
        right = one_hot(labels.clamp(min=0), len(self.centres)).bool()
        logits = torch.where(right, torch.cos(torch.acos(cosines) + self._margin), cosines)
        return cross_entropy(self._scale * logits, labels, ignore_index=ABSENT)


class Heads(nn.Module):
    """A classifier per head, and a loss on the features themselves by the first head."""

    def __init__(self, kind: Kind, dims: int, classes: Sequence[int]) -> None:
        super().__init__()
        self._kind = kind
        self.linear = nn.ModuleList(nn.Linear(dims, count) for count in classes)
        self.arcface = ArcFace(dims, classes[0])

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of ``(n, dims)`` features with ``(n, heads)`` labels; `ABSENT` is no label."""
        loss = features.sum() * 0
        for head, classify in enumerate(self.linear):
            if bool((labels[:, head] != ABSENT).any()):
                loss = loss + cross_entropy(classify(features.float()), labels[:, head], ignore_index=ABSENT)
        if self._kind == "supcon":
            return loss + supervised_contrastive(features, labels[:, 0])
        arcface: torch.Tensor = self.arcface(features, labels[:, 0])
        return loss + arcface
