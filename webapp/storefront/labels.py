"""What a catalogue's names and values are called in the storefront's languages, from the file that LABELS names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_app_context

from indexer.errors import SettingsError
from indexer.settings import Settings
from webapp import languages

_NAME = "labels"  # among an application's extensions
_TABLES = {"names", "values"}


@dataclass(frozen=True)
class Labels:
    """The labels of one language.

    Attributes
    ----------
    names : mapping of str to str
        Attributes and categories, each as the catalogue has it, to what it is called.
    values : mapping of str to str
        Values of attributes, likewise.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


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
    """Read labels by language: TOML with the tables ``[de.names]`` and ``[de.values]``, ``sleeve = "Ärmel"`` a line.

    Raises
    ------
    SettingsError
        The file can't be read, or has something else than labels.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"LABELS: {file} can't be read: {error}") from error
    return {language: _labels(file, language, table) for language, table in tables.items()}


def current() -> Labels:
    """Return the labels in the language of the page."""
    known: Mapping[str, Labels] = current_app.extensions.get(_NAME, {}) if has_app_context() else {}
    return known.get(languages.current(), _NONE)


def _labels(file: Path, language: str, table: Any) -> Labels:
    if not isinstance(table, dict) or not table.keys() <= _TABLES:
        tables = f"[{language}.names] and [{language}.values]"
        raise SettingsError(f"LABELS: {file}: {language} must have the tables {tables}")
    for kind, labels in table.items():
        texts = labels if isinstance(labels, dict) else {kind: None}
        wrong = next((name for name, text in texts.items() if not isinstance(text, str) or not text.strip()), None)
        if wrong is not None:
            raise SettingsError(f'LABELS: {file}: [{language}.{kind}] {wrong}: write such as sleeve = "Ärmel"')
    return Labels(**table)
