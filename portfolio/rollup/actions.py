"""Bringing standings up to date: claim the marks, read their product-months again, solve their months, write it all.

One transaction from the claim to the last standing: a crash at any instant leaves the old figures and the marks.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from funding.models import LedgerEntry
from portfolio.common.models import StaleMark
from portfolio.common.months import add_months, days_in, month_of, month_range, today
from portfolio.common.staleness import Touch, mark_stale
from portfolio.engine.errors import ClosedLoop, EngineError
from portfolio.network.models import Link, Usage
from portfolio.rollup import standings
from portfolio.rollup.facts import MissingRate, known, read_month, uncorrected
from portfolio.rollup.invariants import check_months
from portfolio.rollup.models import BlockedMonth, ProductMonth, Run, Standing, Window
from portfolio.rollup.snapshots import arrays, solve, store, stored_facts
from products.catalog.models import Assignment, Product
from products.value.models import Observation, Valuation
from teams.models import Membership, Rate

log = structlog.get_logger(__name__)

CORRECTION_DAYS = 31  # corrections made in the last month explain a movement
TWO_ROLLUPS = 7_203_650_441_000_017  # names the advisory lock that keeps roll-ups one after the other

Progress = Callable[[int, int, date], None]


@transaction.atomic
def refresh_standings() -> Run | None:
    """Claim all stale marks and bring their figures up to date.

    Repeating it finds no marks and does nothing: it returns None. Two at once run one after the other.
    """
    _one_at_a_time()
    waiting = _months_that_wait()
    marks = list(StaleMark.objects.exclude(month__in=waiting).values_list("id", "product_id", "month", "cause"))
    if not marks:
        return None
    pairs: dict[date, set[int]] = {}
    causes: dict[str, int] = {}
    for _, product, month, cause in marks:
        pairs.setdefault(month, set()).add(product)
        causes[cause] = causes.get(cause, 0) + 1
    run = _run(_in_words(causes), {month: pairs[month] for month in sorted(pairs)}, is_full=False)
    _delete_marks([mark for mark, *_ in marks])
    return run


@transaction.atomic
def roll_up(
    *, first: date | None = None, last: date | None = None, cause: str, progress: Progress | None = None
) -> Run:
    """Work out the months from `first` to `last` anew from all facts; by default every month that has any.

    Gives the same figures as the refreshes that came before it. Repeating it changes nothing but the run.
    """
    _one_at_a_time()
    begin, end = first or first_month(), last or month_of(today())
    months = list(month_range(begin, end)) if begin else []
    # Marks written meanwhile by others are not seen, and so not lost; the ones that are seen are worked off.
    ids = list(StaleMark.objects.filter(month__in=months).values_list("id", flat=True))
    run = _run(cause, dict.fromkeys(months), is_full=True, progress=progress)
    _delete_marks(ids)
    return run


def _delete_marks(ids: list[int]) -> None:
    """Delete marks that were worked off, but not those of months that could not be read."""
    unread = list(BlockedMonth.objects.filter(is_unread=True).values_list("month", flat=True))
    for start in range(0, len(ids), 5_000):
        StaleMark.objects.filter(pk__in=ids[start : start + 5_000]).exclude(month__in=unread).delete()


def _months_that_wait() -> list[date]:
    """Return the months that could not be read and in which nothing was marked since: trying again would not help."""
    unread = dict(BlockedMonth.objects.filter(is_unread=True).values_list("month", "blocked_at"))
    newest = dict(
        StaleMark.objects.filter(month__in=unread).order_by().values_list("month").annotate(at=Max("marked_at"))
    )
    return [month for month, tried in unread.items() if month in newest and newest[month] <= tried]


def begin_day() -> int:
    """Mark what the passing of time alone changes: a month that has begun, and metrics that have fallen overdue.

    Repeating it on the same day marks nothing new once the marks are worked off. Returns how many marks it made.
    """
    month = month_of(today())
    latest = ProductMonth.objects.aggregate(latest=Max("month"))["latest"]
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
    earliest = [
        *(model.objects.known().aggregate(at=Min("starts"))["at"] for model in (LedgerEntry, Observation, Link)),
        Usage.objects.known().aggregate(at=Min("month"))["at"],
        Assignment.objects.known().aggregate(at=Min("starts"))["at"],
        ProductMonth.objects.aggregate(at=Min("month"))["at"],
    ]
    found = [at for at in earliest if at]
    return month_of(min(found)) if found else None


def board_month() -> date | None:
    """Return the month the windows end with: the last whole one that has costs in the books, or failing that any."""
    this = month_of(today())
    is_whole = today().day == days_in(this)
    whole = this if is_whole else add_months(this, -1)
    figures = ProductMonth.objects.filter(month__lte=whole)
    booked = figures.exclude(direct_cost=0).aggregate(last=Max("month"))["last"]
    return booked or figures.aggregate(last=Max("month"))["last"]


# -- one run ----------------------------------------------------------------------------------------------------


def _one_at_a_time() -> None:
    """Wait for a roll-up that is under way elsewhere. On SQLite the transaction itself holds the others off."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TWO_ROLLUPS])


