"""How a service is delivered: how often it changes, how fast, how often a change fails, how soon that is mended.

The four figures are those of Forsgren, Humble & Kim (2018), Accelerate, chapter 2, as the DORA programme goes on
asking for them (dora.dev/guides/dora-metrics-four-keys): deployment frequency, lead time for changes, change failure
rate and time to restore service. They belong together: going faster counts only while what is delivered holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from .scoring import share_range

LOW, HIGH = 0.05, 0.95  # nine of ten lie between


@dataclass(frozen=True)
class Deployment:
    """A change that went to production at `at`; `begun` is when work on it was first committed, if that is known."""

    at: datetime
    reference: str = ""
    begun: datetime | None = None


@dataclass(frozen=True)
class Failure:
    """Service that got worse at `at`, was good again at `restored` (None: not yet), because of `caused_by`.

    `caused_by` is the reference of the deployment that failed. Where it names none, it is the last one before it,
    unless `is_of_change` is unset: an incident counts as a failed change only where something says which change.
    """

    at: datetime
    restored: datetime | None = None
    caused_by: str = ""
    is_of_change: bool = True


@dataclass(frozen=True)
class Changed:
    """A deployment, with the failures that it caused."""

    deployment: Deployment
    failures: tuple[Failure, ...]

    @property
    def has_failed(self) -> bool:
        """Whether it made the service worse."""
        return bool(self.failures)

    @property
    def lead_time(self) -> timedelta | None:
        """From first commit to production; None where the beginning is not known."""
        begun = self.deployment.begun
        return None if begun is None else self.deployment.at - begun


@dataclass(frozen=True)
class Spread:
    """The middle of some durations, and between which of them nine of ten lie."""

    count: int
    median: timedelta
    low: timedelta
    high: timedelta


@dataclass(frozen=True)
class Delivered:
    """The figures of one service over the moments [first, after).

    Attributes
    ----------
    deployments : int
        Changes that went to production.
    a_week : float
        As many a week.
    lead_time : Spread or None
        From first commit to production, of those whose beginning is known.
    failed : int
        Deployments that made the service worse.
    failure_share, failure_low, failure_high : float or None
        failed / deployments with Wilson's 90 % range; None without deployments.
    time_to_restore : Spread or None
        Of failures that began in this time and are over.
    open_failures : int
        Failures that began in this time and are not over.
    """

    first: datetime
    after: datetime
    deployments: int
    a_week: float
    lead_time: Spread | None
    failed: int
    failure_share: float | None
    failure_low: float | None
    failure_high: float | None
    time_to_restore: Spread | None
    open_failures: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was delivered and nothing failed."""
        return not (self.deployments or self.open_failures or self.time_to_restore)


def paired(failures: Iterable[tuple[datetime, str, str]], restores: Iterable[tuple[datetime, str]]) -> list[Failure]:
    """Return failures with when they were restored, from what a pipeline posts: one message each.

    A restore ends the failure whose reference it bears, if one is open; otherwise the latest failure that is open then.
    A restore with nothing to end is left out.

    Parameters
    ----------
    failures : (at, reference, caused_by)
    restores : (at, reference)
    """
    found = sorted(failures)
    ended: dict[int, datetime] = {}
    for at, reference in sorted(restores):
        is_open = [place for place, one in enumerate(found) if one[0] <= at and place not in ended]
        named = [place for place in is_open if reference and found[place][1] == reference]
        if named or is_open:
            ended[(named or is_open)[-1]] = at
    return [Failure(at, ended.get(place), caused_by) for place, (at, _, caused_by) in enumerate(found)]


def changes(deployments: Iterable[Deployment], failures: Iterable[Failure]) -> list[Changed]:
    """Return every deployment in the order of time, with the failures that it caused.

    A failure belongs to the deployment that it names: the last one of that reference before it, or the first one where
    none was before. A name that no deployment bears, and a failure that comes before all, belong to none.
    """
    ordered = sorted(deployments, key=lambda one: (one.at, one.reference))
    by_reference: dict[str, list[int]] = {}
    for place, one in enumerate(ordered):
        if one.reference:
            by_reference.setdefault(one.reference, []).append(place)
    times = [one.at for one in ordered]
    caused: list[list[Failure]] = [[] for _ in ordered]
    for failure in sorted(failures, key=lambda one: one.at):
        if failure.caused_by:
            among = by_reference.get(failure.caused_by, [])
            places = [place for place in among if times[place] <= failure.at][-1:] or among[:1]
        else:
            last = bisect_right(times, failure.at) - 1
            places = [last] if failure.is_of_change and last >= 0 else []
        for place in places:
            caused[place].append(failure)
    return [Changed(one, tuple(several)) for one, several in zip(ordered, caused, strict=True)]


def delivered(changed: Sequence[Changed], failures: Iterable[Failure], first: datetime, after: datetime) -> Delivered:
    """Return the figures of the moments [first, after), from every change and every failure there is.

    A deployment counts where it was made in that time, whenever it turned out to have failed; a failure where it began.
    """
    within = [one for one in changed if first <= one.deployment.at < after]
    begun = [one for one in failures if first <= one.at < after]
    failed = sum(one.has_failed for one in within)
    low, high = share_range(failed, len(within)) if within else (None, None)
    return Delivered(
        first=first,
        after=after,
        deployments=len(within),
        a_week=len(within) / ((after - first) / timedelta(weeks=1)),
        lead_time=spread([time for one in within if (time := one.lead_time) is not None]),
        failed=failed,
        failure_share=failed / len(within) if within else None,
        failure_low=low,
        failure_high=high,
        time_to_restore=spread([one.restored - one.at for one in begun if one.restored]),
        open_failures=sum(one.restored is None for one in begun),
    )


def spread(durations: Sequence[timedelta]) -> Spread | None:
    """Return the median of durations with their 5th and 95th percentile, to the second; None without any."""
    if not durations:
        return None
    seconds = np.quantile([one.total_seconds() for one in durations], (0.5, LOW, HIGH))
    median, low, high = (timedelta(seconds=round(float(one))) for one in seconds)
    return Spread(len(durations), median, low, high)
