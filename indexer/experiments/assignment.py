"""Which side of an experiment a visit gets: by a digest of its id, so that nothing has to be remembered."""

from __future__ import annotations

import hashlib

from es_mappings.experiment import Experiment, Side


def side_of(experiment: Experiment, number: int, visit: str) -> Side | None:
    """Return the side that a visit gets, always the same; None if it doesn't take part.

    Parameters
    ----------
    number : int
        Of the experiment. It is part of the digest, so that no experiment splits visits as an earlier one did.
    visit : str
        Id of the visit, which is linked to nobody.
    """
    taking_part, treated = _fractions(f"{number}\n{experiment.name}\n{visit}")
    if taking_part >= experiment.share:
        return None
    return experiment.sides[0] if len(experiment.sides) == 1 or treated < 0.5 else experiment.sides[1]


def _fractions(text: str) -> tuple[float, float]:
    """Return two numbers from 0 to below 1, uniform and independent of each other."""
    digest = hashlib.sha256(text.encode()).digest()
    first, second = (int.from_bytes(digest[start : start + 8]) / 2**64 for start in (0, 8))
    return first, second
