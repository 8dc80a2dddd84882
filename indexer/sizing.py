"""What a catalogue of a size needs: disk, memory, shards, nodes, hours. From measured constants (docs/scale.md)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from es_mappings.vector_index import DEFAULT

GIB = 2**30

# Of a product of the benchmark, on disk, in a settled index (`make bench-scale`): all that isn't a vector.
DOCUMENT_BYTES = 312

# Beside four bytes a dimension of the vector itself: its quantized form, and 32 links of a graph, delta-coded.
_QUANTIZED: dict[str, Callable[[int], float]] = {
    "int8_flat": lambda dims: dims + 16,
    "int8_hnsw": lambda dims: dims + 16 + 80,
    "int4_flat": lambda dims: dims / 2 + 16,
    "bbq_flat": lambda dims: dims / 8 + 14,
    "bbq_hnsw": lambda dims: dims / 8 + 14 + 80,
}

# Of an image's 3,310 activations in bfloat16, the default models', and of its product's text, on disk
# (docs/measurements.md).
_ACTIVATIONS_BYTES = 9_900
_NESTED_BYTES = 60  # of a picture's document beside its vector; an estimate

_IMAGES_PER_CORE = 48.9  # a second, end to end: 97.7 on two cores (docs/measurements.md)
_IMAGES_PER_GPU = 1_017.0  # on an H100 with 16 cores, which are its limit
_PRODUCTS_PER_SHARD = 2_000_000  # a core scans them in a third of a second (0.16 s a million in eight bits)
_SHARD_BYTES = 50 * GIB  # above it, Elasticsearch advises against a shard: it takes long to move
_HEAP_BYTES = 4 * GIB  # of a node; a million products are served by 3
_CACHED_SHARE = 0.1  # of the vectors that are read exactly, and of the documents: those that are shown again and again
_SPARE = 1.3  # of the disk, for merges


@dataclass(frozen=True)
class Catalogue:
    """A catalogue to be sized.

    Attributes
    ----------
    products, images : float
        Products, and images of each.
    dims : int
        Dimensions of the compound vector.
    """

    products: float
    images: float = 1.0
    dims: int = 384
    index_type: str = DEFAULT
    document_bytes: float = DOCUMENT_BYTES

    @property
    def index_bytes(self) -> float:
        """The product index on disk, one copy, merged."""
        pictures = self.images * (4 * self.dims + _NESTED_BYTES) if self.images > 1 else 0.0
        return self.products * (self.document_bytes + 4 * self.dims + self._quantized + pictures)

    @property
    def store_bytes(self) -> float:
        """The Image Vector Store on disk, one copy."""
        return self.products * self.images * _ACTIVATIONS_BYTES

    @property
    def memory_bytes(self) -> float:
        """What the machines' page cache should hold of one copy: what kNN scans, and a part of what it reads."""
        rest = self.index_bytes - self.products * self._quantized
        return self.products * self._quantized + _CACHED_SHARE * rest

    @property
    def shards(self) -> int:
        """Primary shards."""
        return max(math.ceil(self.products / _PRODUCTS_PER_SHARD), math.ceil(self.index_bytes / _SHARD_BYTES))

    @property
    def _quantized(self) -> float:
        return _QUANTIZED[self.index_type](self.dims)


@dataclass(frozen=True)
class Machines:
    """The machines that a catalogue is put on.

    Attributes
    ----------
    replicas : int
        Copies besides the first.
    node_bytes : float
        Memory of a node of Elasticsearch.
    node_cores : int
        Cores of a node of Elasticsearch.
    cores, gpus : int
        Of all embedding workers together; with GPUs, 16 cores belong to each.
    """

    replicas: int = 1
    node_bytes: float = 64 * GIB
    node_cores: int = 16
    cores: int = 16
    gpus: int = 0

    def nodes(self, catalogue: Catalogue) -> int:
        """Return how many nodes hold the catalogue, with a core for each shard; no fewer than copies."""
        cache = self.node_bytes - 2 * _HEAP_BYTES  # as much again for the system and for buffers
        for_memory = math.ceil((self.replicas + 1) * catalogue.memory_bytes / cache)
        return max(self.replicas + 1, for_memory, math.ceil(catalogue.shards / self.node_cores))

    def disk_bytes(self, catalogue: Catalogue) -> float:
        """Return the disk of all nodes together."""
        return (self.replicas + 1) * _SPARE * (catalogue.index_bytes + catalogue.store_bytes)

    def embedding_hours(self, catalogue: Catalogue) -> float:
        """Return how long embedding all images takes."""
        rate = self.gpus * _IMAGES_PER_GPU if self.gpus else self.cores * _IMAGES_PER_CORE
        return catalogue.products * catalogue.images / rate / 3_600
