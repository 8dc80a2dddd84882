"""Word vectors: word2vec and fastText files, read by gensim into its KeyedVectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import KeyedVectors
from gensim.models.fasttext import FastTextKeyedVectors, load_facebook_vectors

from es_mappings.layout import Vector, unit
from indexer.errors import CheckpointError

# Smooth inverse frequency: a word of probability p has the weight a / (a + p), with this a (Arora, Liang and Ma, "A
# simple but tough-to-beat baseline for sentence embeddings", ICLR 2017).
_SMOOTHING = 1e-3

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")

# First bytes of pickles (protocol 2 and newer) and of fastText's binary format.
_PICKLE, _FASTTEXT = b"\x80", (793712314).to_bytes(4, "little")


class WordEncoder:
    """Embeds a text as the sum of its words' vectors, weighted by smooth inverse frequency."""

    def __init__(self, vectors: KeyedVectors | FastTextKeyedVectors, digest: str) -> None:
        self._vectors, self._digest = vectors, digest
        # The files order words by falling frequency without saying it: Zipf's law estimates it.
        self._harmonic = float((1 / np.arange(1, len(vectors) + 1)).sum())

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the vectors."""
        return {"model": "words", "weights": self._digest, "smoothing": _SMOOTHING}

    @property
    def dims(self) -> int:
        """Length of a word's vector."""
        return int(self._vectors.vector_size)

    @property
    def runtime(self) -> str:
        """Readable name of what runs it."""
        return f"{len(self._vectors):,} word vectors"

    def __call__(self, texts: Sequence[str]) -> Vector:
        """Embed texts: shape ``(len(texts), dims)``, zeros for a text without a known word."""
        return np.stack([self._embed(text) for text in texts])

    def _embed(self, text: str) -> Vector:
        total = np.zeros(self.dims, np.float32)
        for word in _WORD.findall(text):
            known = next((w for w in (word, word.lower()) if w in self._vectors.key_to_index), word.lower())
            if known in self._vectors:  # fastText's binary format knows every word by its subwords
                total += np.float32(self._weight(known)) * unit(np.asarray(self._vectors[known], np.float32))
        return total

    def _weight(self, word: str) -> float:
        rank = self._vectors.key_to_index.get(word)
        probability = 0.0 if rank is None else 1 / ((rank + 1) * self._harmonic)
        return _SMOOTHING / (_SMOOTHING + probability)


def load_words(file: Path) -> WordEncoder:
    """Load word vectors: word2vec's text or binary format, fastText's ``.vec`` or ``.bin``; any but the last gzipped.

    Raises
    ------
    CheckpointError
        The file is damaged, or a pickle (as gensim saves its own objects), which is never opened.
    """
    with file.open("rb") as opened:
        magic = opened.read(4)
        opened.seek(0)
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    if magic.startswith(_PICKLE):
        raise CheckpointError(
            f"TEXT_MODEL: {file} is a pickle, which could run any code and isn't read. Save the vectors with gensim: "
            "keyed_vectors.save_word2vec_format('vectors.bin', binary=True)"
        )
    try:
        if magic == _FASTTEXT:
            return WordEncoder(load_facebook_vectors(str(file)), digest)
        binary = ".bin" in file.suffixes
        return WordEncoder(KeyedVectors.load_word2vec_format(str(file), binary=binary), digest)
    except (ValueError, EOFError, OSError, UnicodeDecodeError, NotImplementedError) as error:
        raise CheckpointError(f"TEXT_MODEL: {file} holds no readable word vectors: {error}") from error
