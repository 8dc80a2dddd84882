from __future__ import annotations

import numpy as np
from PIL import Image

from indexer.images.phone import as_by_phone


def test_a_picture_taken_by_phone_shows_the_same_thing_otherwise() -> None:
    pixels = np.full((200, 160, 3), 230, np.uint8)
    pixels[60:140, 50:110] = (200, 30, 30)
    picture = Image.fromarray(pixels)
    taken = as_by_phone(picture, np.random.default_rng(1))
    assert taken.mode == "RGB"
    assert 0.65 * 160 < taken.width < 160
    red, _, blue = (np.asarray(taken, int)[..., channel] for channel in range(3))
    share = float((red - blue > 60).mean())
    assert 0.1 < share < 0.4  # of the original it is 15%, and at most half is cut off
    assert as_by_phone(picture, np.random.default_rng(1)).tobytes() == taken.tobytes()
    assert as_by_phone(picture, np.random.default_rng(2)).size != taken.size
