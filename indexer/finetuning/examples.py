"""Labelled images of a catalogue: splits, balanced batches and augmentation."""

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
ABSENT = -100  # the label of a product that has none; losses ignore it
_MIN_IMAGES = 4  # of a label: some to learn from, some to judge by
_AHEAD = 3  # batches that are prefetched


@dataclass(frozen=True)
class Example:
    """An image, and the number of its label per head."""

    image: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Examples:
    """Training and held-out examples, and the names of their labels.

    Attributes
    ----------
    names : dict of str to list of str
        Head (``category``, or an attribute) -> its labels by number.
    """

    learned: list[Example]
    held_out: list[Example]
    names: dict[str, list[str]]


def read_examples(catalog: Path, heads: Sequence[str], *, held_out: float = 0.15) -> Examples:
    """Read the labelled images of a catalogue, without invalid lines.

    Parameters
    ----------
    heads : sequence of str
        ``category`` (the narrowest), or names of attributes. The first decides which products are alike.
    held_out : float
        Share of the images by which the training is judged; they don't depend on the catalogue's folder. Variants of
        one style, and products that share an image, are in one part.

    Raises
    ------
    SettingsError
        A head has fewer than two labels of at least four images, or too few images are held out.
    """
    products = [product for _, product in read_catalog(catalog) if isinstance(product, Product) and product.images]
    names = {head: _labels(head, products) for head in heads}
    learned: list[Example] = []
    judged: list[Example] = []
    first: dict[str, str] = {}  # the first style or product with an image, which decides the part of all that share it
    for product in products:
        labels = tuple(_number(names[head], _label(head, product)) for head in heads)
        if labels[0] == ABSENT:
            continue
        image = product.images[0]
        group = first.setdefault(image, product.style_id or product.id)
        fraction = int(sha256(group.encode()).hexdigest()[:8], 16) / 2**32
        (judged if fraction < held_out else learned).append(Example(image, labels))
    if max(Counter(example.labels[0] for example in judged).values(), default=0) < 2:
        raise SettingsError(
            f"{catalog}: of {len(learned) + len(judged)} images {len(judged)} are held out to judge by, and no two "
            f"of them have the same {heads[0]}: more images are needed"
        )
    return Examples(learned, judged, names)


def _labels(head: str, products: Iterable[Product]) -> list[str]:
    counts = Counter(_label(head, product) for product in products)
    names = sorted(name for name, count in counts.items() if name and count >= _MIN_IMAGES)
    if len(names) < 2:
        raise SettingsError(f"--head {head}: fewer than two labels have {_MIN_IMAGES} images or more in this catalogue")
    return names


def _label(head: str, product: Product) -> str:
    if head == CATEGORY:
        return product.category[-1] if product.category else ""
    value = product.attributes.get(head, "")
    return "" if isinstance(value, list) else str(value)


def _number(names: list[str], label: str) -> int:
    return names.index(label) if label in names else ABSENT


def balanced_batches(examples: Sequence[Example], size: int, seed: int, *, each: int = 4) -> Iterator[list[Example]]:
    """Yield batches in which each label has ``each`` examples, as contrastive losses need.

    There are as many batches as the examples fill; labels are drawn evenly, however many images they have.
    """
    draw = random.Random(seed)  # noqa: S311 - no secret
    remaining: dict[int, deque[Example]] = {}
    by_label: dict[int, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.labels[0]].append(example)
    for _ in range(max(1, len(examples) // size)):
        labels = draw.choices(list(by_label), k=-(-size // each))
        batch: list[Example] = []
        for label in labels:
            for _ in range(each):
                if not remaining.get(label):
                    remaining[label] = deque(draw.sample(by_label[label], len(by_label[label])))
                batch.append(remaining[label].popleft())
        yield batch[:size]


def augment(pixels: torch.Tensor) -> torch.Tensor:
    """Vary crop, mirroring and light, but not colour, which is a property of the product.

    All images of a batch are augmented at once on their device, because one by one would take longer than training.

    Parameters
    ----------
    pixels : Tensor of uint8, shape (n, height, width, 3)
    """
    images = pixels.permute(0, 3, 1, 2).float()
    count, device = len(images), images.device
    # Each side keeps 0.7 to 1 of its length, so that about half of the area or more remains.
    scale = 0.7 + 0.3 * torch.rand(count, 1, device=device) * (0.9 + 0.1 * torch.rand(count, 2, device=device))
    mirrored = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    transforms = torch.zeros(count, 2, 3, device=device)
    transforms[:, 0, 0], transforms[:, 1, 1] = scale[:, 0] * mirrored, scale[:, 1]
    transforms[:, :, 2] = (2 * torch.rand(count, 2, device=device) - 1) * (1 - scale)
    grid = affine_grid(transforms, list(images.shape), align_corners=False)
    images = grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    mean = images.mean((1, 2, 3), keepdim=True)
    contrast, brightness = (0.8 + 0.4 * torch.rand(2, count, 1, 1, 1, device=device)).unbind()
    images = ((images - mean) * contrast + mean) * brightness
    return images.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def loaded(
    batches: Iterable[list[Example]], load: Callable[[str], Pixels | None], threads: ThreadPoolExecutor
) -> Iterator[tuple[Pixels, np.ndarray]]:
    """Load batches, with a few prefetched and without unavailable images.

    Yields
    ------
    pixels : ndarray, shape (n, height, width, 3)
    labels : ndarray, shape (n, heads)
    """
    ahead: deque[tuple[list[Example], list[Future[Pixels | None]]]] = deque()

    def take() -> tuple[Pixels, np.ndarray] | None:
        examples, futures = ahead.popleft()
        results = [(f.result(), e.labels) for f, e in zip(futures, examples, strict=True)]
        available = [(pixels, labels) for pixels, labels in results if pixels is not None]
        if not available:
            return None
        return np.stack([pixels for pixels, _ in available]), np.array([labels for _, labels in available])

    for batch in batches:
        ahead.append((batch, [threads.submit(load, example.image) for example in batch]))
        if len(ahead) > _AHEAD and (ready := take()):
            yield ready
    while ahead:
        if ready := take():
            yield ready
