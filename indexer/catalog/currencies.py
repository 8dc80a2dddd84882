"""Prices of several currencies, brought to one: what is compared must be comparable."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from indexer.catalog.values.changes import Changes
from indexer.errors import SettingsError
from indexer.settings import Settings

OFFER = "offer"  # the unknown field that keeps a converted price as the catalogue has it
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Rates:
    """The shop's currency, and what others are worth in it.

    Attributes
    ----------
    base : str
        Code of the currency that all prices are brought to; empty: prices stay as they are.
    worth : mapping of str to float
        Currency to what one unit of it is worth in the base currency.
    """

    base: str = ""
    worth: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, settings: Settings) -> Rates:
        """Read the rates that the settings name, as `read` does."""
        return cls.read(settings.base_currency, settings.currency_rates)

    @classmethod
    @cache
    def read(cls, base: str, file: Path | None) -> Rates:
        """Read the rates of a file: TOML, a line ``USD = 0.92`` for each currency.

        Raises
        ------
        SettingsError
            The file can't be read, or a line is no rate.
        """
        if not base:
            return NO_RATES
        try:
            rates = tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
        except (OSError, ValueError) as error:
            raise SettingsError(f"CURRENCY_RATES: {file} can't be read: {error}") from error
        for code, rate in rates.items():
            is_number = isinstance(rate, int | float) and not isinstance(rate, bool)
            if not (_CODE.fullmatch(code) and is_number and 0 < rate < math.inf):
                raise SettingsError(f"CURRENCY_RATES: {code} = {rate!r} is no rate; write such as USD = 0.92")
        return cls(base, {**rates, base: 1.0})

    def convert(self, fields: dict[str, Any], changes: Changes) -> None:
        """Bring the price of a product to the base currency, in place; one without a rate can't be compared, and goes.

        What the catalogue says stays in the field `OFFER`. A price without a currency is one of the base currency.
        """
        price, currency = fields.get("price"), fields.get("currency")
        if not self.base or not isinstance(currency, str) or currency == self.base:
            return
        if isinstance(price, bool) or not isinstance(price, int | float):
            return
        fields[OFFER] = {"price": price, "currency": currency}
        if currency in self.worth:
            fields["price"], fields["currency"] = round(price * self.worth[currency], 2), self.base
            changes.note(f"a price converted to {self.base}", "price", f"{price} {currency}", fields["price"])
        else:
            del fields["price"], fields["currency"]
            changes.note("a price left out: its currency has no rate", "price", f"{price} {currency}", "")


NO_RATES = Rates()
