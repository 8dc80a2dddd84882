"""Secrets from files: ``NAME_FILE`` holds the path of a file whose content is the value of ``NAME``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NAMES = (
    *("elasticsearch_url", "elasticsearch_api_key", "elasticsearch_password", "elasticsearch_proxy"),
    *("redis_url", "redis_password"),
    *("secret_key", "webhook_secret", "staff", "image_proxy"),
)
_MOST_BYTES = 65_536


def with_secret_files(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of settings with those that stand in files, as Docker and Kubernetes mount secrets.

    Raises
    ------
    ValueError
        A variable is set beside its file, or a file can't be read.
    """
    files = {name: path for name in _NAMES if (path := os.environ.get(f"{name.upper()}_FILE"))}
    return {
        **values,
        **{name: _read(name.upper(), path, set_too=bool(values.get(name))) for name, path in files.items()},
    }


def _read(name: str, path: str, *, set_too: bool) -> str:
    if set_too:
        raise ValueError(f"{name} and {name}_FILE are both set: unset one of them")
    try:
        with Path(path).open("rb") as file:
            return file.read(_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_FILE: {path} can't be read: {error}") from error
