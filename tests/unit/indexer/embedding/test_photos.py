import pytest
from PIL import Image

from indexer.embedding.photos import cropped
from indexer.errors import ImageError

PICTURE = Image.new("RGB", (200, 100), "white")


def test_without_a_box_the_image_is_not_cropped() -> None:
    assert cropped(PICTURE, None) is PICTURE


def test_a_box_is_in_fractions_of_the_image() -> None:
    assert cropped(PICTURE, (0.25, 0.5, 0.5, 0.5)).size == (100, 50)
    assert cropped(PICTURE, (0.1 + 0.2, 0, 0.7, 1)).size == (140, 100)


def test_context_is_a_share_of_the_box_as_far_as_the_image_reaches() -> None:
    picture = Image.new("RGB", (200, 100))
    picture.putpixel((40, 30), (255, 0, 0))
    inner = cropped(picture, (0.25, 0.5, 0.5, 0.25), context=0.2)
    assert inner.size == (140, 35)
    assert cropped(picture, (0.25, 0.35, 0.5, 0.25), context=0.2).getpixel((10, 0)) == (255, 0, 0)
    assert cropped(picture, (0.0, 0.5, 0.5, 0.5), context=0.2).size == (120, 60)
    assert cropped(picture, (0, 0, 1, 1), context=0.2).size == picture.size


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 1.1, 1),
        (-0.1, 0, 0.5, 0.5),
        (0, 0, 0, 1),
        (0.5, 0.5, -0.2, 0.2),
        (float("nan"), 0, 1, 1),
        (0, 0, 1e-4, 1),
    ],
)
def test_a_box_outside_the_image_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ImageError, match="box"):
        cropped(PICTURE, box)
