"""Raw activations of a catalogue's images, computed once and kept on disk: a comparison then costs no CNN."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from es_mappings.layout import Vector
from evaluation.catalogues import PrimaryImage
from indexer.digests import image_digest, manifest_digest
from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from indexer.vectorizers.base import ImageVectorizer

_BATCH = 64
_LEAST_SIDE = 300  # pixels: no less than any preset looks at
_THREADS = 4
_SPEED_FROM = 2 * _BATCH  # images below which a speed would be that of the first, slow batch


@dataclass(frozen=True)
class Activations:
    """What a vectorizer gave for images.

    Attributes
    ----------
    rows : ndarray of float32, shape (images, raw_dims)
    places : dict
        Image digest -> its row.
    images_per_second : float or None
        Of the vectorizer, on this machine, decoded images going in; None where too few were made to tell.
    """

    rows: Vector
    places: dict[str, int]
    images_per_second: float | None

    def of(self, digests: Iterable[str]) -> Vector:
        """Return the rows of images, shape ``(images, raw_dims)``."""
        return self.rows[[self.places[d] for d in digests]]


class ActivationCache:
    """Keeps activations in one file a vectorizer, named by its digest."""

    def __init__(self, folder: Path, source: ImageSource) -> None:
        self._folder, self._source = folder, source

    def get(
        self,
        vectorizer: ImageVectorizer,
        wanted: Iterable[PrimaryImage],
        step: Callable[[int], object] = lambda done: None,
    ) -> Activations:
        """Read the activations of images; make and keep those that aren't there.

        Parameters
        ----------
        step : callable, optional
            Told how many more images are done.

        Raises
        ------
        ImageError
            An image that was there before can't be had any more.
        """
        by_digest = {image.digest: image.address for image in wanted}
        path = self._folder / f"{manifest_digest(vectorizer.manifest)}.safetensors"
        kept = _read(path)
        missing = [d for d in by_digest if d not in kept.places]
        step(len(by_digest) - len(missing))
        if missing:
            made, speed = self._make(vectorizer, {d: by_digest[d] for d in missing}, step)
            names = [*kept.places, *missing]
            rows = np.concatenate([kept.rows.reshape(-1, made.shape[1]), made])
            kept = Activations(rows, {d: row for row, d in enumerate(names)}, speed or kept.images_per_second)
            _write(path, kept)
        return kept

    def _make(
        self, vectorizer: ImageVectorizer, addresses: Mapping[str, str], step: Callable[[int], object]
    ) -> tuple[Vector, float | None]:
        rows, seconds, timed = [], 0.0, 0
        names = list(addresses)
        with ThreadPoolExecutor(_THREADS) as threads:
            for start in range(0, len(names), _BATCH):
                batch = names[start : start + _BATCH]
                decoded = list(threads.map(lambda d: self._decode(d, addresses[d]), batch))
                begun = time.perf_counter()
                rows.append(vectorizer(decoded))
                if start:  # the first batch warms up
                    seconds += time.perf_counter() - begun
                    timed += len(batch)
                step(len(batch))
        return np.concatenate(rows), timed / seconds if timed >= _SPEED_FROM else None

    def _decode(self, name: str, address: str) -> Image.Image:
        data = self._source.fetch(address)
        if image_digest(data) != name:
            raise ImageError(f"{address} has changed while it was read")
        return self._source.decoder.decode(data, least_side=_LEAST_SIDE)


def _read(path: Path) -> Activations:
    try:
        with safe_open(path, "numpy") as file:
            notes = file.metadata()
            names = json.loads(notes["images"])
            speed = json.loads(notes["images_per_second"])
            return Activations(file.get_tensor("activations"), {d: row for row, d in enumerate(names)}, speed)
    except (FileNotFoundError, SafetensorError):  # nothing kept, or a file that was cut short: made anew
        return Activations(np.empty((0, 0), np.float32), {}, None)


def _write(path: Path, kept: Activations) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    notes = {"images": json.dumps(list(kept.places)), "images_per_second": json.dumps(kept.images_per_second)}
    partial = path.with_suffix(".partial")
    save_file({"activations": kept.rows}, partial, notes)
    partial.replace(path)
