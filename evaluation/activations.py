"""A disk cache of the raw activations of a catalogue's images, so that comparisons don't run the network again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from more_itertools import chunked
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from es_mappings.layout import Vector
from evaluation.catalogues import PrimaryImage
from indexer.digests import image_digest, manifest_digest
from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE

cache_option = click.option(
    "--cache",
    default=Path(".data/activations"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder that keeps activations.",
)

_BATCH = 64
_THREADS = 4
_SPEED_FROM = 2 * _BATCH  # images needed to report a speed: with fewer, the first, slow batch dominates


@dataclass(frozen=True)
class Activations:
    """A vectorizer's activations of images.

    Attributes
    ----------
    rows : ndarray of float32, shape (images, raw_dims)
    places : dict
        Image digest -> row number.
    images_per_second : float or None
        Speed of the vectorizer on decoded images on this machine; None if it ran on too few to tell.
    """

    rows: Vector
    places: dict[str, int]
    images_per_second: float | None

    def of(self, digests: Iterable[str]) -> Vector:
        """Return the rows of images, shape ``(images, raw_dims)``."""
        return self.rows[[self.places[d] for d in digests]]


class ActivationCache:
    """A cache with one file per vectorizer, named by the digest of its manifest."""

    def __init__(self, folder: Path, source: ImageSource) -> None:
        self._folder, self._source = folder, source

    def get(
        self,
        vectorizer: ImageVectorizer,
        images: Iterable[PrimaryImage],
        step: Callable[[int], object] = lambda done: None,
    ) -> Activations:
        """Read the activations of images; compute and store missing ones.

        Parameters
        ----------
        step : callable, optional
            Called with the number of further images done.

        Raises
        ------
        ImageError
            An image can't be fetched any more, or has changed.
        """
        by_digest = {image.digest: image.address for image in images}
        path = self._folder / f"{manifest_digest(vectorizer.manifest)}.safetensors"
        activations = _read(path)
        missing = [d for d in by_digest if d not in activations.places]
        step(len(by_digest) - len(missing))
        if missing:
            computed, speed = self._compute(vectorizer, {d: by_digest[d] for d in missing}, step)
            digests = [*activations.places, *missing]
            rows = np.concatenate([activations.rows.reshape(-1, computed.shape[1]), computed])
            places = {d: row for row, d in enumerate(digests)}
            activations = Activations(rows, places, speed or activations.images_per_second)
            _write(path, activations)
        return activations

    def _compute(
        self, vectorizer: ImageVectorizer, addresses: Mapping[str, str], step: Callable[[int], object]
    ) -> tuple[Vector, float | None]:
        rows, seconds, timed = [], 0.0, 0
        with ThreadPoolExecutor(_THREADS) as threads:
            for number, batch in enumerate(chunked(addresses, _BATCH)):
                decoded = list(threads.map(lambda d: self._decode(d, addresses[d]), batch))
                begun = time.perf_counter()
                rows.append(vectorizer(decoded))
                if number:  # the first batch warms up
                    seconds += time.perf_counter() - begun
                    timed += len(batch)
                step(len(batch))
        return np.concatenate(rows), timed / seconds if timed >= _SPEED_FROM else None

    def _decode(self, digest: str, address: str) -> Image.Image:
        data = self._source.fetch(address)
        if image_digest(data) != digest:
            raise ImageError(f"{address} changed while it was being read")
        return self._source.decoder.decode(data, least_side=LEAST_SIDE)


def _read(path: Path) -> Activations:
    try:
        with safe_open(path, "numpy") as file:
            notes = file.metadata()
            names = json.loads(notes["images"])
            speed = json.loads(notes["images_per_second"])
            return Activations(file.get_tensor("activations"), {d: row for row, d in enumerate(names)}, speed)
    except (FileNotFoundError, SafetensorError):  # no file, or a truncated one: compute all
        return Activations(np.empty((0, 0), np.float32), {}, None)


def _write(path: Path, activations: Activations) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    speed = json.dumps(activations.images_per_second)
    notes = {"images": json.dumps(list(activations.places)), "images_per_second": speed}
    partial = path.with_suffix(".partial")
    save_file({"activations": activations.rows}, partial, notes)
    partial.replace(path)
