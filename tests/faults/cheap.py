"""The workers' app with vectorizers that cost little, and an image that kills the process which embeds it.

``celery -A tests.faults.cheap worker``. ``DEATHS`` names a file that grows by a byte at each such death.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer import pipeline
from indexer.settings import Settings
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.color import ColorVectorizer
from workers import embedding_queue
from workers.app import app

__all__ = ["POISON", "app", "vectorizers"]

POISON = (255, 0, 255)
_SECONDS = 0.004  # an image: long enough to be killed at it


class _Color(ColorVectorizer):
    """The palette, slower, and dying of a poison image as a decoder's bug would have it."""

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        time.sleep(_SECONDS * len(images))
        for image in images:
            pixel: Any = np.asarray(image)[0, 0]
            if "DEATHS" in os.environ and tuple(pixel) == POISON:
                with Path(os.environ["DEATHS"]).open("ab") as deaths:
                    deaths.write(b"x")
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(images)


def vectorizers(_: Settings) -> Vectorizers:
    """Give the palette alone."""
    return Vectorizers({"color": _Color()}, {})


setattr(pipeline, "load_vectorizers", vectorizers)  # noqa: B010 - mypy
embedding_queue._PAUSE = 1.0
