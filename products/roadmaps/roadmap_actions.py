"""What can be done to a roadmap itself: what it says, whose products it is about, and who owns it on either side."""

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction

from portfolio.common import access
from portfolio.common.models import User
from products.catalog.models import Product
from products.roadmaps.changes import RoadmapMoved, Row, log, row_of
from products.roadmaps.content import document_of
from products.roadmaps.models import ChangeKind, Member, Roadmap, Side


@transaction.atomic
def save_roadmap(
    roadmap: Roadmap,
    *,
    products: Sequence[Product],
    business: Sequence[User],
    technology: Sequence[User],
    by: User | None,
    version: int | None = None,
    why: str = "",
) -> Roadmap:
    """Save a roadmap, new or edited, with its products and its members; saving the same again changes nothing.

    It takes a role over a product of it, and over every product that is added. It is joint: with no member on one of
    its sides it is refused. With a `version`, that of the roadmap when it was read, RoadmapMoved is raised where
    somebody changed one of the same fields since.
    """
    stored = Roadmap.objects.select_for_update().get(pk=roadmap.pk) if roadmap.pk else None
    had = list(stored.products.all()) if stored else []
    added = [product for product in products if product not in had]
    if by is not None:
        if stored:
            access.require(by, stored)
        for product in added:
            access.require(by, roadmap_of(product))
    _check_whole(products, business, technology, stored)
    before = _roadmap_row(stored) if stored else {}
    roadmap._history_user = by  # type: ignore[attr-defined]
    roadmap.version = stored.version if stored else 0
    roadmap.full_clean()
    roadmap.save()
    roadmap.products.set(products)
    _set_members(roadmap, {Side.BUSINESS: business, Side.TECHNOLOGY: technology})
    after = _roadmap_row(roadmap)
    rows = [row_of(None, name, before.get(name), after[name]) for name in after if before.get(name) != after[name]]
    if version is not None and stored:
        _check_seen(stored, {row["field"] for row in rows}, version)
    log(roadmap, ChangeKind.ROADMAP, rows, by=by, why=why)
    return roadmap


def _check_seen(roadmap: Roadmap, fields: set[str], version: int) -> None:
    """Raise RoadmapMoved where one of these fields of a roadmap was changed after a version that was seen."""
    since = roadmap.changes.filter(number__gt=version, kind=ChangeKind.ROADMAP).select_related("by")
    for change in since.order_by("-number"):
        for row in change.changes:
            if row["field"] in fields:
                raise RoadmapMoved(
                    f"{change.by or 'The operator'} changed the {row['field'].replace('_', ' ')} of {roadmap} since "
                    "you read it. Reload it, look, and make your change again.",
                    {"version": roadmap.version, **row, "by": str(change.by or ""), "at": change.at},
                )


def roadmap_of(product: Product) -> Roadmap:
    """Return a roadmap of one product, in memory, to ask who covers it."""
    roadmap = Roadmap()
    roadmap.products_to_come = [product]
    return roadmap


def _check_whole(
    products: Sequence[Product], business: Sequence[User], technology: Sequence[User], stored: Roadmap | None
) -> None:
    wrong: dict[str, str] = {}
    if not products:
        wrong["products"] = "A roadmap belongs to one product at least. Name it."
    if not business:
        wrong["business"] = "A roadmap is joint: name one business partner at least."
    if not technology:
        wrong["technology"] = "A roadmap is joint: name one technology owner at least."
    both = {user.pk for user in business} & {user.pk for user in technology}
    if both:
        name = next(user for user in business if user.pk in both)
        wrong["technology"] = f"{name} is on both sides. Somebody signs for one side only: choose."
    if stored:
        used = stored.items.kept().exclude(product__in=products).select_related("product").first()
        if used:
            wrong["products"] = f"{used.product} has items here, such as {used}. Give them to another product first."
    if wrong:
        raise ValidationError(wrong)


def _set_members(roadmap: Roadmap, wanted: Mapping[str, Sequence[User]]) -> None:
    sides = {user.pk: side for side, users in wanted.items() for user in users}
    roadmap.members.exclude(user__in=sides).delete()
    stored = {member.user_id: member for member in roadmap.members.all()}
    for user, side in sides.items():
        member = stored.get(user) or Member(roadmap=roadmap, user_id=user)
        if member.side != side:
            member.side = side
            member.save()


def _roadmap_row(roadmap: Roadmap) -> Row:
    return document_of(roadmap, items=())["roadmap"]
