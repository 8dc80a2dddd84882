"""What a configuration's editor begins with, and what it says that the fields are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.keywords import KEYWORD_FIELDS
from es_mappings.planner import Thresholds
from es_mappings.product import DEFAULT_WEIGHTS
from indexer.relevance import toml_files

_NAME = "my-configuration"


@dataclass(frozen=True)
class Field:
    """A field of a configuration: what it is, and what it is in the code, as a file writes it."""

    name: str
    text: str
    default: str


def beginning() -> str:
    """Return a configuration to begin with, as a file: with all boosts of the code, since a field left out is lost."""
    fields = (field.partition("^") for field in KEYWORD_FIELDS)
    boosts = {name: float(boost or 1) for name, _, boost in fields}
    return toml_files.write(Configuration(name=_NAME, keyword_boosts=boosts))


def text_of(configuration: Configuration) -> str:
    """Return a configuration as a file to be changed; of one that says nothing, one that has something to change."""
    return beginning() if configuration == DEFAULT else toml_files.write(configuration)


def fields() -> list[Field]:
    """Return what a configuration may say, in its order."""
    tables: Mapping[str, str] = {
        "keyword_boosts": ", ".join(KEYWORD_FIELDS),
        "weights": _table(DEFAULT_WEIGHTS),
        "thresholds": _table(asdict(Thresholds())),
    }
    return [
        Field(name, (field.description or "").replace("`", ""), tables.get(name) or _text(field.default))
        for name, field in Configuration.model_fields.items()
        if name not in {"version", "name"}
    ]


def _text(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default or "")


def _table(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {number:g}" for name, number in numbers.items())
