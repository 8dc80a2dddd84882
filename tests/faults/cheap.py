"""Cheap vectorizers, an image that kills its process, a gate that holds batches in the model, models that break."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.images.decoding.preparations import Prepared
from indexer.settings import Settings
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.color import ColorVectorizer

POISON = (255, 0, 255)
_SECONDS = 0.004  # per image: long enough to be killed meanwhile


class _Color(ColorVectorizer):
    """The palette, slowed down, which a poison image kills as a bug in a model would."""

    _broken = False  # for good, as a process whose CUDA context failed

    def run(self, prepared: Sequence[Prepared]) -> dict[str, Vector]:
        if "BREAKS" in os.environ and (breaks := Path(os.environ["BREAKS"])).exists():
            breaks.unlink(missing_ok=True)
            self._broken = True
        if self._broken:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        time.sleep(_SECONDS * len(prepared))
        while "GATE" in os.environ and Path(os.environ["GATE"]).exists():
            time.sleep(0.02)
        poison = self.preparation(Image.new("RGB", (48, 48), POISON))
        for palette in prepared:
            if "DEATHS" in os.environ and np.allclose(palette, poison, atol=1e-5):
                with Path(os.environ["DEATHS"]).open("ab") as deaths:
                    deaths.write(b"x")
                os.kill(os.getpid(), signal.SIGKILL)
        return super().run(prepared)


def vectorizers(_: Settings) -> Vectorizers:
    """Return the palette alone."""
    return Vectorizers({"color": _Color()}, {})
