"""A CNN in int8: quantized by NNCF, with the layers that int8 costs most left in float32."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from more_itertools import chunked

from es_mappings.layout import Vector
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.runtimes.openvino import compiled

CONVOLUTIONS = {"Convolution", "GroupConvolution"}
# What pools the taps' activations: it takes no time, so int8 would only lose there.
POOLING = ["AvgPool", "Divide", "Maximum", "Power", "ReduceMean", "Slice", "Sqrt", "Subtract"]


def quantized(
    network: ov.Model,
    images: Sequence[Pixels],
    *,
    float_layers: Sequence[str] = (),
    seven_bits: bool = True,
    corrected: bool = True,
) -> ov.Model:
    """Return a network in int8, calibrated on images.

    Parameters
    ----------
    float_layers : sequence of str
        Friendly names of operations that stay in float32.
    seven_bits : bool
        Whether weights have seven bits. A processor without VNNI adds two products in 16 bits, which eight bits
        overflow: there the same image would get another vector.
    corrected : bool
        Whether biases are corrected by what quantization shifts.
    """
    import nncf  # of requirements-bench.txt

    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(
        network.clone(),
        nncf.Dataset(images, lambda image: image[None]),
        subset_size=len(images),
        ignored_scope=nncf.IgnoredScope(names=list(float_layers), types=POOLING, validate=False),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.OverflowFix.ENABLE if seven_bits else nncf.OverflowFix.FIRST_LAYER,
            disable_bias_correction=not corrected,
        ),
    )


def sensitive_layers(network: ov.Model, int8: ov.Model, images: Sequence[Pixels], count: int) -> list[str]:
    """Return the convolutions that cost the first output most in int8, the costliest first.

    Parameters
    ----------
    int8 : openvino.Model
        The quantized network. Its biases must not be corrected: they would be wrong once a layer is in float32.
    """
    expected = outputs(network, images)[0]
    gains = {
        name: cosines(expected, outputs(in_float32(network, int8, name), images)[0]).mean()
        for name in convolutions(network)
    }
    return sorted(gains, key=lambda name: -gains[name])[:count]


def convolutions(network: ov.Model) -> list[str]:
    """Return the friendly names of a network's convolutions."""
    return [o.get_friendly_name() for o in network.get_ordered_ops() if o.get_type_name() in CONVOLUTIONS]


def in_float32(network: ov.Model, int8: ov.Model, layer: str) -> ov.Model:
    """Return a copy of a quantized network in which one layer has float32's weights and inputs."""
    copy = int8.clone()
    operation = _operation(copy, layer)
    weights = _operation(network, layer).input_value(1).get_node().get_data()
    operation.input(1).replace_source_output(ov.opset13.constant(weights).output(0))
    source = operation.input_value(0).get_node()
    if source.get_type_name() == "Pad":
        operation, source = source, source.input_value(0).get_node()
    if source.get_type_name() == "FakeQuantize":
        operation.input(0).replace_source_output(source.input_value(0))
    return copy


def outputs(network: ov.Model, images: Sequence[Pixels]) -> list[Vector]:
    """Return each output's activations, ``(len(images), dims)``."""
    request = _request(network)
    rows = []
    for image in images:
        request.infer({0: image[None]})
        rows.append([output.data.ravel().copy() for output in request.output_tensors])
    return [np.stack(output) for output in zip(*rows, strict=True)]


def seconds_of_a_core(networks: Sequence[ov.Model], images: Sequence[Pixels], *, together: int = 20) -> list[float]:
    """Return the seconds of a core that each network takes for an image: the median of turns of ``together`` images."""
    requests = [_request(network) for network in networks]
    turns: list[list[float]] = []
    for some in chunked(images, together):
        turn = []
        for request in requests:
            request.infer({0: some[0][None]})  # its weights are in the cache again
            began = time.process_time()
            for image in some:
                request.infer({0: image[None]})
            turn.append((time.process_time() - began) / len(some))
        turns.append(turn)
    return [float(median) for median in np.median(turns, axis=0)]


def cosines(some: Vector, others: Vector) -> Vector:
    """Return the cosine of each row with the same row of others."""
    lengths: Vector = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    products: Vector = (some * others).sum(axis=1)
    return products / lengths


def _operation(network: ov.Model, name: str) -> Any:
    return next(o for o in network.get_ordered_ops() if o.get_friendly_name() == name)


def _request(network: ov.Model) -> ov.InferRequest:
    # One thread, so that the seconds of the process are those of a core.
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1"}
    return compiled(network, options).create_infer_request()
