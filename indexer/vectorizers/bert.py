"""Build BERT for OpenVINO from its checkpoint, without loading torch or transformers.

Nearly all small sentence models are BERTs (MiniLM, BGE, E5, GTE); `torch_sentences` converts the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

Tensors = Mapping[str, NDArray[Any]]
Node = Any  # openvino.Node, which ships no types


def is_bert(config: Mapping[str, Any], tensors: Tensors) -> bool:
    """Return whether `build` supports a model, by its configuration and the names of its tensors."""
    usual = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}
    return (
        all(config.get(name, value) == value for name, value in usual.items())
        and "model_type" in config
        and "embeddings.word_embeddings.weight" in tensors
        and f"encoder.layer.{config['num_hidden_layers'] - 1}.output.LayerNorm.weight" in tensors
    )


def build(config: Mapping[str, Any], tensors: Tensors, *, first_token: bool) -> ov.Model:
    """Build a BERT with its pooling: token ids and mask ``(n, length)`` in, ``(n, hidden_size)`` out.

    Parameters
    ----------
    config : mapping
        Its ``config.json``.
    tensors : mapping of str to ndarray
        Its checkpoint, by the names that transformers gives the tensors.
    first_token : bool
        Pool by the first token; otherwise by the mean of all.
    """
    layers = _Layers(tensors, float(config["layer_norm_eps"]))
    tokens, mask = (ops.parameter([-1, -1], np.int64, name) for name in ("tokens", "mask"))
    hidden = _embedded(layers, tokens)
    float_mask = ops.convert(mask, "f32")
    # Added to the attention scores: masked tokens get no attention.
    bias = ops.multiply(ops.subtract(ops.unsqueeze(float_mask, [1, 2]), _number(1)), _number(1e30))
    for number in range(config["num_hidden_layers"]):
        hidden = _layer(layers, f"encoder.layer.{number}", hidden, bias, config["num_attention_heads"])
    pooled = ops.gather(hidden, 0, 1) if first_token else _mean(hidden, float_mask)
    return ov.Model([pooled], [tokens, mask], "bert")


class _Layers:
    """Builds layers of named tensors."""

    def __init__(self, tensors: Tensors, epsilon: float) -> None:
        self._tensors, self._epsilon = tensors, epsilon

    def weight(self, name: str) -> Node:
        return ops.constant(self._tensors[f"{name}.weight"].astype(np.float32))

    def bias(self, name: str) -> Node:
        return ops.constant(self._tensors[f"{name}.bias"].astype(np.float32))

    def linear(self, name: str, values: Node) -> Node:
        return ops.add(ops.matmul(values, self.weight(name), False, True), self.bias(name))

    def norm(self, name: str, values: Node) -> Node:
        normal = ops.mvn(values, ops.constant([-1]), True, self._epsilon, "inside_sqrt")
        return ops.add(ops.multiply(normal, self.weight(name)), self.bias(name))


def _embedded(layers: _Layers, tokens: Node) -> Node:
    length = ops.gather(ops.shape_of(tokens), ops.constant([1]), 0)
    positions = ops.slice(layers.weight("embeddings.position_embeddings"), [0], length, [1], [0])
    token_type = ops.gather(layers.weight("embeddings.token_type_embeddings"), 0, 0)
    words = ops.gather(layers.weight("embeddings.word_embeddings"), tokens, 0)
    return layers.norm("embeddings.LayerNorm", ops.add(ops.add(words, positions), token_type))


def _layer(layers: _Layers, name: str, hidden: Node, bias: Node, heads: int) -> Node:
    query, key, value = (
        _by_heads(layers.linear(f"{name}.attention.self.{part}", hidden), heads) for part in ("query", "key", "value")
    )
    context = ops.transpose(ops.scaled_dot_product_attention(query, key, value, bias), [0, 2, 1, 3])
    context = ops.reshape(context, [0, 0, -1], special_zero=True)
    hidden = layers.norm(
        f"{name}.attention.output.LayerNorm", ops.add(layers.linear(f"{name}.attention.output.dense", context), hidden)
    )
    wide = ops.gelu(layers.linear(f"{name}.intermediate.dense", hidden), "erf")
    return layers.norm(f"{name}.output.LayerNorm", ops.add(layers.linear(f"{name}.output.dense", wide), hidden))


def _by_heads(values: Node, heads: int) -> Node:
    width = values.get_output_partial_shape(0)[2].get_length() // heads
    return ops.transpose(ops.reshape(values, [0, 0, heads, width], special_zero=True), [0, 2, 1, 3])


def _mean(hidden: Node, float_mask: Node) -> Node:
    mask = ops.unsqueeze(float_mask, [2])
    return ops.divide(ops.reduce_sum(ops.multiply(hidden, mask), [1]), ops.reduce_sum(mask, [1]))


def _number(value: float) -> Node:
    return ops.constant(np.float32(value))
