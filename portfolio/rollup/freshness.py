"""How fresh the figures are: when they were last worked out, what waits, and since when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from portfolio.common.models import StaleMark
from portfolio.rollup.models import BlockedMonth, SolvedMonth
from portfolio.rollup.pulse import Pulse
from portfolio.rollup.reading import latest_run

LATE = timedelta(minutes=1)  # the beat asks once a minute for what a lost message left
MOST_COUNTED = 2_000  # marks: beyond that it is many, and an import may leave a million


@dataclass(frozen=True)
class Freshness:
    """The truth about the figures: they are fresh where nothing is stale.

    `stale` counts product-months that are marked, due, or worked out but not in the standings yet; it stops at
    `MOST_COUNTED`.
    """

    at: datetime | None  #: when the last roll-up ended
    stale: int
    blocked: int  #: months whose figures wait for a cause to be mended
    months_due: int = 0
    months_behind: int = 0  #: worked out, but not in the standings yet
    since: datetime | None = None  #: when the oldest mark was made
    run: int = 0  #: the latest roll-up

    @property
    def lag(self) -> timedelta:
        """For how long the oldest mark has waited."""
        return max(timezone.now() - self.since, timedelta(0)) if self.since else timedelta(0)

    @property
    def is_late(self) -> bool:
        """Whether the oldest mark has waited so long that nothing seems to work on it."""
        return self.lag > LATE


def freshness() -> Freshness:
    """Return the truth about the figures as they stand: four queries, however many marks there are."""
    run = latest_run()
    made_from = run.versions if run else {}
    due = behind = 0
    waiting: set[tuple[date, int | None]] = set()
    months = SolvedMonth.objects.order_by().values_list("month", "version", "is_due")
    for month, version, is_due in months:
        due += is_due
        if version and made_from.get(f"{month:%Y-%m}") != version:
            behind += 1
            waiting.add((month, None))
    marks = StaleMark.objects.order_by("pk").values_list("month", "product_id", "marked_at")[:MOST_COUNTED]
    since = None
    for month, product, marked_at in marks:
        waiting.add((month, product))
        since = marked_at if since is None else min(since, marked_at)
    return Freshness(
        at=run.started_at + timedelta(seconds=run.seconds) if run else None,
        stale=len(waiting) + due,
        blocked=BlockedMonth.objects.count(),
        months_due=due,
        months_behind=behind,
        since=since,
        run=run.pk if run else 0,
    )


_latest: tuple[Pulse, Freshness] | None = None


def freshness_at(beat: Pulse) -> Freshness:
    """Return the truth about the figures at a pulse: no query as long as nothing has changed."""
    global _latest
    known = _latest
    if known is None or known[0] != beat:
        known = _latest = beat, freshness()
    return known[1]
