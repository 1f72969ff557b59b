"""The changes of this room that are more than one row: money that moves from a day on, and reviews of streams."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from funding.models import Allocation, FundingStream
from portfolio.common import access, actions
from portfolio.common.errors import AlreadyRetracted
from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.models import Product

MOST_TOLD = 20  #: refusals that one message tells


class Change(NamedTuple):
    """What a stream is to pay a product a month, in the stream's currency; 0 stops it."""

    stream: FundingStream
    product: Product
    monthly_amount: Decimal


def mark_reviewed(stream: FundingStream, *, by: User | None) -> FundingStream:
    """Say that the stream was reviewed today; the same day again changes nothing."""
    if by is not None:
        access.require(by, stream)
    if stream.reviewed_on == today():
        return stream
    stream.reviewed_on = today()
    return actions.save(stream, by=by)


@transaction.atomic
def change_allocations(changes: Iterable[Change], *, starts: date, why: str, by: User | None) -> list[Allocation]:
    """Pay other amounts from `starts` on, all of them or none, and return the rows that were recorded.

    What stands on that day is corrected to end there, with `why` as the reason, and the new amount is recorded from
    there on, without an end. One that itself starts on that day is corrected to the new amount, or retracted where it
    is to pay nothing. A pair that is paid so already is left as it is, so the same changes twice change nothing.

    Refused, with every pair in the way, where something is allocated from a later day on: the change would run into
    it. It takes a role over every product whose money changes. The number of statements grows by one for each row.
    """
    asked = _distinct(changes)
    if by is not None:
        access.require_all(by, [Allocation(stream=stream, product=product) for stream, product, _ in asked])
    if not why.strip():
        raise ValidationError({"why": "Say why: a change of funding stays readable with its reason."})
    # The streams' rows are the locks, always in the same order: nothing else is allocated from them meanwhile.
    streams = {stream.pk: stream for stream, _, _ in asked}
    list(FundingStream.objects.select_for_update().filter(pk__in=streams).order_by("pk"))
    standing, later = _in_the_way(streams, starts)
    corrected: list[tuple[Allocation, dict | None]] = []
    new: list[Allocation] = []
    refused: list[str] = []
    for stream, product, amount in asked:
        row = standing.get((stream.pk, product.pk))
        if amount == (row.monthly_amount if row else 0):
            continue
        if following := later.get((stream.pk, product.pk)):
            refused.append(
                f"{stream} pays {product} {following.monthly_amount} {stream.currency} a month from "
                f"{following.starts} on, which is after {starts}. Retract or correct that allocation first, or change "
                "from that day on."
            )
            continue
        if row:
            row.stream, row.product = stream, product
        if row and row.starts == starts:
            corrected.append((row, {"monthly_amount": amount, "ends": None, "why": why} if amount else None))
            continue
        if row:
            corrected.append((row, {"ends": starts}))
        if amount:
            # What follows on a made-up amount is made up, too.
            is_made_up = bool(row and row.is_illustrative)
            new.append(
                Allocation(
                    stream=stream,
                    product=product,
                    monthly_amount=amount,
                    starts=starts,
                    why=why,
                    is_illustrative=is_made_up,
                )
            )
    if refused:
        raise ValidationError({"starts": _told(refused)})
    return actions.rewrite(Allocation, corrected, new, reason=why, by=by)


def change_allocation(
    allocation: Allocation, *, monthly_amount: Decimal, starts: date, why: str, by: User | None
) -> list[Allocation]:
    """Pay a different amount from `starts` on, 0 to stop; see `change_allocations`. Refused for a row that is gone."""
    if allocation.retracted_at:
        raise AlreadyRetracted("This allocation was corrected or retracted. Change the one that counts now.")
    change = Change(allocation.stream, allocation.product, monthly_amount)
    return change_allocations([change], starts=starts, why=why, by=by)


def _distinct(changes: Iterable[Change]) -> list[Change]:
    """Return the changes in the order of their keys; refuse a pair that is changed twice."""
    found: dict[tuple[int, int], Change] = {}
    for change in changes:
        key = change.stream.pk, change.product.pk
        if key in found:
            raise ValidationError(
                f"{change.stream} to {change.product} is changed twice. Give each stream and product once."
            )
        found[key] = change
    return [change for _, change in sorted(found.items(), key=lambda item: item[0])]


def _in_the_way(
    streams: Iterable[int], starts: date
) -> tuple[dict[tuple[int, int], Allocation], dict[tuple[int, int], Allocation]]:
    """Return by stream and product what pays on a day, and the first that starts after it."""
    standing: dict[tuple[int, int], Allocation] = {}
    later: dict[tuple[int, int], Allocation] = {}
    for row in Allocation.objects.known().filter(stream__in=streams).during(starts, None).order_by("starts"):
        (later if row.starts > starts else standing).setdefault((row.stream_id, row.product_id), row)
    return standing, later


def _told(refused: Sequence[str]) -> list[str]:
    further = len(refused) - MOST_TOLD
    return [*refused[:MOST_TOLD], *([f"So do {further} more."] if further > 0 else [])]
