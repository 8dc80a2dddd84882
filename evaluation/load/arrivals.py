"""When requests arrive: independently of each other and of the answers, as those of many shoppers do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def poisson(rate: float, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the arrivals of a Poisson process, in order.

    Parameters
    ----------
    rate : float
        Mean arrivals per second.
    seconds : float
        Length of the process.

    Returns
    -------
    ndarray, shape (arrivals,)
        Seconds since the start, each below ``seconds``.
    """
    # Given their number, which is Poisson distributed, arrivals are independent and uniform.
    return np.sort(rng.uniform(0, seconds, rng.poisson(rate * seconds)))
