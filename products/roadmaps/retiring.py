"""Retiring: who and what rests on a product, and where each of them goes before it is done."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portfolio.common.models import User
from portfolio.common.months import today
from products.roadmaps.changes import lock
from products.roadmaps.contributions import VestedInterest, interests_in
from products.roadmaps.models import Interest, Item, ItemKind


def open_interests(item: Item, on: date | None = None) -> list[VestedInterest]:
    """Return who and what rests on what an item retires and has not been told where to go."""
    settled = set(item.interests.values_list("key", flat=True))
    return [one for one in interests_in(item.product, on or today()) if one.key not in settled]


@transaction.atomic
def settle_interest(item: Item, *, key: str, goes_to: str, by: User | None) -> Interest:
    """Say where an interest in what an item retires goes; saying it again changes where."""
    lock(item.roadmap_id, by)
    found = {one.key: one.name for one in interests_in(item.product, today())}
    found |= {one.key: one.name for one in item.interests.all()}
    if item.kind != ItemKind.RETIRE:
        raise ValidationError(f"{item} retires nothing: its kind is {item.get_kind_display().lower()}.")
    if key not in found:
        raise ValidationError({"key": f"{key!r} is no interest in {item.product}. Reload the page, and choose one."})
    interest = Interest.objects.filter(item=item, key=key).first() or Interest(item=item, key=key, name=found[key])
    interest.goes_to, interest.settled_by, interest.settled_at = goes_to.strip(), by, timezone.now()
    interest.full_clean()
    interest.save()
    return interest
