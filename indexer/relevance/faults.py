"""What is wrong with a rule, each fault with the field that it is in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from es_mappings.rules import MAX_POSITION, Rule
from indexer.errors import RelevanceError


@dataclass(frozen=True)
class Fault:
    """What is wrong with a rule, or between several.

    Attributes
    ----------
    field : str
        Where, as `Rule` names it; the position in a list follows: ``then.pin.0``.
    text : str
        What, and what to do.
    rules : tuple of str
        Names of the rules that don't go together; empty if it is one alone.
    is_doubt : bool
        Whether the rule may be kept in spite of it.
    """

    field: str
    text: str
    rules: tuple[str, ...] = ()
    is_doubt: bool = False

    def __str__(self) -> str:
        """Return what is wrong."""
        return self.text


class InvalidRuleError(RelevanceError):
    """What should be a rule isn't one; `faults` says why, by field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.field}: {fault.text}" if fault.field else fault.text for fault in faults))
        self.faults = list(faults)

    @classmethod
    def of(cls, error: ValidationError) -> InvalidRuleError:
        """Return the error of a validation."""
        return cls([Fault(field_of(fault), message_of(fault)) for fault in error.errors(include_url=False)])


def read_rule(values: Mapping[str, Any]) -> Rule:
    """Read a rule from plain data.

    Raises
    ------
    InvalidRuleError
        A field is unknown or wrong.
    """
    try:
        return Rule.model_validate(values)
    except ValidationError as error:
        raise InvalidRuleError.of(error) from error


def field_of(fault: Mapping[str, Any]) -> str:
    """Return the field of one of a validation's errors, as `Fault.field` writes it."""
    return ".".join(str(part) for part in fault["loc"])


def message_of(fault: Mapping[str, Any]) -> str:
    """Return what one of a validation's errors says."""
    if fault["type"] == "extra_forbidden":
        return "there is no such field"
    if tuple(fault["loc"]) == ("version",) and fault["type"] == "literal_error":
        return f"is of version {fault['input']!r}; this Lookalike reads version 1"
    if tuple(fault["loc"]) == ("name",) and fault["type"] == "string_pattern_mismatch":
        return "must be small letters, digits and hyphens, such as summer-dresses"
    if tuple(fault["loc"][:2]) == ("then", "pin") and fault["loc"][-1] == "position":
        return f"a position must be a whole number from 1, the first place, to {MAX_POSITION}"
    return str(fault["msg"]).removeprefix("Value error, ")
