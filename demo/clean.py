"""Stop the servers that run on the project's data folders, and remove their data, wherever it lies."""

from __future__ import annotations

from pathlib import Path

from demo.services import remove_data

if __name__ == "__main__":
    for folder in (Path(".data").resolve(), Path(".data/test").resolve()):
        for part in ("elasticsearch", "redis"):
            remove_data(folder / part)
