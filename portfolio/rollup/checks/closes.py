"""Closed months stand as they were closed, and nothing that came late for them is lost or counted twice."""

from hashlib import blake2b

from django.db.models import Sum
from django.urls import reverse

from funding import booked
from funding.models import ClosedBalance, LedgerEntry, PeriodClose
from portfolio.common.parts import Units
from portfolio.common.spreading import to_cents
from portfolio.rollup.checks.findings import Finding, Wrong
from portfolio.rollup.checks.moment import Moment, money, month_name, waiting_words
from portfolio.rollup.closed import stored_late
from portfolio.rollup.models import FrozenMonth, ProductMonth, SolvedMonth


def closed_months_stand(now: Moment) -> Finding:
    """Compare each closed month with what was written down when it was closed: its figures, its copy and its ledger."""
    closes = list(PeriodClose.objects.known().order_by("month"))
    finding = Finding(len(closes), "closed months")
    sums = {
        month: (int(cost or 0), int(value or 0))
        for month, cost, value in ProductMonth.objects.filter(month__in=[close.month for close in closes])
        .order_by()
        .values_list("month")
        .annotate(cost=Sum(Units("direct_cost", scale=100)), value=Sum(Units("own_value", scale=100)))
    }
    balances = dict(
        ClosedBalance.objects.filter(close__in=closes)
        .order_by()
        .values_list("close_id")
        .annotate(cents=Sum(Units("amount", scale=100)))
    )
    for close in closes:
        cost, value = sums.get(close.month, (0, 0))
        for what, found, kept in (
            ("cost", cost, to_cents(close.cost)),
            ("value", value, to_cents(close.value)),
            ("ledger", int(balances.get(close.pk, 0)), to_cents(close.ledger_cost)),
        ):
            if found != kept:
                finding.add(
                    Wrong(f"{month_name(close.month)}, {what}", money(found), money(kept), close.get_absolute_url())
                )
        for what, digest in _digests(close):
            if digest != close.digest:
                name = f"{month_name(close.month)}, {what}"
                finding.add(Wrong(name, "changed", "as they were when it was closed", close.get_absolute_url()))
    return finding


def _digests(close: PeriodClose) -> list[tuple[str, str]]:
    """Return what is found of a month's figures, and of the copy that was kept of them, as digests of the bytes."""
    live = SolvedMonth.objects.filter(month=close.month).values_list("figures", flat=True).first()
    copy = FrozenMonth.objects.filter(close=close).values_list("figures", flat=True).first()
    return [
        (what, blake2b(data, digest_size=16).hexdigest() if data else "")
        for what, data in (("figures", live), ("the copy of its figures", copy))
    ]


def late_costs_are_taken(now: Moment) -> Finding:
    """Compare all months of the ledger as booked with the ledger itself, and what is kept as late with what is booked.

    The first must hold whatever is being worked out; the second where no closed month waits for the roll-up.
    """
    entries = LedgerEntry.objects.known().order_by()
    needed = int(entries.aggregate(cents=Sum(Units("base_amount", scale=100)))["cents"] or 0)
    found = sum(booked.booked().values())
    finding = Finding(1, "ledger")
    if found != needed:
        finding.add(
            Wrong("The ledger as booked, all months", money(found), money(needed), reverse("closing:close-list"))
        )
    if now.closed_through is None:
        return finding
    if waiting := {month for month in now.unsettled | now.unread if now.is_closed(month)}:
        finding.left_out = waiting_words(waiting)
        return finding
    finding.looked_at += 1
    kept = sum(int(late.ledger.sum()) for late in stored_late(now.closed_through).values())
    owed = sum(booked.late().values())
    if kept != owed:
        finding.add(
            Wrong("The ledger, late for closed months", money(kept), money(owed), reverse("closing:close-list"))
        )
    return finding
