"""The text aspect by the packaged sentence model, and by word vectors in every supported format."""

import gzip
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gensim.models import FastText, KeyedVectors
from gensim.models.fasttext import save_facebook_model
from safetensors.numpy import load_file

from indexer.digests import manifest_digest
from indexer.errors import CheckpointError
from indexer.vectorizers import torch_sentences
from indexer.vectorizers.base import ProductFields
from indexer.vectorizers.bert import build, is_bert
from indexer.vectorizers.runtimes.openvino import compiled
from indexer.vectorizers.sentences import _packaged
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


def test_texts_of_one_meaning_are_near_without_sharing_words(sentences: TextVectorizer) -> None:
    rows = sentences(_products("Evening gown in crimson silk", "Red dress for parties", "15-inch laptop, 16 GB"))
    assert rows.shape == (3, sentences.dims) == (3, 384)
    cosines = _cosines(rows)
    assert cosines[0, 1] > cosines[0, 2] + 0.2


def test_a_texts_vector_does_not_depend_on_its_batch(sentences: TextVectorizer) -> None:
    long = "word " * 400
    products = _products("Toy tractor", long, *(f"Midi dress number {i} " * (i % 9) + "x" for i in range(50)))
    together, alone = sentences(products), np.concatenate([sentences([p]) for p in products[:3]])
    np.testing.assert_allclose(together[:3], alone, atol=1e-4)
    assert np.isfinite(together).all()


def test_concurrent_batches_do_not_disturb_each_other(sentences: TextVectorizer) -> None:
    batches = [_products(*(f"Dress {number} of {batch}" for number in range(20))) for batch in range(16)]
    one_by_one = [sentences(batch) for batch in batches]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(sentences, batches))
    np.testing.assert_allclose(together, one_by_one, atol=1e-4)


@pytest.mark.parametrize("first_token", [False, True])
def test_the_bert_built_here_agrees_with_transformers(sentences: TextVectorizer, first_token: bool) -> None:
    folder = _packaged()
    tensors, config = load_file(folder / "model.safetensors"), json.loads((folder / "config.json").read_text())
    assert is_bert(config, tensors)
    laid_out = compiled(build(config, tensors, first_token=first_token), {})
    reference = torch_sentences.load(folder, first_token=first_token)
    tokens = np.random.default_rng(1).integers(1_000, 20_000, (5, 19))
    mask = (np.arange(19) < np.array([19, 3, 1, 12, 18])[:, None]).astype(np.int64)
    expected = reference(torch.from_numpy(tokens), torch.from_numpy(mask)).numpy()
    rows = laid_out([tokens, mask])[0]
    np.testing.assert_allclose(rows, expected, atol=1e-4)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((rows * expected).sum(1) / lengths).min() > 0.9999


@pytest.mark.parametrize("changed", [{"model_type": "roberta"}, {"hidden_act": "relu"}, {"num_hidden_layers": 7}])
def test_other_models_are_left_to_transformers(changed: dict[str, object]) -> None:
    folder = _packaged()
    config = json.loads((folder / "config.json").read_text())
    assert not is_bert(config | changed, load_file(folder / "model.safetensors"))


def test_a_model_that_transformers_converts_gives_the_same(
    sentences: TextVectorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = _products("Red dress", "A laptop of 15 inches and 16 GB, for those who travel")
    monkeypatch.setattr("indexer.vectorizers.bert.is_bert", lambda *_: False)
    np.testing.assert_allclose(load_text(None, "cpu")(products), sentences(products), atol=1e-4)


def test_the_packaged_model_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from indexer.vectorizers.text import load_text; load_text(None, 'cpu'); "
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_texts_key_depends_on_its_words_alone(sentences: TextVectorizer) -> None:
    one, other = ProductFields("Dress", "Red.", "Marlowe", ("a",)), ProductFields("Dress", "Red.", "Other", ("b",))
    assert sentences.key(one) == sentences.key(other) != sentences.key(ProductFields("Dress"))


def test_word_vectors_in_every_format_agree(tmp_path: Path, vectors: KeyedVectors) -> None:
    vectors.save_word2vec_format(str(tmp_path / "words.vec"))
    vectors.save_word2vec_format(str(tmp_path / "words.bin"), binary=True)
    (tmp_path / "words.vec.gz").write_bytes(gzip.compress((tmp_path / "words.vec").read_bytes()))
    products = _products("the dress", "The GOWN", "a laptop", "unheard of")
    rows = [load_text(tmp_path / name, "cpu")(products) for name in ("words.vec", "words.bin", "words.vec.gz")]
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-4)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-4)
    cosines = _cosines(rows[0][:3])
    assert cosines[0, 1] > 0.95
    assert cosines[0, 2] < 0.5  # "the" is frequent, so it says little
    assert not rows[0][3].any()


def test_fasttext_knows_words_by_their_subwords(tmp_path: Path) -> None:
    model = FastText([["dress", "dresses", "laptop"]] * 20, vector_size=8, min_count=1, epochs=1, seed=1, workers=1)
    save_facebook_model(model, str(tmp_path / "fasttext.bin"))
    vectorizer = load_text(tmp_path / "fasttext.bin", "cpu")
    assert vectorizer(_products("dressy")).any()


def test_the_manifest_names_the_vectors(tmp_path: Path, vectors: KeyedVectors, sentences: TextVectorizer) -> None:
    digests = {manifest_digest(sentences.manifest)}
    for name in ("one.vec", "two.vec"):
        vectors.save_word2vec_format(str(tmp_path / name))
        digests.add(manifest_digest(load_text(tmp_path / name, "cpu").manifest))
        vectors.vectors[0] = 2
    assert len(digests) == 3


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("a pickle was run",)


def test_unreadable_files_are_refused_and_no_pickle_is_run(tmp_path: Path, vectors: KeyedVectors) -> None:
    (tmp_path / "kv.bin").write_bytes(pickle.dumps(_Trap()))
    vectors.save(str(tmp_path / "gensim.kv"))
    for name in ("kv.bin", "gensim.kv"):
        with pytest.raises(CheckpointError, match=r"is a pickle.*save_word2vec_format"):
            load_text(tmp_path / name, "cpu")
    (tmp_path / "old.bin").write_bytes(pickle.dumps(_Trap(), protocol=0))
    (tmp_path / "words.vec").write_text("2 3\na 1 2\n")
    for name in ("old.bin", "words.vec"):
        with pytest.raises(CheckpointError, match="no readable word vectors"):
            load_text(tmp_path / name, "cpu")
    with pytest.raises(CheckpointError, match=r"TEXT_MODEL: there is no .*config\.json"):
        load_text(tmp_path / "nowhere", "cpu")
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(CheckpointError, match="no sentence model that can be read"):
        load_text(tmp_path, "cpu")
