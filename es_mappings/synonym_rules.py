"""Rules of synonyms as people write them, in Solr's format. Pure."""

from __future__ import annotations

Wordings = tuple[str, ...]

_MAX_LENGTH = 500  # characters of a rule


def read_rule(text: str) -> tuple[Wordings, Wordings]:
    """Read a rule: ``tv, television`` (all alike), or ``notebook => laptop`` (one way).

    Returns
    -------
    tuple
        What a shopper may type, and what is searched as well.

    Raises
    ------
    ValueError
        It names fewer than two wordings, or is too long.
    """
    left, arrow, right = text.partition("=>")
    words, meant = _wordings(left), _wordings(right) if arrow else _wordings(left)
    if not words or not meant or len({*words, *meant}) < 2 or len(text) > _MAX_LENGTH:
        raise ValueError(f"{text[:80]!r} is no rule: write `tv, television`, or `notebook => laptop` for one way")
    return words, meant


def _wordings(text: str) -> Wordings:
    return tuple(dict.fromkeys(" ".join(wording.lower().split()) for wording in text.split(",") if wording.strip()))
