"""The recipes of docs/search-team.md, followed to the letter: their lines are applied to a copy of the code."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "search-team.md"
PACKAGES = ("es_mappings", "indexer", "search", "workers", "webapp")

_FILE = re.compile(r" (?:#|//) ([\w/]+\.\w+)(?:[,:].*)?")
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_REST = " ..."


@dataclass(frozen=True)
class Recipe:
    """A recipe: its text, and the names of the tests that it gives."""

    text: str

    @property
    def tests(self) -> list[str]:
        """Names of its tests."""
        return re.findall(r"Test: `(\w+)`", self.text)

    def block(self, language: str) -> str:
        """Return its only block of a language."""
        [block] = [body for name, body in _BLOCK.findall(self.text) if name == language]
        return str(block)

    def apply(self, folder: Path) -> None:
        """Change files as its diff says. Each run of lines must stand in its file exactly once."""
        path, before, after = None, list[str](), list[str]()
        for line in [*self.block("diff").splitlines(), _REST]:
            named = _FILE.fullmatch(line)
            if named or line == _REST:
                if path and before:
                    _replace(folder / path, before, after)
                path, before, after = Path(named[1]) if named else path, [], []
                continue
            before += [line[1:]] if line[0] in " -" else []
            after += [line[1:]] if line[0] in " +" else []


def _replace(path: Path, before: list[str], after: list[str]) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    places = [i for i in range(len(lines)) if lines[i : i + len(before)] == before]
    assert len(places) == 1, f"{path.name} has these lines {len(places)} times: {before}"
    lines[places[0] : places[0] + len(before)] = after
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@cache
def recipes() -> dict[str, Recipe]:
    """Return the recipes by the name of their test."""
    parts = PAGE.read_text(encoding="utf-8").split("\n## ")[
        4:
    ]  # after "Five jobs", "Without a deploy" and "Changing files"
    found = {}
    for recipe in map(Recipe, parts):
        [name] = recipe.tests
        found[name] = recipe
    return found


def followed(name: str, folder: Path) -> Path:
    """Copy the code and apply a recipe to the copy."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, dirs_exist_ok=True)
    recipes()[name].apply(folder)
    return folder


def run(folder: Path, *arguments: str, given: object = None, environment: dict[str, str] | None = None) -> Any:
    """Run Python over a copy of the code, and read the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **(environment or {}), "PYTHONPATH": str(folder)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
