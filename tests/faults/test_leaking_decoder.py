"""A codec that leaks memory: its process ends at its limit, and no image is blamed for those before it."""

from collections.abc import Callable

import psutil
import pytest

from indexer.images.decoder import Decoder
from indexer.images.decoding import program
from tests.faults.shop import FULL
from tests.images import picture

IMAGES = 200 if FULL else 12


def test_no_image_fails_because_of_a_leak(monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]) -> None:
    monkeypatch.setattr(program, "__name__", "tests.faults.leaking_decoder")
    image, pids, most = picture(), set[int](), 0
    with Decoder(2) as decoder:
        for _ in range(IMAGES):
            assert decoder.decode(image).size[0] > 0
            for child in psutil.Process().children():
                if "leaking_decoder" in " ".join(child.cmdline()):
                    pids.add(child.pid)
                    most = max(most, child.memory_info().rss)
    figure(f"A decoder leaks 300 MiB an image: {IMAGES} of {IMAGES} decoded, by {len(pids)} processes of at most "
           f"{most >> 20} MiB")  # fmt: skip
    assert len(pids) > 2
    assert most < program.MEMORY + 2**29
