"""Bring the catalogues up to date with the code; ``python -m webapp.translations fr`` begins one, in French.

New texts come without a translation, for somebody to write one; those that are no longer used go.
"""

from __future__ import annotations

import sys

from webapp import catalogues

if __name__ == "__main__":
    for code in [*catalogues.codes(), *sys.argv[1:]]:
        for text in catalogues.update(code):
            print(f"{code}: not translated: {text}")  # noqa: T201
