"""The training: heads first, then the whole model, with early stopping; it can be resumed."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from more_itertools import chunked
from torch import nn

from es_mappings.layout import Vector
from indexer.errors import CheckpointError, ImageError
from indexer.finetuning.examples import Example, Examples, augment, balanced_batches, loaded
from indexer.finetuning.losses import Heads, Kind
from indexer.images.fetching import ImageSource
from indexer.vectorizers.checkpoints import PretrainedModel
from indexer.vectorizers.preprocessing import LEAST_SIDE, Pixels
from indexer.vectorizers.presets import POOLED, Tap
from indexer.vectorizers.runtimes.gpu import has_gpu
from indexer.vectorizers.taps import TappedModel

_HEADS_RATE, _MODEL_RATE = 3e-3, 1e-4  # highest learning rates
_CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Plan:
    """The parameters of a training."""

    loss: Kind = "supcon"
    epochs: int = 20
    frozen_epochs: int = 2  # in which only the heads learn, because their first large steps would harm the model
    batch_size: int = 64
    patience: int = 5  # epochs without improvement, after which it stops
    seed: int = 7


@dataclass
class Progress:
    """How far the training is."""

    epoch: int = 0
    best: float = -1.0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


class Training:
    """Trains a model's look on labelled images.

    On a CUDA GPU in mixed precision (bfloat16, so that losses need no scaling), on CPU in float32. The statistics of
    batch normalisation stay those of the pretraining, because small batches would spoil them.

    Parameters
    ----------
    folder : Path
        Keeps the training's state, from which an interrupted training resumes.

    Raises
    ------
    CheckpointError
        The folder's state is damaged or belongs to another training.
    """

    def __init__(
        self, loaded_model: PretrainedModel, examples: Examples, source: ImageSource, plan: Plan, folder: Path
    ) -> None:
        self._examples, self._plan, self._folder = examples, plan, folder
        self._source, self._expected = source, loaded_model.preprocessing
        self._device = torch.device("cuda" if has_gpu() else "cpu")
        torch.manual_seed(plan.seed)
        self.model = TappedModel(loaded_model.module, self._expected, {"look": Tap((POOLED,))}).to(self._device)
        self.model.model.requires_grad_(True).to(memory_format=torch.channels_last)
        heads = [len(names) for names in examples.names.values()]
        self._heads = Heads(plan.loss, self.model.dims[0], heads).to(self._device)
        self._optimizer = torch.optim.AdamW(
            [
                {"params": self._heads.parameters(), "highest": _HEADS_RATE},
                {"params": self.model.model.parameters(), "highest": _MODEL_RATE},
            ],
            weight_decay=0.02,
        )
        self._threads = ThreadPoolExecutor(max(4, 2 * (os.cpu_count() or 1)), "examples")
        self.progress = Progress()
        self._best: dict[str, torch.Tensor] = {}
        self._about = {
            "model": loaded_model.name,
            "weights": loaded_model.digest,
            "labels": examples.names,
            "plan": asdict(plan),
        }
        self._resume()

    def run(self, on_epoch: Callable[[dict[str, float]], None]) -> dict[str, torch.Tensor]:
        """Train to the end, and return the best model's state dict.

        Parameters
        ----------
        on_epoch : callable
            Called after each epoch with its number, loss and NDCG@10.
        """
        if not self.progress.history:
            self._note(on_epoch, 0.0)
        while self.progress.epoch < self._plan.epochs and not self._stalled():
            self.progress.epoch += 1
            self._note(on_epoch, self._epoch())
        return self._best

    def _stalled(self) -> bool:
        since = self.progress.epoch - max(self.progress.best_epoch, self._plan.frozen_epochs)
        return since >= self._plan.patience

    def _epoch(self) -> float:
        frozen = self.progress.epoch <= self._plan.frozen_epochs
        self._set_rates()
        losses = []
        batches = balanced_batches(self._examples.learned, self._plan.batch_size, self._plan.seed + self.progress.epoch)
        self.model.eval()
        for pixels, labels in loaded(batches, self._load, self._threads):
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
                with torch.set_grad_enabled(not frozen):
                    (features,) = self.model(augment(torch.from_numpy(pixels).to(self._device)))
                loss = self._heads(features, torch.from_numpy(labels).to(self._device))
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self._optimizer.step()
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    def _set_rates(self) -> None:
        done = (self.progress.epoch - 1) / max(1, self._plan.epochs)
        for group in self._optimizer.param_groups:
            group["lr"] = group["highest"] * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)

    def _note(self, on_epoch: Callable[[dict[str, float]], None], loss: float) -> None:
        score = self.ndcg()
        if score > self.progress.best:
            self.progress.best, self.progress.best_epoch = score, self.progress.epoch
            self._best = {name: tensor.detach().cpu().clone() for name, tensor in self.model.model.state_dict().items()}
        entry = {"epoch": self.progress.epoch, "loss": round(loss, 4), "ndcg@10": round(score, 4)}
        self.progress.history.append(entry)
        self._save()
        on_epoch(entry)

    def ndcg(self) -> float:
        """Return NDCG@10 of the held-out images by the first head, with each image as an anchor."""
        examples = self._examples.held_out
        features, labels = self.embed(examples)
        unit = features / np.linalg.norm(features, axis=1, keepdims=True)
        likeness = unit @ unit.T
        np.fill_diagonal(likeness, -np.inf)
        order = np.argsort(-likeness, axis=1)[:, : min(10, len(unit) - 1)]  # without the anchor, which is the last
        gains = (labels[order] == labels[:, None]) / np.log2(np.arange(2, order.shape[1] + 2))
        discounts = np.cumsum(1 / np.log2(np.arange(2, 12)))
        positives = (labels[:, None] == labels[None]).sum(1) - 1
        judged = positives > 0
        return float((gains.sum(1)[judged] / discounts[np.minimum(positives[judged], 10) - 1]).mean())

    @torch.inference_mode()
    def embed(self, examples: Sequence[Example]) -> tuple[Vector, np.ndarray]:
        """Return the features of images without augmentation, and their labels of the first head."""
        self.model.eval()
        rows, labels = [], []
        size = self._plan.batch_size
        batches = chunked(examples, size)
        for pixels, by_head in loaded(batches, self._load, self._threads):
            (features,) = self.model(torch.from_numpy(pixels).to(self._device))
            rows.append(features.float().cpu().numpy())
            labels.append(by_head[:, 0])
        return np.concatenate(rows), np.concatenate(labels)

    def _load(self, address: str) -> Pixels | None:
        try:
            data = self._source.fetch(address)
            return self._source.decoder.prepare(data, (self._expected.crop,), least_side=LEAST_SIDE)[0]
        except ImageError:
            return None  # the example is left out

    def _save(self) -> None:
        state: dict[str, Any] = {
            "about": self._about,
            "progress": asdict(self.progress),
            "model": self.model.model.state_dict(),
            "heads": self._heads.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "best": self._best,
        }
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / f"{_CHECKPOINT}.new"
        torch.save(state, new)
        new.replace(self._folder / _CHECKPOINT)  # atomic

    def _resume(self) -> None:
        path = self._folder / _CHECKPOINT
        if not path.is_file():
            return
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            is_same = state["about"] == self._about
        except Exception as error:  # torch raises all kinds of errors on damaged files
            raise CheckpointError(f"{path} is damaged: remove it to start again ({type(error).__name__})") from error
        if not is_same:
            raise CheckpointError(f"{path} belongs to another training: remove it, or choose another folder by --out")
        self.model.model.load_state_dict(state["model"])
        self._heads.load_state_dict(state["heads"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._best = state["best"]
        self.progress = Progress(**state["progress"])
