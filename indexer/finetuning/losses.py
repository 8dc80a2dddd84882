"""What fine-tuning minimises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear, normalize, one_hot

from indexer.finetuning.examples import ABSENT

Kind = Literal["supcon", "arcface"]


def supervised_contrastive(features: torch.Tensor, labels: torch.Tensor, *, temperature: float = 0.1) -> torch.Tensor:
    """Draw together what has one label, against all else in the batch.

    ``L_out`` of Khosla et al., "Supervised contrastive learning", 2020.

    Parameters
    ----------
    features : Tensor, shape (n, dims)
        Any length; their directions are compared.
    labels : Tensor of int, shape (n,)
    """
    unit = normalize(features.float())
    logits = unit @ unit.T / temperature
    oneself = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    alike = (labels[:, None] == labels[None]) & ~oneself & (labels != ABSENT)[:, None]
    log_shares = logits - torch.logsumexp(logits.masked_fill(oneself, -torch.inf), 1, keepdim=True)
    each = -log_shares.masked_fill(~alike, 0).sum(1) / alike.sum(1).clamp(min=1)
    return each[alike.any(1)].mean() if bool(alike.any()) else features.sum() * 0


class ArcFace(nn.Module):
    """Classification by angle, with a margin that the right label must win by.

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
    """One classifier for each head, and the loss that shapes the features themselves by the first head."""

    def __init__(self, kind: Kind, dims: int, classes: Sequence[int]) -> None:
        super().__init__()
        self._kind = kind
        self.linear = nn.ModuleList(nn.Linear(dims, count) for count in classes)
        self.arcface = ArcFace(dims, classes[0])

    def forward(self, features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of ``(n, dims)`` features with ``(n, heads)`` labels, `ABSENT` where there is none."""
        loss = features.sum() * 0
        for head, classify in enumerate(self.linear):
            if bool((labels[:, head] != ABSENT).any()):
                loss = loss + cross_entropy(classify(features.float()), labels[:, head], ignore_index=ABSENT)
        if self._kind == "supcon":
            return loss + supervised_contrastive(features, labels[:, 0])
        shaped: torch.Tensor = self.arcface(features, labels[:, 0])
        return loss + shaped
