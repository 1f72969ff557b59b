"""Journeys of several steps: how often they are to be had, how long they take, and where people leave them.

A step is done by a service. Services fail independently of each other, a service fails in all of its steps at once, so
a journey is there as often as the product of its services, each counted once. Where services share what they both need
they fail together more often than that, and the product is a floor (Esary, Proschan & Walkup 1967, Association of
random variables, with applications, Annals of Mathematical Statistics 38(5)).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from typing import Any, Generic, TypeVar

import numpy as np

from .errors import EngineError
from .losses import divided
from .uncertainty import DRAWS

Share = TypeVar("Share", Decimal, int)

PLACES = Decimal("0.000001")  #: of a share that is set for a step
MOST = 1 - PLACES  #: nothing is there always


@dataclass(frozen=True)
class Division(Generic[Share]):
    """A journey's budget over its N steps.

    Attributes
    ----------
    shares : tuple, length N
        Of each step, in order; None where nothing is left to give it.
    left : same as the shares
        Of a response time what nobody uses, in milliseconds; of an availability how much more often the steps let the
        journey succeed than it has to. Below zero it is overdrawn.
    """

    shares: tuple[Share | None, ...]
    left: Share

    @property
    def is_overdrawn(self) -> bool:
        """Whether the steps take more than the journey has."""
        return self.left < 0 or None in self.shares


# -- availability -------------------------------------------------------------------------------------------------


def availability(services: Sequence[Hashable], shares: Sequence[float]) -> float:
    """Return how often all steps can be done: the product over distinct services.

    Parameters
    ----------
    services : sequence, length N
        Which service does each step; one that is named twice fails in both at once, so it counts once.
    shares : sequence of float, length N
        How often each is there, 0 to 1; of a service that is given twice, the lesser counts.
    """
    return math.prod(_least(services, [float(share) for share in _checked(services, shares)]).values())


def divide_availability(
    target: Decimal,
    services: Sequence[Hashable],
    fixed: Sequence[Decimal | None],
    measured: Sequence[float | None] | None = None,
) -> Division[Decimal]:
    """Return how often each step has to be there for the journey to be there as often as `target`.

    What may fail adds up in logarithms: `ln A = sum of ln a` over distinct services. What the steps set by hand leave
    of `ln target` is divided over the others, equally, or in proportion to `-ln measured` where all of them are
    measured below 1, so that each has to improve by the same part. Shares are rounded up to a millionth, so that their
    product is not below the target; but no further than to 0.999999, and what a target beyond that lacks is overdrawn.

    Parameters
    ----------
    target : Decimal
        Above 0 and below 1.
    services : sequence, length N
        As in `availability`; steps of one service have one share, the greatest that was set by hand.
    fixed : sequence, length N
        What was set by hand, above 0 and at most 1; None where it is to be divided.
    measured : sequence of float, length N, optional
        How often each was there; None where nobody knows. Left out, parts are equal.

    Worked example: 99.9 % over three services, equally: each 0.999 ** (1/3) = 99.9667 %.
    """
    if not 0 < target < 1:
        raise EngineError(f"An availability to divide lies between 0 and 1; this is {target}. Set it on the journey.")
    if len(fixed) != len(services) or (measured is not None and len(measured) != len(services)):
        raise EngineError(f"{len(services)} services need as many figures, set by hand or measured, in their order.")
    kept: dict[Hashable, Decimal] = {}
    for service, share in zip(services, fixed, strict=True):
        if share is not None:
            if not 0 < share <= 1:
                raise EngineError(f"A step is there between 0 and all of the time; this says {share}.")
            kept[service] = max(share, kept.get(service, share))
    open_ones = [service for service in dict.fromkeys(services) if service not in kept]
    with localcontext(prec=40):
        product = math.prod(kept.values(), start=Decimal(1))
        if not open_ones:
            return Division(tuple(kept[service] for service in services), product - target)
        if product <= target:
            return Division(tuple(kept.get(service) for service in services), product - target)
        given = dict(kept)
        for service, weight in _weights(services, open_ones, measured).items():
            exact = ((target / product).ln() * weight).exp()
            given[service] = min(exact.quantize(PLACES, ROUND_CEILING), MOST)
        shares = tuple(given[service] for service in services)
        return Division(shares, math.prod(given.values(), start=Decimal(1)) - target)


def _weights(
    services: Sequence[Hashable], open_ones: Sequence[Hashable], measured: Sequence[float | None] | None
) -> dict[Hashable, Decimal]:
    """Return the part of each open service, all together 1."""
    losses: dict[Hashable, Decimal] = {}
    for service, share in zip(services, measured or [None] * len(services), strict=True):
        if service in open_ones and share is not None and 0 < share < 1:
            losses[service] = max(-Decimal(share).ln(), losses.get(service, Decimal(0)))
    if len(losses) < len(open_ones):
        losses = {service: Decimal(1) for service in open_ones}
    total = sum(losses.values())
    return {service: loss / total for service, loss in losses.items()}


def _checked(services: Sequence[Hashable], shares: Sequence[float]) -> Sequence[float]:
    if len(services) != len(shares):
        raise EngineError(f"{len(services)} services have {len(shares)} shares: each step needs one of both.")
    if wrong := [share for share in shares if not 0 <= share <= 1]:
        raise EngineError(f"A service is there between none and all of the time; {wrong[0]} is neither.")
    return shares


def _least(services: Sequence[Hashable], shares: Sequence[float]) -> dict[Hashable, float]:
    found: dict[Hashable, float] = {}
    for service, share in zip(services, shares, strict=True):
        found[service] = min(share, found.get(service, share))
    return found


# -- response times ---------------------------------------------------------------------------------------------------


def divide_response(
    total: int, fixed: Sequence[int | None], measured: Sequence[float | None] | None = None
) -> Division[int]:
    """Return how many whole milliseconds each step may take, for all of them to take `total`.

    What the steps set by hand leave is divided over the others, in proportion to what was measured where all of them
    were, else equally, by largest remainder (`losses.divided`), so that the parts add up. A step that would come to
    none at all gets nothing, and the budget counts as overdrawn.

    Parameters
    ----------
    total : int
        At least 1.
    fixed : sequence, length N
        What was set by hand; None where it is to be divided.
    measured : sequence of float, length N, optional
        Milliseconds each takes; None where nobody knows.

    Worked example: 1,000 ms over three steps measured at 200, 300 and 100 ms: 333, 500 and 167 ms.
    """
    if total < 1 or any(one is not None and one < 0 for one in fixed):
        raise EngineError("Response times are whole milliseconds: at least 1 for the journey, none below 0 for a step.")
    if measured is not None and len(measured) != len(fixed):
        raise EngineError(f"{len(fixed)} steps need as many measured times; there are {len(measured)}.")
    places = [place for place, one in enumerate(fixed) if one is None]
    left = total - sum(one for one in fixed if one is not None)
    shares: list[int | None] = list(fixed)
    if not places or left < len(places):
        return Division(tuple(shares), left)
    seen = [measured[place] for place in places] if measured is not None else []
    weights = [Fraction(one) for one in seen if one is not None and one > 0]
    if len(weights) < len(places):
        weights = [Fraction(1)] * len(places)
    for place, part in zip(places, divided(left, weights), strict=True):
        shares[place] = part or None
    return Division(tuple(shares), 0)


@dataclass(frozen=True)
class Bound:
    """How long a journey takes at most, and how often at least: `milliseconds` in `share` of all cases."""

    milliseconds: float
    share: float


def response_bound(thresholds: Sequence[float], shares: Sequence[float]) -> Bound:
    """Return how long a journey takes at most, from what each of its steps takes at most, and how often.

    Steps come one after another, so the sum of what they take at most is what all take at most; and it holds at least
    as often as `1 - sum of (1 - share)`, however the steps depend on each other (Bonferroni's inequality). It is a
    bound, not a forecast: slow steps seldom come together. A step that is done twice counts twice.

    Parameters
    ----------
    thresholds : sequence of float, length N
        Milliseconds each step is measured against.
    shares : sequence of float, length N
        The part of requests that took no longer than that.
    """
    _checked(thresholds, shares)
    return Bound(math.fsum(thresholds), max(0.0, 1 - math.fsum(1 - share for share in shares)))


# -- who leaves on the way --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DropOff:
    """What happens between a step and the next, or after the last one.

    Attributes
    ----------
    entered, completed : int
        How often the step was begun, and done.
    lost : int
        How many began it and did not begin the next one; of the last step, how many did not complete it. None are lost
        where more begin the next one than this.
    joined : int
        How many begin the next one beyond those who began this.
    finishing : float or None
        The part of those who begin the next step that complete the journey: 1 after the last one. None where nobody
        begins the next one, so that nobody knows.
    completions : float or None
        lost × finishing: how many more journeys there would be, had those who left here gone on as the others did.
    """

    entered: int
    completed: int
    lost: int
    joined: int
    finishing: float | None
    completions: float | None

    @property
    def share(self) -> float | None:
        """The part of those who began the step that was lost."""
        return self.lost / self.entered if self.entered else None


def drop_off(entered: Sequence[int], completed: Sequence[int]) -> list[DropOff]:
    """Return where people leave a journey of N steps.

    With E[i] who begin step i and C who complete the last: lost[i] = E[i] - E[i+1], and lost[N] = E[N] - C, so that
    E[1] + all who joined - all who were lost = C. Everybody is lost once, at the step they left, and is taken to have
    gone on from there as those did who went on: finishing[i] = C / E[i+1]. So completions add up: nobody counts twice.

    Parameters
    ----------
    entered, completed : sequence of int, length N
        At least 0, none completed more often than entered.
    """
    if len(entered) != len(completed):
        raise EngineError(f"{len(entered)} steps were entered but {len(completed)} completed: each step needs both.")
    for began, done in zip(entered, completed, strict=True):
        if not 0 <= done <= began:
            raise EngineError(f"A step that {began} began cannot have been completed by {done}.")
    found = []
    for place, (began, done) in enumerate(zip(entered, completed, strict=True)):
        is_last = place == len(entered) - 1
        after = done if is_last else entered[place + 1]
        lost = max(began - after, 0)
        finishing = 1.0 if is_last else (min(completed[-1] / after, 1.0) if after else None)
        more = None if finishing is None and lost else lost * (finishing or 0.0)
        found.append(DropOff(began, done, lost, max(after - began, 0), finishing, more))
    return found


# -- how sure that is -------------------------------------------------------------------------------------------------


def share_range(good: int, total: int) -> tuple[float, float]:
    """Return the 90 % range of a part of which `good` of `total` were seen: Jeffreys' interval.

    It counts every event as by itself; outages come in runs, so the truth may lie further out.

    Source: Brown, Cai & DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science 16(2).
    """
    from scipy.special import betaincinv

    if not 0 <= good <= total or not total:
        raise EngineError(f"{good} good ones of {total} make no part. Count at least one event, and no more good ones.")
    ends = betaincinv(good + 0.5, total - good + 0.5, np.array([0.05, 0.95]))
    return (0.0 if good == 0 else float(ends[0])), (1.0 if good == total else float(ends[1]))


def availability_range(counts: Mapping[Any, tuple[int, int]], seed: int = 1) -> tuple[float, float]:
    """Return the 90 % range of a journey's availability: draws of each service's share, multiplied.

    Parameters
    ----------
    counts : mapping
        Of each distinct service, how many events were good and how many there were in all.
    seed : int
        Of the 2,000 draws, from Beta(good + 1/2, bad + 1/2), the distribution behind `share_range`.
    """
    source = np.random.default_rng(seed)
    product = np.ones(DRAWS)
    for good, total in counts.values():
        product *= source.beta(good + 0.5, total - good + 0.5, DRAWS)
    low, high = np.percentile(product, [5, 95])
    return float(low), float(high)
