import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from es_mappings.layout import Vector
from evaluation.bench_int8 import by_category, overlap, spread
from evaluation.int8 import cosines, in_float32, outputs, sensitive_layers

RANDOM = np.random.default_rng(3)
IMAGES = [RANDOM.integers(0, 256, (8, 8, 3), np.uint8) for _ in range(4)]
WEIGHTS = {"shallow": RANDOM.normal(size=(6, 3, 3, 3)), "deep": RANDOM.normal(size=(5, 6, 1, 1))}


def network(steps: dict[str, float], *, quantized_inputs: bool = False) -> ov.Model:
    """Return two convolutions, each with its weights rounded to multiples of a step, or to none."""
    pixels = ops.parameter([1, 8, 8, 3], np.uint8)
    layer = ops.transpose(ops.convert(pixels, "f32"), np.array([0, 3, 1, 2]))
    for name, weights in WEIGHTS.items():
        step = steps.get(name)
        rounded = ops.constant(weights if step is None else np.round(weights / step) * step, np.float32)
        if quantized_inputs:
            layer = ops.fake_quantize(layer, -1000.0, 1000.0, -1000.0, 1000.0, 16)
        if name == "deep":
            layer = ops.pad(layer, [0, 0, 0, 0], [0, 0, 1, 1], "constant", np.float32(0))
        layer = ops.convolution(layer, rounded, [1, 1], [0, 0], [0, 0], [1, 1])
        layer.set_friendly_name(name)
    return ov.Model([ops.reduce_mean(layer, np.array([2, 3]), keep_dims=False)], [pixels])


def look(model: ov.Model) -> Vector:
    return outputs(model, IMAGES)[0]


@pytest.mark.parametrize("coarse", list(WEIGHTS))
def test_the_coarsest_layer_is_the_most_sensitive(coarse: str) -> None:
    float32, int8 = network({}), network({"shallow": 0.01, "deep": 0.01, coarse: 1})
    other = next(name for name in WEIGHTS if name != coarse)
    assert sensitive_layers(float32, int8, IMAGES, 2) == [coarse, other]
    assert sensitive_layers(float32, int8, IMAGES, 1) == [coarse]


def test_one_layer_has_its_weights_again_and_the_other_has_not() -> None:
    float32, int8 = network({}), network({"shallow": 1, "deep": 1})
    restored = look(in_float32(float32, int8, "deep"))
    assert np.allclose(restored, look(network({"shallow": 1})), rtol=1e-4)
    assert cosines(look(int8), look(float32)).mean() < cosines(restored, look(float32)).mean() < 0.99999
    assert np.allclose(look(int8), look(network({"shallow": 1, "deep": 1})))  # of which a copy was changed


def test_the_input_of_a_layer_is_float32_again_too() -> None:
    float32, int8 = network({}), network({}, quantized_inputs=True)
    once = in_float32(float32, int8, "deep")
    assert not np.allclose(look(int8), look(float32), rtol=1e-2)
    assert np.allclose(look(in_float32(float32, once, "shallow")), look(float32), rtol=1e-4)


def test_pages_are_compared_without_their_order() -> None:
    names = [str(i) for i in range(30)]
    assert overlap({"a": names}, {"a": names[23::-1] + names[24:]}) == 1
    assert overlap({"a": names, "b": names}, {"a": names[12:], "b": names}) == pytest.approx((0.5 + 1) / 2)
    assert overlap({"a": ["b", "c"]}, {"a": ["c", "b"]}) == 1  # fewer than a page


def test_images_of_one_folder_are_relevant_to_each_other() -> None:
    assert by_category(["hat", "shoes", "hat"])["0"] == {"1": 0, "2": 1}


def test_images_come_from_all_over_a_folder() -> None:
    assert spread("abcdefghij", 3) == ["a", "d", "g"]
    assert spread("ab", 5) == ["a", "b"]
