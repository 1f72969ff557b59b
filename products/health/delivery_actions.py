"""Posting what happened to a service: each event once, however often a pipeline sends it."""

from collections.abc import Sequence

from django.db import transaction

from portfolio.common import access, actions
from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from products.health.models import DeliveryEvent, Service

#: What makes an event the same one when it is sent again.
SAID = ("kind", "happened_at", "begun_at", "reference", "caused_by", "is_illustrative")


class KeyUsedOtherwise(TwofoldError):
    """An event came with a key that stands for another event of the same service."""


@transaction.atomic
def post_events(rows: Sequence[DeliveryEvent], *, by: User | None) -> list[tuple[DeliveryEvent, bool]]:
    """Record events, all of them or none; return each with whether it is new.

    An event whose key the service knows already is not recorded again: the first one comes back, as it was recorded,
    even where it was corrected or retracted since. It raises KeyUsedOtherwise where the key came with something else.
    Without a key each call records another event. Of two that post at once the second waits and finds the first's.
    """
    if by is not None:
        access.require_all(by, rows)
    # The services' rows are the lock; in the order of their keys, so that two batches never wait for each other.
    list(Service.objects.select_for_update(no_key=True).filter(pk__in={row.service_id for row in rows}).order_by("pk"))
    known: dict[tuple[int, str], DeliveryEvent] = {}
    keyed = [row for row in rows if row.key]
    sent_before = DeliveryEvent.objects.filter(
        service__in={row.service_id for row in keyed}, key__in={row.key for row in keyed}, corrects=None
    )
    for event in sent_before.select_related("service__product", "recorded_by").order_by("-pk"):
        known[event.service_id, event.key or ""] = event
    answers = []
    for row in rows:
        first = known.get((row.service_id, row.key)) if row.key else None
        if first is None:
            first = actions.record(row, by=by)
            answers.append((first, True))
            if row.key:
                known[row.service_id, row.key] = first
        else:
            _require_same(first, row)
            answers.append((first, False))
    return answers


def _require_same(first: DeliveryEvent, row: DeliveryEvent) -> None:
    other = [name for name in SAID if getattr(first, name) != getattr(row, name)]
    if other:
        raise KeyUsedOtherwise(
            f"The key {row.key!r} stands for the event {first.pk} of {row.service}, recorded on "
            f"{first.recorded_at:%Y-%m-%d %H:%M} with another {', '.join(other)}. Send that one again as it was, take "
            "a new key for this event, or correct the first one."
        )
