"""Bringing standings up to date: work off the months that have marks or are due, then write the standings.

Months are claimed and written each in a transaction of their own (`portfolio.rollup.claims`), the standings in
another. A crash at any instant leaves the old figures and their marks, or months that the standings are behind of:
the next refresh goes on from there.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from portfolio.common import telemetry
from portfolio.common.locks import hold, try_hold
from portfolio.common.months import add_months, month_of, month_range, today
from portfolio.common.staleness import Touch, ask_for_help, mark_stale
from portfolio.rollup.claims import waiting_months, work_off, work_to_do
from portfolio.rollup.closed import closed_through, opens_after
from portfolio.rollup.corrections import CORRECTION_DAYS as CORRECTION_DAYS
from portfolio.rollup.facts import earliest_month, known
from portfolio.rollup.invariants import check_months
from portfolio.rollup.models import BlockedMonth, InvariantReport, Run, SolvedMonth
from portfolio.rollup.ranges import SEED
from portfolio.rollup.windows import board_month as board_month
from portfolio.rollup.writing import write_standings
from products.catalog.models import Product
from products.value.models import Observation

log = structlog.get_logger(__name__)

STANDINGS = "standings"  # the lock of who writes them
PATIENCE = 20.0  # seconds after which a refresh hands what is left to the next one
MOST_HELPERS = 7  # that one refresh asks for
PAUSE = 0.02  # seconds between looks at what others work on

Progress = Callable[[int, int, date], None]


def refresh_standings(*, is_helper: bool = False) -> Run | None:
    """Work off all stale marks and months that are due, and bring the standings up to date.

    Repeating it finds nothing to do and returns None. Any number of processes may do it at once: each claims months
    that no other has claimed, and one of them writes the standings. With more work than one claim takes, others are
    asked to help (but not by who came to help).
    """
    begun = time.monotonic()
    run, has_help = None, False
    failed: dict[date, Exception] = {}
    while True:
        done: set[date] = set()
        while groups := work_to_do(but=done | failed.keys()):
            if len(groups) > 1 and not has_help and not is_helper:
                has_help = ask_for_help(min(len(groups) - 1, MOST_HELPERS))
            if not (worked := [month for group in groups for month in work_off(group, failed)]):
                break  # what is left is with others, who will see to the standings
            done.update(worked)
        if is_helper and SolvedMonth.objects.filter(is_due=True).exclude(month__in=waiting_months()).exists():
            return run  # whoever finishes the last month of a full roll-up writes the standings, once
        run = bring_standings(since=begun) or run
        if not done or (time.monotonic() - begun > PATIENCE and ask_for_help(1)):
            break
    for error in failed.values():
        raise error  # the first will do; the log has them all, and the marks are where they were
    return run


def roll_up(
    *, first: date | None = None, last: date | None = None, cause: str, progress: Progress | None = None
) -> Run:
    """Work out the months from `first` to `last` anew from all facts; by default every month that has any.

    Gives the same figures as the refreshes that came before it. Repeating it changes nothing but the run. Workers
    that there are take part of the months. Closed months keep their figures; what is late for them is worked out anew.
    """
    begun, before = time.monotonic(), Run.objects.order_by("-pk").first()
    begin, end = first or first_month(), last or month_of(today())
    months = list(month_range(begin, end)) if begin else []
    wanted = set(months)
    if (opens := opens_after(closed_through())) is not None and months and months[0] < opens:
        wanted.add(opens)  # it takes what is found late for the months that are closed
    make_due(months, cause=cause)
    has_help = False
    failed: dict[date, Exception] = {}
    due = SolvedMonth.objects.filter(month__in=months, is_due=True)
    while True:
        groups = [[month for month in group if month in wanted] for group in work_to_do(but=failed)]
        if len(groups) > 1 and not has_help:
            has_help = ask_for_help(min(len(groups) - 1, MOST_HELPERS))
        worked = []
        for group in groups:
            worked += work_off(group, failed)
            if progress and worked:
                progress(len(months) - due.count(), len(months), worked[-1])
        if worked:
            continue
        if not due.exclude(month__in=waiting_months() | failed.keys()).exists():
            break
        time.sleep(PAUSE)  # the last ones are with others
    for error in failed.values():
        bring_standings(since=begun)
        raise error
    if made := bring_standings(since=begun, waits=True):
        return made
    latest = Run.objects.order_by("-pk").first()
    if latest is not None and (before is None or latest.pk > before.pk):
        return latest  # who helped was the last to finish, and has written the standings
    return _run([], since=begun, cause=cause)


@transaction.atomic
def make_due(months: Iterable[date], *, cause: str) -> None:
    """Have months worked out whole by whoever claims them next; also those that could not be read the last time."""
    wanted = list(months)
    SolvedMonth.objects.bulk_create([SolvedMonth(month=month) for month in wanted], ignore_conflicts=True)
    rows = SolvedMonth.objects.filter(month__in=wanted).order_by("month")
    list(rows.select_for_update().values_list("pk"))  # in order, so that two who do this wait, and do not lock up
    rows.order_by().update(is_due=True, cause=cause[:200])
    BlockedMonth.objects.filter(month__in=wanted, is_unread=True).update(waiting=None)


def begin_day() -> int:
    """Mark what the passing of time alone changes: a month that has begun, and metrics that have fallen overdue.

    Repeating it on the same day marks nothing new once the marks are worked off. Returns how many marks it made.
    """
    month = month_of(today())
    latest = SolvedMonth.objects.filter(has_products=True).aggregate(latest=Max("month"))["latest"]
    if latest is None:
        return 0
    touches = []
    if latest < month:
        touches = [Touch(product, add_months(latest, 1)) for product in Product.objects.values_list("pk", flat=True)]
    last_run = Run.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    if last_run and last_run.date() < timezone.now().date():
        late = Observation.objects.known().values_list("metric__product_id", flat=True).distinct()
        touches += [Touch(product, month, month) for product in late]
    return mark_stale(touches, cause="a new day")


def first_month() -> date | None:
    """Return the earliest month that has a figure, or a fact or agreement that can have one."""
    solved = SolvedMonth.objects.filter(has_products=True).aggregate(at=Min("month"))["at"]
    return min(filter(None, [earliest_month(known()), solved]), default=None)


# -- one run ----------------------------------------------------------------------------------------------------


def months_behind() -> dict[date, int]:
    """Return the months, with their versions, whose figures are newer than the standings."""
    run = Run.objects.order_by("-pk").only("versions").first()
    made_from = run.versions if run else {}
    versions = SolvedMonth.objects.filter(version__gt=0).order_by("month").values_list("month", "version")
    return {month: version for month, version in versions if made_from.get(f"{month:%Y-%m}") != version}


def bring_standings(*, since: float, waits: bool = False) -> Run | None:
    """Write the standings anew where months have moved on from what they were made from, and record a run.

    Returns None where they are not behind, or where another process is writing them (unless this one `waits`): that
    one looks again once it has committed, and so finds the months that came meanwhile. `since` is when the work began,
    on the monotonic clock.
    """
    made = None
    while months_behind():
        with transaction.atomic():
            if waits:
                hold(STANDINGS)
            elif not try_hold(STANDINGS):
                return made
            behind = months_behind()  # again, now that nobody else is at it
            if behind:
                made = _run(list(behind), since=since)
        since = time.monotonic()
    return made


@transaction.atomic
def _run(months: list[date], *, since: float, cause: str = "") -> Run:
    spent = time.monotonic() - since
    solved = list(SolvedMonth.objects.filter(month__in=months).defer("figures", "late").order_by("month"))
    versions = SolvedMonth.objects.filter(version__gt=0).order_by("month").values_list("month", "version")
    run = Run(
        cause=(cause or ", ".join(dict.fromkeys(row.cause for row in solved if row.cause)))[:200],
        is_full=all(row.was_whole for row in solved),
        started_at=timezone.now() - timedelta(seconds=spent),
        seed=SEED,
        months=len(solved),
        product_months=sum(row.product_months for row in solved),
        rows=sum(row.rows for row in solved),
        versions={f"{month:%Y-%m}": version for month, version in versions},
        invariants=check_months(months, max((row.gap for row in solved), default=0.0)),
        error="\n".join(BlockedMonth.objects.filter(month__in=months).values_list("message", flat=True)),
    )
    run.has_held = all(outcome["held"] for outcome in run.invariants.values())
    run.save()
    write_standings(run)
    run.seconds = time.monotonic() - since
    run.save(update_fields=["seconds"])
    transaction.on_commit(partial(_tell, run), robust=True)
    return run


def _tell(run: Run) -> None:
    """Count a run, and say in the log what it did; its cause may name somebody, so that stays on its page."""
    telemetry.ran(seconds=run.seconds, product_months=run.product_months, is_full=run.is_full)
    say = log.info if run.has_held else log.error
    say(
        "roll-up",
        run=run.pk,
        months=run.months,
        product_months=run.product_months,
        seconds=round(run.seconds, 3),
        held=run.has_held,
    )
    reports = InvariantReport.objects.order_by("-pk").values_list("has_held", flat=True)
    if not run.has_held and reports.first() is not False:
        # Look at everything at once, which raises the alarm; once it is raised, further runs need not.
        current_app.tasks["rollup.check_figures"].delay(f"run {run.pk}, whose sums did not hold")
