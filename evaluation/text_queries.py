"""Written text queries for the rendered catalogue, and how well each product answers one, by the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.relevance.golden import Grades

_Wanted = tuple[Any, ...] | str | bool

_RED = ("burgundy", "cherry red", "coral", "terracotta")
_PINK = ("blush", "dusty rose")
_BLUE = ("powder blue", "navy", "cobalt")
_GREEN = ("sage", "olive", "emerald", "mint", "teal")
_PURPLE = ("plum", "lavender")
_BRIGHT = ("mustard", "coral", "cobalt", "cherry red", "emerald")
_CHECKS = ("gingham", "plaid")
_DOTS = ("polka dots",)


@dataclass(frozen=True)
class TextQuery:
    """Words, the kind of product they mean, and for each attribute that they name the values that answer it."""

    words: str
    kind: str
    wanted: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def grade(self, kind: str, attributes: Mapping[str, Any]) -> int:
        """Return 3 where a product has all that is wanted, 2 where one thing is missing, 1 for its kind alone, or 0."""
        if kind != self.kind:
            return 0
        met = sum(attributes.get(name) in values for name, values in self.wanted.items())
        missing = len(self.wanted) - met
        return 3 if not missing else 2 if missing == 1 and met else 1


def _dress(words: str, **wanted: _Wanted) -> TextQuery:
    return _query(words, "dress", wanted)


def _toy(words: str, *types: str, **wanted: _Wanted) -> TextQuery:
    return _query(words, "toy", {"toy_type": types, **wanted})


def _tv(words: str, **wanted: _Wanted) -> TextQuery:
    return _query(words, "tv", wanted)


def _laptop(words: str, **wanted: _Wanted) -> TextQuery:
    return _query(words, "laptop", wanted)


def _query(words: str, kind: str, wanted: Mapping[str, _Wanted]) -> TextQuery:
    return TextQuery(words, kind, {n: v if isinstance(v, tuple) else (v,) for n, v in wanted.items()})


QUERIES = (
    _dress("red floral mini dress", color=_RED, pattern="floral", dress_length="mini"),
    _dress("long striped summer dress", dress_length="maxi", pattern="stripes"),
    _dress("black evening gown", color="black", dress_length="maxi"),
    _dress("polka dot dress", pattern=_DOTS),
    _dress("navy dress with white dots", color="navy", pattern=_DOTS),
    _dress("sleeveless gingham dress", sleeve="sleeveless", pattern="gingham"),
    _dress("short denim dress", material="denim", dress_length=("mini", "knee")),
    _dress("long-sleeved velvet dress", sleeve="long", material="velvet"),
    _dress("powder blue wrap dress", color="powder blue", silhouette="wrap"),
    _dress("pink ball gown", color=_PINK, silhouette="ball gown"),
    _dress("green midi dress", color=_GREEN, dress_length="midi"),
    _dress("sequin party dress", material="sequin"),
    _dress("off-shoulder maxi dress", neckline="off-shoulder", dress_length="maxi"),
    _dress("plaid shift dress", pattern="plaid", silhouette="shift"),
    _dress("dress with a leopard print", pattern="animal print"),
    _dress("mustard tiered dress", color="mustard", silhouette="tiered"),
    _dress("burgundy mermaid dress", color="burgundy", silhouette="mermaid"),
    _dress("dress with puff sleeves", sleeve="puff"),
    _dress("halter neck dress", neckline="halter"),
    _dress("checked dress with a belt", pattern=_CHECKS, belted=True),
    _dress("flowery dress in lavender", color="lavender", pattern="floral"),
    _dress("plain black dress", color="black", pattern="solid"),
    _dress("ivory lace wedding dress", color="ivory", dress_length="maxi"),
    _dress("dress with spaghetti straps", sleeve="spaghetti strap"),
    _dress("purple dress", color=_PURPLE),
    _dress("striped knitted dress", pattern="stripes", material="knit"),
    _dress("geometric print dress", pattern="geometric"),
    _dress("blue floral maxi dress", color=_BLUE, pattern="floral", dress_length="maxi"),
    _dress("bright dress for a summer party", color=_BRIGHT),
    _dress("fit and flare dress in emerald", color="emerald", silhouette="fit-and-flare"),
    _toy("wooden train", "train", material="wood"),
    _toy("teddy bear", "teddy bear"),
    _toy("stuffed rabbit", "bunny"),
    _toy("plush dinosaur", "dinosaur"),
    _toy("robot", "robot"),
    _toy("rubber duck for the bath", "bath duck"),
    _toy("blocks to build with", "building blocks"),
    _toy("toy for making music", "xylophone"),
    _toy("space rocket", "rocket"),
    _toy("red racing car", "toy car", color=("scarlet", "berry", "retro")),
    _toy("house for dolls", "doll house"),
    _toy("stacking rings for babies", "stacking rings"),
    _toy("spinning top", "spinning top"),
    _toy("green ball", "ball", color=("forest", "lime")),
    _toy("cuddly animal", "teddy bear", "bunny"),
    _tv("wall-mounted television", stand="wall-mounted"),
    _tv("white tv", frame_color="white"),
    _tv("tv with a wooden frame", frame_color=("oak", "walnut")),
    _tv("television on an easel", stand="easel"),
    _tv("big screen tv", screen_size_in=(75, 85)),
    _tv("small kitchen tv", screen_size_in=(24, 32)),
    _tv("black tv with a centre pedestal", frame_color="black", stand="centre pedestal"),
    _tv("silver television with two feet", frame_color="silver", stand="two feet"),
    _laptop("silver laptop", color="silver"),
    _laptop("rose gold notebook", color="rose gold"),
    _laptop("green laptop", color="forest green"),
    _laptop("gaming laptop with RGB keyboard", keyboard_backlight="RGB"),
    _laptop("white convertible laptop", color="white", form_factor="2-in-1"),
    _laptop("large laptop with number pad", numeric_keypad=True, screen_size_in=(16.0, 17.3, 18.0)),
    _laptop("small black laptop", color="black", screen_size_in=(11.6, 13.3)),
)


def judge(truth: Path, ids: Iterable[str]) -> Grades:
    """Return the grades of products for each of `QUERIES`, by its words; one that no product answers is left out.

    Parameters
    ----------
    truth : Path
        The rendered catalogue's ``truth.jsonl``.
    ids : iterable of str
        The products to judge.
    """
    wanted = set(ids)
    products = [p for line in truth.read_text(encoding="utf-8").splitlines() if (p := json.loads(line))["id"] in wanted]
    grades = {q.words: {p["id"]: q.grade(p["kind"], p["attributes"]) for p in products} for q in QUERIES}
    return {words: judged for words, judged in grades.items() if any(grade == 3 for grade in judged.values())}
