"""Intervals that may be looked at at any time, and acted on: asymptotic confidence sequences."""

from __future__ import annotations

import math
from dataclasses import dataclass

ALPHA = 0.05  # of an experiment: probability that anything it is judged by is ever called different by chance


@dataclass(frozen=True)
class Interval:
    """An estimate with an interval that holds the truth at all times at once, with a probability of 1 - alpha."""

    estimate: float
    low: float
    high: float

    @property
    def is_above(self) -> bool:
        """Whether the truth is above 0, beyond doubt."""
        return self.low > 0

    @property
    def is_below(self) -> bool:
        """Whether the truth is below 0, beyond doubt."""
        return self.high < 0


@dataclass(frozen=True)
class Sequence:
    """A confidence sequence: the intervals of one mean, as observations come in.

    A test that is repeated until it shows something finds something even where nothing is; these intervals hold however
    often, and whenever, they are looked at. Where the interval leaves out 0, the mixture sequential probability ratio
    test with a normal mixture rejects a difference of 0.

    Attributes
    ----------
    alpha : float
        Probability that the truth is ever outside.
    tightest : float
        Observations at which the interval is about as narrow as it can be; chosen in advance.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and asymptotic confidence
    sequences", Annals of Statistics 52(6), 2024, with the normal mixture of Robbins, "Statistical methods related to
    the law of the iterated logarithm", Annals of Mathematical Statistics 41(5), 1970; Johari, Koomen, Pekelis and
    Walsh, "Always valid inference: continuous monitoring of A/B tests", Operations Research 70(3), 2022.
    """

    alpha: float
    tightest: float

    def interval(self, mean: float, variance: float, observations: float) -> Interval:
        """Return the interval of a mean.

        Parameters
        ----------
        variance : float
            Of one observation.
        observations : float
            So far; with few of them, the interval isn't yet right.
        """
        if observations <= 0:
            return Interval(mean, -math.inf, math.inf)
        log = -2 * math.log(self.alpha)
        rho = (log + math.log(log + 1)) / self.tightest
        t = observations * rho + 1
        half = math.sqrt(variance * t / (observations**2 * rho) * (math.log(t) + log))
        return Interval(mean, mean - half, mean + half)

    def of_shares(self, before: tuple[int, int], after: tuple[int, int]) -> Interval:
        """Return the interval of the difference of two shares, each given as successes and trials."""
        trials = before[1] + after[1]
        if not (before[1] and after[1]):
            return Interval(0.0, -math.inf, math.inf)
        difference = after[0] / after[1] - before[0] / before[1]
        # Shares of 0 and 1 vary, too: one success and one failure more.
        smoothed = [((k + 1) / (n + 2), n) for k, n in (before, after)]
        variance = sum(share * (1 - share) / n for share, n in smoothed)
        return self.interval(difference, variance * trials, trials)

    def of_preference(self, control: int, treatment: int, visits: int) -> Interval:
        """Return the interval of the difference of two shares of the same visits: of those that prefer either side."""
        if not visits:
            return Interval(0.0, -math.inf, math.inf)
        mean = (treatment - control) / visits
        variance = (treatment + control + 2) / (visits + 2) - mean**2
        return self.interval(mean, max(variance, 0.0), visits)
