"""Labelled images of a catalogue, augmented, in batches that hold several of each label."""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from indexer.catalog.feeds.reading import read_catalog
from indexer.catalog.products import Product
from indexer.errors import SettingsError
from indexer.vectorizers.preprocessing import Pixels

CATEGORY = "category"
ABSENT = -100  # the label of a product that has none; the losses leave it out
_LEAST = 4  # images that a label needs: some to learn from, some to judge by
_AHEAD = 3  # batches made while one is learned from


@dataclass(frozen=True)
class Example:
    """An image, and the number of its label for each head."""

    image: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Examples:
    """What is learned from, what is judged by, and what the labels' numbers mean.

    Attributes
    ----------
    names : dict of str to list of str
        Head (``category``, or an attribute) to its labels.
    """

    learned: list[Example]
    held_out: list[Example]
    names: dict[str, list[str]]


def read_examples(catalog: Path, heads: Sequence[str], *, held_out: float = 0.15) -> Examples:
    """Read the labelled images of a catalogue; lines that can't be used are left out.

    Parameters
    ----------
    heads : sequence of str
        ``category`` (the narrowest), or names of attributes. The first decides what counts as alike.
    held_out : float
        Share of the images that the training is judged by, the same ones wherever the catalogue lies. Variants of one
        style, and products that share an image, fall on one side.

    Raises
    ------
    SettingsError
        A head has fewer than two labels of at least four images, or too few images are held out to judge by.
    """
    products = [product for _, product in read_catalog(catalog) if isinstance(product, Product) and product.images]
    names = {head: _labels(head, products) for head in heads}
    learned: list[Example] = []
    judged: list[Example] = []
    first: dict[str, str] = {}  # what shows an image first: variants, and products that share one, stay on one side
    for product in products:
        labels = tuple(_number(names[head], _label(head, product)) for head in heads)
        if labels[0] == ABSENT:
            continue
        image = product.images[0]
        shown = first.setdefault(image, product.style_id or product.id)
        chance = int(sha256(shown.encode()).hexdigest()[:8], 16) / 2**32
        (judged if chance < held_out else learned).append(Example(image, labels))
    if max(Counter(example.labels[0] for example in judged).values(), default=0) < 2:
        raise SettingsError(
            f"{catalog}: of {len(learned) + len(judged)} images {len(judged)} are held out to judge by, and no two "
            f"of them have the same {heads[0]}: more images are needed"
        )
    return Examples(learned, judged, names)


def _labels(head: str, products: Iterable[Product]) -> list[str]:
    counted = Counter(_label(head, product) for product in products)
    names = sorted(name for name, count in counted.items() if name and count >= _LEAST)
    if len(names) < 2:
        raise SettingsError(f"--head {head}: fewer than two labels have {_LEAST} images or more in this catalogue")
    return names


def _label(head: str, product: Product) -> str:
    if head == CATEGORY:
        return product.category[-1] if product.category else ""
    value = product.attributes.get(head, "")
    return "" if isinstance(value, list) else str(value)


def _number(names: list[str], label: str) -> int:
    return names.index(label) if label in names else ABSENT


def balanced_batches(examples: Sequence[Example], size: int, seed: int, *, each: int = 4) -> Iterator[list[Example]]:
    """Return batches in which each label stands ``each`` times: what is alike must meet to be drawn together.

    As many batches as the examples fill; a label of few images comes as often as one of many.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    shelves: dict[int, deque[Example]] = {}
    by_label: dict[int, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.labels[0]].append(example)
    for _ in range(max(1, len(examples) // size)):
        labels = chance.choices(list(by_label), k=-(-size // each))
        batch: list[Example] = []
        for label in labels:
            for _ in range(each):
                if not shelves.get(label):
                    shelves[label] = deque(chance.sample(by_label[label], len(by_label[label])))
                batch.append(shelves[label].popleft())
        yield batch[:size]


def augment(pixels: torch.Tensor) -> torch.Tensor:
    """Alter images as photographers do: crop, mirror, light; not their colour, which is the product's.

    All images of a batch at once, on its device: by threads, one by one, it would take longer than the training.

    Parameters
    ----------
    pixels : Tensor of uint8, shape (n, height, width, 3)
    """
    images = pixels.permute(0, 3, 1, 2).float()
    count, device = len(images), images.device
    # Each side keeps 0.7 to 1 of its length, so that half of the area and more stays.
    kept = 0.7 + 0.3 * torch.rand(count, 1, device=device) * (0.9 + 0.1 * torch.rand(count, 2, device=device))
    mirrored = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    where = torch.zeros(count, 2, 3, device=device)
    where[:, 0, 0], where[:, 1, 1] = kept[:, 0] * mirrored, kept[:, 1]
    where[:, :, 2] = (2 * torch.rand(count, 2, device=device) - 1) * (1 - kept)
    grid = affine_grid(where, list(images.shape), align_corners=False)
    images = grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    mean = images.mean((1, 2, 3), keepdim=True)
    contrast, brightness = (0.8 + 0.4 * torch.rand(2, count, 1, 1, 1, device=device)).unbind()
    images = ((images - mean) * contrast + mean) * brightness
    return images.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def loaded(
    batches: Iterable[list[Example]], load: Callable[[str], Pixels | None], threads: ThreadPoolExecutor
) -> Iterator[tuple[Pixels, np.ndarray]]:
    """Load batches a few ahead; images that can't be had are left out.

    Yields
    ------
    pixels : ndarray, shape (n, height, width, 3)
    labels : ndarray, shape (n, heads)
    """
    ahead: deque[tuple[list[Example], list[Future[Pixels | None]]]] = deque()

    def take() -> tuple[Pixels, np.ndarray] | None:
        examples, futures = ahead.popleft()
        found = [(f.result(), e.labels) for f, e in zip(futures, examples, strict=True)]
        had = [(pixels, labels) for pixels, labels in found if pixels is not None]
        return (np.stack([p for p, _ in had]), np.array([labels for _, labels in had])) if had else None

    for batch in batches:
        ahead.append((batch, [threads.submit(load, example.image) for example in batch]))
        if len(ahead) > _AHEAD and (ready := take()):
            yield ready
    while ahead:
        if ready := take():
            yield ready
