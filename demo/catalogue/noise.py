"""Faults as in real catalogues: attribute values that are missing or wrong."""

from random import Random

from demo.catalogue.model import Attributes, Product, Spoilt
from demo.catalogue.vocabulary import domain

MISSING_SHARE = 0.08
WRONG_SHARE = 0.04


def spoil(product: Product, rng: Random) -> Spoilt:
    """Drop some attribute values, and replace some with other plausible ones.

    Parameters
    ----------
    product : Product
        The product.
    rng : random.Random
        The product's stream for faults.

    Returns
    -------
    Spoilt
        The published attributes, and their faults.
    """
    published: Attributes = {}
    missing: list[str] = []
    wrong: Attributes = {}
    for name, value in product.attributes.items():
        chance = rng.random()
        others = [v for v in domain(product.kind, name, product.attributes) if v != value]
        if chance < MISSING_SHARE:
            missing.append(name)
        elif chance < MISSING_SHARE + WRONG_SHARE and others:
            published[name] = wrong[name] = rng.choice(others)
        else:
            published[name] = value
    return Spoilt(published, missing, wrong)
