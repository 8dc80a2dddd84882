"""The Lua scripts that Redis runs, each a file in lua/."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import redis


def run(client: redis.Redis, script: str, names: Sequence[str], arguments: Sequence[object]) -> Any:
    """Run a script atomically.

    Parameters
    ----------
    names : sequence of str
        The keys, in the order that the script lists at its top.
    arguments : sequence
        Its other arguments.
    """
    return client.register_script(_source(script))(keys=list(names), args=list(arguments))  # type: ignore[arg-type]


@cache
def _source(name: str) -> str:
    return files("workers.queues").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
