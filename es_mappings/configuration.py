"""Configurations: what relevance is made of, as data that a search team edits without a deploy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from es_mappings import aspect_weights, planner
from es_mappings.anchors import Mode
from es_mappings.planner import Thresholds
from es_mappings.synonym_rules import read_rule
from es_mappings.vector_index import SearchWidth

VERSION: Literal[1] = 1  # of the format
_RESERVED = ("live", "new")  # names that commands and pages give a meaning

_MAX_SCRIPT = 16_000  # characters
_MAX_SYNONYMS = 500  # rules of synonyms; more belong into the shop's own
_THRESHOLDS = asdict(Thresholds())


def _free(name: str) -> str:
    if name in _RESERVED:
        raise ValueError(f"{name!r} has a meaning of its own; choose another name")
    return name


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$"), AfterValidator(_free)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Configuration(BaseModel):
    """A named set of what relevance is made of. What it leaves out is as the code has it; a request comes first."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    version: Literal[1] = VERSION
    """Of the format."""
    name: Name
    """Small letters, digits and hyphens."""
    keyword_boosts: Mapping[Annotated[str, Field(min_length=1)], Annotated[Finite, Field(ge=1, le=1000)]] = {}
    """All text fields that keywords are searched in, each with its boost, 1 and above; by default `KEYWORD_FIELDS`."""
    weights: Mapping[str, Finite] = {}
    """Aspect to how much it counts, where neither a request nor a category says so; by default `DEFAULT_WEIGHTS`."""
    mode: Mode = "auto"
    """How several likes combine."""
    strategy: Literal["auto", "exact", "rescore"] = "auto"
    """How the order by similarity is computed."""
    relevance: Annotated[Finite, Field(ge=0, le=1)] = 0.0
    """Share of keyword relevance in the order by similarity."""
    thresholds: Mapping[str, Finite] = {}
    """Numbers that the planner decides by, where they differ from `Thresholds`."""
    rules: bool = True
    """Whether the search team's rules apply."""
    synonyms: Literal["shop", "none"] = "shop"
    """Whether the shop's synonyms are searched as well."""
    synonym_rules: Annotated[tuple[str, ...], Field(max_length=_MAX_SYNONYMS)] = ()
    """Synonyms of its own, as `lookalike synonyms` takes them: next to the shop's, or instead of them."""
    index: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9._-]{0,254})?$")] = ""
    """An index of the shop, or an alias of one, to search instead of the live one. Published only if mapped alike."""
    similarity_script: Annotated[str, Field(max_length=_MAX_SCRIPT)] = ""
    """Painless that scores similarity, instead of `painless/similarity.painless`; what `rescore` re-ranks by, too."""

    @field_validator("weights")
    @classmethod
    def _weights_are_of_aspects(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        if weights:
            aspect_weights.check(weights)
        return weights

    @field_validator("thresholds")
    @classmethod
    def _thresholds_are_known(cls, thresholds: Mapping[str, float]) -> Mapping[str, float]:
        for name, value in thresholds.items():
            if name not in _THRESHOLDS:
                raise ValueError(f"there is no threshold {name!r}; they are {', '.join(_THRESHOLDS)}")
            whole = isinstance(_THRESHOLDS[name], int)
            if not 0 < value <= 10**9 or (whole and value != int(value)):
                raise ValueError(f"{name} must be a {'whole ' if whole else ''}number above 0")
        return thresholds

    @model_validator(mode="after")
    def _script_is_used(self) -> Configuration:
        if self.similarity_script and "params.query" not in self.similarity_script:
            raise ValueError("similarity_script must compare with params.query, as painless/similarity.painless does")
        return self

    @field_validator("synonym_rules")
    @classmethod
    def _rules_name_two_wordings(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        for rule in rules:
            read_rule(rule)
        return rules

    @property
    def keyword_fields(self) -> tuple[str, ...]:
        """The fields and boosts as a query takes them; empty for those of the code."""
        return tuple(f"{name}^{boost:g}" for name, boost in self.keyword_boosts.items())

    def planned(self, width: SearchWidth) -> Thresholds:
        """Return the planner's thresholds for an index that is searched so widely."""
        own: dict[str, Any] = {n: type(_THRESHOLDS[n])(value) for n, value in self.thresholds.items()}
        return replace(planner.Thresholds().searched(width), **own)


DEFAULT = Configuration(name="default")
"""As the code has it."""
