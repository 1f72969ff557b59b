"""Putting the renewal of a component on a roadmap."""

from typing import Any

from django.db import transaction

from portfolio.common.errors import TwofoldError
from portfolio.common.models import User
from products.health.models import Component
from products.roadmaps.item_actions import add_item
from products.roadmaps.models import Item, ItemKind
from products.roadmaps.models.items import OPEN


class RenewalRefused(TwofoldError):
    """A component is renewed already."""


@transaction.atomic
def plan_renewal(component: Component, item: Item, *, by: User | None, why: str = "") -> Item:
    """Add an item that renews a component to its roadmap, and say of the component that it does.

    It takes the right to change the roadmap, not the component: who plans a renewal need not keep what is renewed.
    Planning it again, while the item is open, is refused.
    """
    stored = Component.objects.select_for_update(of=("self",)).select_related("item").get(pk=component.pk)
    if stored.item and stored.item.state in OPEN:
        raise RenewalRefused(f"{stored.item} renews {stored} already. Change that item, or drop it first.")
    item.kind = ItemKind.OBSOLESCENCE
    item = add_item(item, by=by, why=why)
    stored.item = item
    history: Any = stored
    history._history_user = by
    stored.full_clean()
    stored.save()
    component.item = item
    return item
