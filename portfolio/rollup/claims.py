"""Who works on what: months that have marks or are due are claimed, worked out and written, each in one transaction.

A claim is a lock on the month's row, passed over by whoever else looks for work. Its marks are deleted by the
transaction that writes the figures which count them, so a crash leaves either the new figures or the marks, and a
mark that is written meanwhile stays for the next turn.

A closed month is claimed like any other, but its figures stand: what its facts come to beside them is kept as late, and
the first open month, which takes it, is marked in the same transaction.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from portfolio.common.models import StaleMark
from portfolio.common.months import add_months
from portfolio.engine.errors import ClosedLoop, EngineError
from portfolio.rollup.closed import closed_through, frozen, levels, opens_after, taken_late
from portfolio.rollup.facts import MissingRate, known, read_months
from portfolio.rollup.inputs import Inputs, Read, merged
from portfolio.rollup.late import added, difference, differing, limited, nothing_late, unpacked, with_late
from portfolio.rollup.models import BlockedMonth, SolvedMonth
from portfolio.rollup.snapshots import Solved, solve, solved_months, store
from products.catalog.models import Product

log = structlog.get_logger(__name__)

MONTHS_AT_ONCE = 30  # one claim's: a pass over the facts of many months costs little more than of a few
SLOW = 1.0  # seconds a month may have taken the last time and still be claimed with others,
MUCH_SLOWER = 4  # unless they take about as long: a slow month is claimed by itself, and holds no others
MANY = 1 / 3  # of a month's products: from here on it is read whole
FEW = 10  # products that are read by themselves however small the month is


@dataclass
class Needed:
    """What a claimed month needs: some products read again, or all of them (None)."""

    products: set[int] | None = field(default_factory=set)
    causes: dict[str, None] = field(default_factory=dict)  #: in the order they were found
    marks: int = 0


# -- what there is to do ---------------------------------------------------------------------------------------


def marked_months() -> list[date]:
    """Return the months that have marks: one look into the index a month, however many marks there are."""
    marks, month = StaleMark._meta.db_table, StaleMark._meta.get_field("month")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE marked(month) AS (SELECT MIN(month) FROM {marks} UNION ALL "  # noqa: S608 - names are ours
            f"SELECT (SELECT MIN(month) FROM {marks} WHERE month > marked.month) FROM marked "
            "WHERE marked.month IS NOT NULL) SELECT month FROM marked WHERE month IS NOT NULL"
        )
        return [month.to_python(at) for (at,) in cursor.fetchall()]


def waiting_months() -> set[date]:
    """Return the months that could not be read and in which nothing was marked since: trying again would not help.

    Marks are counted, for they are only ever added: it needs no clock, nor the order of commits.
    """
    unread = dict(BlockedMonth.objects.filter(is_unread=True).values_list("month", "waiting"))
    if not unread:
        return set()
    marks = StaleMark.objects.filter(month__in=unread).order_by()
    counts = dict(marks.values_list("month").annotate(count=Count("pk")))
    return {month for month, tried in unread.items() if tried is not None and counts.get(month, 0) <= tried}


def work_to_do(*, but: Collection[date] = ()) -> list[list[date]]:
    """Return the months that may be claimed, latest first and slow ones last, in groups for one claim each."""
    marked = marked_months()
    if marked:
        known_ones = set(SolvedMonth.objects.filter(month__in=marked).values_list("month", flat=True))
        if new := [month for month in marked if month not in known_ones]:
            SolvedMonth.objects.bulk_create([SolvedMonth(month=month) for month in new], ignore_conflicts=True)
    rows = SolvedMonth.objects.filter(Q(is_due=True) | Q(month__in=marked)).order_by("-month")
    left_out = waiting_months() | set(but)
    took = {month: took for month, took in rows.values_list("month", "seconds") if month not in left_out}
    usual = median(took.values()) if took else 0.0
    slow = [month for month, seconds in took.items() if seconds > max(SLOW, MUCH_SLOWER * usual)]
    quick = [month for month in took if month not in slow]
    groups = [quick[start : start + MONTHS_AT_ONCE] for start in range(0, len(quick), MONTHS_AT_ONCE)]
    return [*groups, *([month] for month in slow)]


# -- doing it ---------------------------------------------------------------------------------------------------


def work_off(months: Sequence[date], failed: dict[date, Exception]) -> list[date]:
    """Claim what nobody else has claimed of some months, and bring it up to date; returns what was.

    A month that cannot be read keeps its marks and says why. One that fails in any other way keeps them too, and what
    happened is put into `failed`. Where months are claimed together and one of them does either, each is tried by
    itself, so that it holds none of the others. Where the database goes away there is nothing to be done: that is
    raised.
    """
    try:
        with transaction.atomic():
            return _work_off(months)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Of any kind, since it must not hold the other months: it was rolled back, so the marks are where they were.
        if len(months) > 1:
            return [month for each in months for month in work_off([each], failed)]
        if isinstance(error, MissingRate):
            return _leave_unread(months[0], error)
        log.exception("month failed", month=f"{months[0]:%Y-%m}")
        failed[months[0]] = error
        return []


def _work_off(months: Sequence[date]) -> list[date]:
    marked = StaleMark.objects.filter(month=OuterRef("month"))
    rows = list(
        SolvedMonth.objects.select_for_update(skip_locked=True)
        .filter(Q(is_due=True) | Exists(marked), month__in=months)
        .defer("figures", "late")
        .order_by("month")
    )
    needed = _take_marks([row.month for row in rows])
    for row in rows:
        if row.is_due:
            needed.setdefault(row.month, Needed()).products = None
    rows = [row for row in rows if row.month in needed]
    begun = time.perf_counter()
    for group in _alike(rows, needed):
        _read_and_write(group, needed, begun)
        begun = time.perf_counter()
    return [row.month for row in rows]


def work_out(months: Collection[date]) -> None:
    """Work out whole months that the caller holds, in the caller's transaction; what cannot be solved is blocked.

    Raises MissingRate where one cannot be read.
    """
    rows = list(SolvedMonth.objects.filter(month__in=months).defer("figures", "late").order_by("month"))
    needed = {row.month: Needed(None, {"worked out to be closed": None}) for row in rows}
    begun = time.perf_counter()
    for group in _alike(rows, needed):
        _read_and_write(group, needed, begun)


def _take_marks(months: list[date]) -> dict[date, Needed]:
    """Delete the marks of claimed months and return what they ask for."""
    needed: dict[date, Needed] = {}
    if not months:
        return needed
    marks = StaleMark.objects.filter(month__in=months).order_by()
    if connection.vendor == "postgresql":
        sql, params = marks.query.sql_with_params()
        condition = sql[sql.index(" WHERE ") :]
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH gone AS (DELETE FROM {StaleMark._meta.db_table}{condition} RETURNING month, product_id, cause) "  # noqa: S608
                "SELECT month, product_id, cause, COUNT(*) FROM gone GROUP BY month, product_id, cause",
                params,
            )
            taken = cursor.fetchall()
    else:  # the transaction has the database to itself: no mark comes between the two
        taken = list(marks.values_list("month", "product_id", "cause").annotate(count=Count("pk")))
        marks.delete()
    for month, product, cause, count in taken:
        need = needed.setdefault(month, Needed())
        if need.products is not None:
            need.products.add(product)
        need.causes[cause] = None
        need.marks += count
    return needed


def _alike(rows: list[SolvedMonth], needed: dict[date, Needed]) -> Iterator[list[SolvedMonth]]:
    """Yield months that need the same products together: they are read in one pass; closed ones by themselves."""
    # Asked for now that the rows are held: who closes a month, or opens it again, holds its row as well.
    through = closed_through()
    groups: dict[tuple, list[SolvedMonth]] = {}
    for row in rows:
        products = needed[row.month].products
        is_closed = through is not None and row.month <= through
        groups.setdefault((is_closed, None if products is None else frozenset(products)), []).append(row)
    yield from groups.values()


def _read_and_write(rows: list[SolvedMonth], needed: dict[date, Needed], begun: float) -> None:
    months = [row.month for row in rows]
    products = needed[months[0]].products
    before = solved_months([] if products is None else months)
    if products is not None and all(
        len(products) > max(FEW, MANY * len(kept.inputs.products)) for kept in before.values()
    ):
        products = None
    try:
        read = read_months(months, known(), products)
    except MissingRate as error:
        error.marks = sum(needed[month].marks for month in months)
        raise
    through = closed_through()
    if through is not None and months[0] <= through:
        _keep_late(rows, read, products, through, needed, begun)
        return
    taken = taken_late(through) if through is not None and add_months(through, 1) in read else nothing_late()
    share = (time.perf_counter() - begun) / len(rows)
    for row in rows:
        clock = time.perf_counter()
        fresh = read[row.month]
        inputs = fresh.inputs
        if row.month == opens_after(through):
            inputs = with_late(inputs, taken if products is None else taken.of(products))
        if products is not None:
            inputs = merged(before[row.month].inputs, inputs, products)
        cause = row.cause if row.is_due else ", ".join(needed[row.month].causes)
        kept = None if products is None else before[row.month]
        _write(row, inputs, fresh.rows, cause, before=kept, since=clock - share)


def _keep_late(
    rows: list[SolvedMonth],
    read: dict[date, Read],
    products: set[int] | None,
    through: date,
    needed: dict[date, Needed],
    begun: float,
) -> None:
    """Keep what closed months come to beside their figures, and mark the first open month where that has changed."""
    flat = levels()
    stands = frozen([row.month for row in rows], known())
    marks = []
    for row in rows:
        was = unpacked(SolvedMonth.objects.values_list("late", flat=True).get(pk=row.pk))
        figures, facts = stands[row.month].inputs, read[row.month]
        if products is None:
            late = difference(facts.inputs, figures, flat)
        else:
            late = added([was.but(products), difference(facts.inputs, limited(figures, products), flat)])
        cause = row.cause if row.is_due else ", ".join(needed[row.month].causes)
        SolvedMonth.objects.filter(pk=row.pk).update(
            late=late.packed(),
            is_due=False,
            cause=cause[:200],
            rows=facts.rows,
            product_months=0,
            was_whole=row.is_due,
            seconds=(time.perf_counter() - begun) / len(rows),
        )
        BlockedMonth.objects.filter(month=row.month).delete()
        why = f"late for {row.month:%Y-%m}, which is closed"
        marks += [
            StaleMark(product_id=product, month=add_months(through, 1), cause=why)
            for product in sorted(differing(was, late))
        ]
    # No hint is sent: whoever works this off looks for marks again before it ends.
    StaleMark.objects.bulk_create(marks, batch_size=5_000)


def _write(row: SolvedMonth, inputs: Inputs, read: int, cause: str, *, before: Solved | None, since: float) -> None:
    """Solve a month and write it; one that has no solution keeps its last good results, and says why."""
    month = row.month
    results = None
    try:
        results = solve(inputs)
    except ClosedLoop as loop:
        block(month, _loop_in_words(loop), {product for members in loop.loops for product in members})
    except EngineError as error:
        block(month, str(error))
    else:
        BlockedMonth.objects.filter(month=month).delete()
    about = {"cause": cause[:200], "rows": read, "is_due": False, "was_whole": row.is_due}
    written = store(inputs, results, before=before, **about)
    SolvedMonth.objects.filter(pk=row.pk).update(seconds=time.perf_counter() - since, product_months=written)


def _leave_unread(month: date, error: MissingRate) -> list[date]:
    """Say why a month could not be read; its marks are where they were."""
    with transaction.atomic():
        row = (
            SolvedMonth.objects.select_for_update(skip_locked=True).filter(month=month).defer("figures", "late").first()
        )
        if row is None:
            return []
        block(month, str(error), waiting=error.marks)
        SolvedMonth.objects.filter(pk=row.pk).update(version=F("version") + 1, cause="Could not be read")
    return [month]


def block(month: date, message: str, products: Iterable[int] = (), *, waiting: int | None = None) -> None:
    """Say that a month has no figures of its own now, and why; `waiting` marks are left of one that was not read."""
    blocked, _ = BlockedMonth.objects.update_or_create(
        month=month,
        defaults={
            "message": message,
            "is_unread": waiting is not None,
            "waiting": waiting,
            "blocked_at": timezone.now(),
        },
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
