"""Keyword queries judged by the truth of the rendered catalogue: which products have what each query asks for."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from demo.catalogue.vocabulary import BRANDS, DOMAINS
from indexer.relevance.golden import QueryJudgement
from indexer.relevance.labels import JUDGE

QUERIES = Path(__file__).with_name("queries.csv")

Product = Mapping[str, list[frozenset[str]]]
"""Names -> the words of each value; what is true of a product."""

_ANY = "*"  # any value of a product, its brand and its kind
_NO_WORDS = {"true", "false", "none"}
_IDS, _LEAST_LETTERS = 5, 5  # queries that are ids; letters of a word that is misspelt


@dataclass(frozen=True)
class Query:
    """A keyword query and what it asks for.

    Attributes
    ----------
    group : str
        What sort of query it is.
    kind : str
        Kind of product that is meant; empty for any.
    where : tuple of pairs
        Names, all of which are meant, each with alternative values, of which a product's has all words. The name ``*``
        stands for all of a product.
    """

    group: str
    text: str
    kind: str = ""
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def grade(self, product: Product) -> int:
        """Grade a product: 3 has everything, 1 is of the kind and has at least half, 0 is something else."""
        if self.kind and product["kind"] != [_words(self.kind)]:
            return 0
        having = sum(_has(product, name, values) for name, values in self.where)
        if having == len(self.where):
            return 3
        return int(bool(self.kind) and 2 * having >= len(self.where))


def read_queries(file: Path = QUERIES) -> list[Query]:
    """Read written queries: columns group, query, kind, and where as ``name=value|value;name=value``."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            Query(
                row["group"], row["query"], row["kind"], tuple(_pair(text) for text in row["where"].split(";") if text)
            )
            for row in csv.DictReader(lines)
        ]


def value_queries() -> list[Query]:
    """Return a query for each attribute value and brand of the vocabulary that is made of words."""
    values = [text for domain in DOMAINS.values() for values in domain.values() for text in _texts(values)]
    brands = [brand for brands in BRANDS.values() for brand in brands]
    texts = dict.fromkeys([("attribute", value) for value in values] + [("brand", brand) for brand in brands])
    return [
        Query(group, text, where=((_ANY, (text,)),))
        for group, text in texts
        if re.search("[A-Za-z]{2}", text) and text not in _NO_WORDS
    ]


def typo_queries(number: int, seed: int) -> list[Query]:
    """Draw words of the vocabulary, and misspell them."""
    texts = " ".join(query.text for query in value_queries()) + " laptop dress television"
    known = _words(texts)
    words = sorted(word for word in known if re.fullmatch(rf"[a-z]{{{_LEAST_LETTERS},}}", word))
    draw = random.Random(seed)  # noqa: S311 - no secret
    typos = ((misspelt(word, draw), word) for word in draw.sample(words, min(number, len(words))))
    return [Query("typo", typo, where=((_ANY, (word,)),)) for typo, word in typos if typo not in known]


def misspelt(word: str, draw: random.Random) -> str:
    """Drop, double, swap or replace one letter of a word, but not the first."""
    at = draw.randrange(1, len(word) - 1)
    before, letter, following, after = word[:at], word[at], word[at + 1], word[at + 2 :]
    replaced = draw.choice([other for other in "abcdefghijklmnopqrstuvwxyz" if other != letter])
    return draw.choice(
        [
            before + following + after,
            before + letter + letter + following + after,
            before + following + letter + after if following != letter else before + letter + after,
            before + replaced + following + after,
        ]
    )


def id_queries(ids: Sequence[str], seed: int) -> list[Query]:
    """Draw products, and ask for each by its id, in small or capital letters."""
    drawn = random.Random(seed).sample(sorted(ids), min(_IDS, len(ids)))  # noqa: S311 - no secret
    return [
        Query("id", name.upper() if number % 2 else name, where=(("id", (name,)),)) for number, name in enumerate(drawn)
    ]


def judged_queries(truth: Path, *, typos: int = 60, seed: int = 7) -> Iterator[QueryJudgement]:
    """Judge written queries, attribute words, typos and ids by the truth of a rendered catalogue.

    Parameters
    ----------
    truth : Path
        The catalogue's ``truth.jsonl``; ``catalog.jsonl`` beside it has the brands.
    typos : int
        Words that are misspelt.

    Yields
    ------
    QueryJudgement
        Of the products that are not of grade 0.
    """
    products = dict(_products(truth))
    for query in (*read_queries(), *value_queries(), *typo_queries(typos, seed), *id_queries(list(products), seed)):
        for name, product in products.items():
            if grade := query.grade(product):
                yield QueryJudgement(query=query.text, candidate=name, grade=grade, group=query.group, judge=JUDGE)


def _products(truth: Path) -> Iterator[tuple[str, Product]]:
    """Iterate over the ids of products, and what is true of each."""
    with truth.with_name("catalog.jsonl").open(encoding="utf-8") as lines:
        listed = {product["id"]: product for product in map(json.loads, lines)}
    with truth.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            product = listed[row["id"]]
            others = {
                "brand": product.get("brand"),
                "category": product["category"],
                "kind": row["kind"],
                "id": row["id"],
            }
            words = {
                name: [_words(text) for text in _texts(value)] for name, value in (row["attributes"] | others).items()
            }
            # A flag or a number says by its name what a product has: smart TV, HDMI ports.
            having = [_words(name.replace("_", " ")) for name, value in row["attributes"].items() if _counts(value)]
            yield row["id"], {**words, _ANY: [*chain.from_iterable(words.values()), *having]}


def _counts(value: object) -> bool:
    return isinstance(value, int | float) and value > 0


def _has(product: Product, name: str, values: Sequence[str]) -> bool:
    return any(_words(value) <= words for value in values for words in product.get(name, ()))


def _texts(value: object) -> Iterator[str]:
    """Iterate over values in words: each of a list, numbers as people write them, flags as ``true`` or ``false``."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, int | float):
        yield f"{value:g}"
    elif isinstance(value, Iterable):
        for each in value:
            yield from _texts(each)


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def _pair(text: str) -> tuple[str, tuple[str, ...]]:
    name, _, values = text.partition("=")
    return name, tuple(values.split("|"))
