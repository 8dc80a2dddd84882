"""What a catalogue's names and values are called in the storefront's languages, from the file that LABELS names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_app_context

from indexer.errors import SettingsError
from indexer.settings import Settings
from webapp import languages

_NAME = "labels"  # among an application's extensions
_TABLES = ("names", "values", "changes")
_ORDERS = "orders"


@dataclass(frozen=True)
class Labels:
    """The labels of one language.

    Attributes
    ----------
    names : mapping of str to str
        Attributes and categories, each as the catalogue has it, to what it is called.
    values : mapping of str to str
        Values of attributes, likewise.
    changes : mapping of str to str
        What a product with another value is called beside one with its own, after "Similar, but": by
        ``attribute:value``, ``attribute>`` and ``attribute<`` (more and less, by `orders`), or ``attribute``. The new
        value stands for ``{value}``.
    orders : mapping of str to sequence of str
        Attributes whose values have an order, the least first; of no language.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def neighbours(self, name: str, own: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the values above and below a product's own, the nearest first; both empty without an order."""
        order = list(self.orders.get(name, ()))
        if own not in order:
            return (), ()
        place = order.index(own)
        return order[place + 1 :], order[:place][::-1]

    def change(self, name: str, value: str, own: str = "") -> str:
        """Return what is said of another value; empty if nothing is."""
        above, below = self.neighbours(name, own)
        side = ">" if value in above else "<" if value in below else ""
        keys = [f"{name}:{value}", *([f"{name}{side}"] if side else []), name]
        return next((self.changes[key] for key in keys if key in self.changes), "")


_NONE = Labels()


def register(app: Flask, settings: Settings) -> None:
    """Read the labels.

    Raises
    ------
    SettingsError
        The file can't be read, or has something else than labels.
    """
    app.extensions[_NAME] = read(settings.labels) if settings.labels else {}


def read(file: Path) -> dict[str, Labels]:
    """Read labels by language from TOML.

    Its tables are ``[de.names]``, ``[de.values]`` and ``[de.changes]``, ``sleeve = "Ärmel"`` a line, and ``[orders]``,
    ``dress_length = ["mini", "midi"]`` a line.

    Raises
    ------
    SettingsError
        The file can't be read, or has something else than labels.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"LABELS: {file} can't be read: {error}") from error
    orders = _orders(file, tables.pop(_ORDERS, {}))
    return {language: _labels(file, language, table, orders) for language, table in tables.items()}


def current() -> Labels:
    """Return the labels in the language of the page."""
    known: Mapping[str, Labels] = current_app.extensions.get(_NAME, {}) if has_app_context() else {}
    return known.get(languages.current(), _NONE)


def _orders(file: Path, table: Any) -> dict[str, list[str]]:
    for name, values in table.items() if isinstance(table, dict) else [("", table)]:
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise SettingsError(f'LABELS: {file}: [orders] {name}: write such as dress_length = ["mini", "midi"]')
    return table  # type: ignore[no-any-return]


def _labels(file: Path, language: str, table: Any, orders: Mapping[str, Sequence[str]]) -> Labels:
    if not isinstance(table, dict) or not table.keys() <= set(_TABLES):
        tables = ", ".join(f"[{language}.{kind}]" for kind in _TABLES)
        raise SettingsError(f"LABELS: {file}: {language} may have the tables {tables}")
    for kind, labels in table.items():
        texts = labels if isinstance(labels, dict) else {kind: None}
        wrong = next((name for name, text in texts.items() if not isinstance(text, str) or not text.strip()), None)
        if wrong is not None:
            raise SettingsError(f'LABELS: {file}: [{language}.{kind}] {wrong}: write such as sleeve = "Ärmel"')
    return Labels(**table, orders=orders)
