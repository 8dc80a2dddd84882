"""The text aspect by the packaged sentence model, and by word vectors of every format that is read."""

import gzip
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import save_facebook_model

from indexer.errors import WeightsError
from indexer.vectorizers.base import ProductFields, digest
from indexer.vectorizers.text import TextVectorizer, load_text

WORDS = ["the", "dress", "gown", "laptop", "notebook", "red"]
VECTORS = np.array([[1, 1, 1], [1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0.1, 0.9, 0], [0, 0, 1]], np.float32)


def _products(*titles: str) -> list[ProductFields]:
    return [ProductFields(title) for title in titles]


def _cosines(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(units @ units.T)


@pytest.fixture(scope="module")
def sentences() -> TextVectorizer:
    return load_text(None, "cpu")


@pytest.fixture
def vectors() -> KeyedVectors:
    keyed = KeyedVectors(3)
    keyed.add_vectors(WORDS, VECTORS)
    return keyed


def test_the_sentence_model_knows_what_is_meant(sentences: TextVectorizer) -> None:
    rows = sentences(_products("Evening gown in crimson silk", "Red dress for parties", "15-inch laptop, 16 GB"))
    assert rows.shape == (3, sentences.dims) == (3, 384)
    cosines = _cosines(rows)
    assert cosines[0, 1] > cosines[0, 2] + 0.2


def test_a_text_has_one_vector_whatever_batch_it_is_in(sentences: TextVectorizer) -> None:
    long = "word " * 400
    products = _products("Toy tractor", long, *(f"Midi dress number {i} " * (i % 9) + "x" for i in range(50)))
    together, alone = sentences(products), np.concatenate([sentences([p]) for p in products[:3]])
    np.testing.assert_allclose(together[:3], alone, atol=1e-5)
    assert np.isfinite(together).all()


def test_batches_side_by_side_do_not_disturb_each_other(sentences: TextVectorizer) -> None:
    batches = [_products(*(f"Dress {number} of {batch}" for number in range(20))) for batch in range(16)]
    one_by_one = [sentences(batch) for batch in batches]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(sentences, batches))
    np.testing.assert_allclose(together, one_by_one, atol=1e-6)


def test_a_text_is_named_by_its_words_alone(sentences: TextVectorizer) -> None:
    one, other = ProductFields("Dress", "Red.", "Marlowe", ("a",)), ProductFields("Dress", "Red.", "Other", ("b",))
    assert sentences.name_of(one) == sentences.name_of(other) != sentences.name_of(ProductFields("Dress"))


def test_word_vectors_of_every_format_say_the_same(tmp_path: Path, vectors: KeyedVectors) -> None:
    vectors.save_word2vec_format(str(tmp_path / "words.vec"))
    vectors.save_word2vec_format(str(tmp_path / "words.bin"), binary=True)
    (tmp_path / "words.vec.gz").write_bytes(gzip.compress((tmp_path / "words.vec").read_bytes()))
    products = _products("the dress", "The GOWN", "a laptop", "unheard of")
    rows = [load_text(tmp_path / name, "cpu")(products) for name in ("words.vec", "words.bin", "words.vec.gz")]
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-6)
    cosines = _cosines(rows[0][:3])
    assert cosines[0, 1] > 0.95
    assert cosines[0, 2] < 0.5  # "the" is frequent, so it says little
    assert not rows[0][3].any()


def test_fasttext_knows_words_by_their_parts(tmp_path: Path) -> None:
    model = FastText([["dress", "dresses", "laptop"]] * 20, vector_size=8, min_count=1, epochs=1, seed=1, workers=1)
    save_facebook_model(model, str(tmp_path / "fasttext.bin"))
    vectorizer = load_text(tmp_path / "fasttext.bin", "cpu")
    assert vectorizer(_products("dressy")).any()


def test_the_manifest_names_the_vectors(tmp_path: Path, vectors: KeyedVectors, sentences: TextVectorizer) -> None:
    digests = {digest(sentences.manifest)}
    for name in ("one.vec", "two.vec"):
        vectors.save_word2vec_format(str(tmp_path / name))
        digests.add(digest(load_text(tmp_path / name, "cpu").manifest))
        vectors.vectors[0] = 2
    assert len(digests) == 3


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was run",)


def test_what_cannot_be_read_says_so_and_no_pickle_is_run(tmp_path: Path, vectors: KeyedVectors) -> None:
    (tmp_path / "kv.bin").write_bytes(pickle.dumps(_Trap()))
    vectors.save(str(tmp_path / "gensim.kv"))
    for name in ("kv.bin", "gensim.kv"):
        with pytest.raises(WeightsError, match=r"is a pickle.*save_word2vec_format"):
            load_text(tmp_path / name, "cpu")
    (tmp_path / "old.bin").write_bytes(pickle.dumps(_Trap(), protocol=0))
    (tmp_path / "words.vec").write_text("2 3\na 1 2\n")
    for name in ("old.bin", "words.vec"):
        with pytest.raises(WeightsError, match="no word vectors"):
            load_text(tmp_path / name, "cpu")
    with pytest.raises(WeightsError, match=r"TEXT_MODEL: there is no .*config\.json"):
        load_text(tmp_path / "nowhere", "cpu")
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(WeightsError, match="no sentence model that can be read"):
        load_text(tmp_path, "cpu")