def _run(
    cause: str, pairs: dict[date, set[int]] | dict[date, None], *, is_full: bool, progress: Progress | None = None
) -> Run:
    started, clock = timezone.now(), time.perf_counter()
    run = Run(cause=cause[:200], is_full=is_full, started_at=started, seed=standings.SEED, months=len(pairs))
    gap = 0.0
    for done, (month, products) in enumerate(pairs.items()):
        rows, product_months, month_gap = _roll_month(month, products)
        run.rows += rows
        run.product_months += product_months
        gap = max(gap, month_gap)
        if progress:
            progress(done + 1, len(pairs), month)
    run.invariants = check_months(list(pairs), gap)
    run.has_held = all(outcome["held"] for outcome in run.invariants.values())
    run.error = "\n".join(BlockedMonth.objects.filter(month__in=list(pairs)).values_list("message", flat=True))
    run.save()
    write_standings(run)
    run.seconds = time.perf_counter() - clock
    run.save(update_fields=["seconds"])
    log.info(
        "roll-up", run=run.pk, cause=run.cause, months=run.months, seconds=round(run.seconds, 3), held=run.has_held
    )
    return run


def _roll_month(month: date, products: set[int] | None) -> tuple[int, int, float]:
    """Bring one month up to date; returns facts read, product-months written, and how far its sums were off."""
    try:
        fresh = read_month(month, known(), products)
    except MissingRate as error:
        _block(month, str(error), is_unread=True)
        return 0, 0, 0.0
    if products is None:
        facts = fresh
    else:
        facts = stored_facts(month)
        facts.replace(products, fresh)
    inputs = arrays(facts)
    try:
        results = solve(inputs)
    except ClosedLoop as loop:
        _block(month, _loop_in_words(loop), {product for members in loop.loops for product in members})
        return fresh.rows, store(inputs, None), 0.0
    except EngineError as error:
        _block(month, str(error))
        return fresh.rows, store(inputs, None), 0.0
    BlockedMonth.objects.filter(month=month).delete()
    return fresh.rows, store(inputs, results), results.gap


def _block(month: date, message: str, products: Iterable[int] = (), *, is_unread: bool = False) -> None:
    blocked, _ = BlockedMonth.objects.update_or_create(
        month=month, defaults={"message": message, "is_unread": is_unread, "blocked_at": timezone.now()}
    )
    blocked.products.set(products)
    log.warning("month blocked", month=f"{month:%Y-%m}", message=message)


def _loop_in_words(loop: ClosedLoop) -> str:
    codes = dict(
        Product.objects.filter(pk__in=[p for members in loop.loops for p in members]).values_list("pk", "code")
    )
    loops = "; ".join(", ".join(codes[product] for product in members) for members in loop.loops)
    return (
        f"These products pass all of their cost on to each other and none outside: {loops}. Lower a share in each "
        "loop, or record usage by customers outside, so that some of the cost has somewhere to go."
    )


def _in_words(causes: dict[str, int]) -> str:
    return ", ".join(
        f"{cause} ({count})" if count > 1 else cause for cause, count in sorted(causes.items(), key=lambda c: -c[1])
    )


# -- standings ------------------------------------------------------------------------------------------------------


def write_standings(run: Run) -> None:
    """Replace all kept standings by those of the windows that end with the board's month."""
    last = board_month()
    Standing.objects.all().delete()
    if last is None:
        return
    months = list(month_range(add_months(last, -24), last))
    windows = {
        window: standings.window_of(window, last, settings.TWOFOLD_FISCAL_YEAR_START) for window in Window.values
    }
    first = min(first for first, _ in windows.values())
    panel = standings.stored_panel(months, with_inputs=month_range(add_months(first, -1), last))
    before = _as_uncorrected(list(month_range(add_months(first, -1), add_months(last, -1))))
    rows = []
    for window, (start, end) in windows.items():
        moves = standings.movement(panel, before, start, end)
        rows += standings.standings(panel, start, end, window=window, run=run, moves=moves)
    Standing.objects.bulk_create(rows, batch_size=1_000)


def _as_uncorrected(months: list[date]) -> standings.Panel | None:
    """Return the months that were corrected lately, as they would stand without it; None if there are none."""
    since = timezone.now() - timedelta(days=CORRECTION_DAYS)
    corrected: set[date] = set()
    models: tuple[Any, ...] = (
        LedgerEntry,
        Observation,
        Valuation,
        Usage,
        Link,
        Assignment,
        Membership,
        Rate,
    )
    for model in models:
        for row in model.objects.filter(retracted_at__gt=since):
            replacement = model.objects.filter(corrects=row).first()
            for touch in [*row.touched(), *(replacement.touched() if replacement else [])]:
                corrected |= {
                    month
                    for month in months
                    if month_of(touch.first) <= month and (not touch.last or month <= touch.last)
                }
    return standings.fresh_panel(sorted(corrected), uncorrected(since)) if corrected else None
