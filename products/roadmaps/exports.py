"""This room's lists as files; the columns that the import reads come first."""

from django.db.models import F, OuterRef

from portfolio.common import sheets
from portfolio.common.exports import ILLUSTRATIVE, Codes, Column, Export
from products.roadmaps.models import Dependency, Item, Member, Roadmap, Side


def _needs() -> Codes:
    needed = Dependency.objects.filter(item=OuterRef("pk")).order_by("needs__code")
    return Codes(needed.values(code=F("needs__code")))


def _products() -> Codes:
    products = Roadmap.products.through.objects.filter(roadmap=OuterRef("pk")).order_by("product__code")
    return Codes(products.values(code=F("product__code")))


def _members(side: str) -> Column:
    def members() -> Codes:
        users = Member.objects.filter(roadmap=OuterRef("pk"), side=side).order_by("user__username")
        return Codes(users.values(code=F("user__username")))

    return Column(side, f"told_{side}", sheets.TEXT, members)


ITEMS = Export(
    "roadmap-items",
    Item,
    "code roadmap product name description kind horizon starts ends metric metric_from metric_low metric_high by_when "
    "exception effort_low effort_high team business_champion technology_champion needs state " + ILLUSTRATIVE,
    "roadmap_name=roadmap__name product_name=product__name unit=metric__unit started_on ended_on blocked_by version",
    worked_out=(Column("needs", "told_needs", sheets.TEXT, _needs),),
)
ROADMAPS = Export(
    "roadmaps",
    Roadmap,
    "code name purpose products business technology cadence_days now_weeks next_weeks began_on " + ILLUSTRATIVE,
    "version",
    worked_out=(
        Column("products", "told_products", sheets.TEXT, _products),
        _members(Side.BUSINESS),
        _members(Side.TECHNOLOGY),
    ),
)

EXPORTS = (ITEMS, ROADMAPS)
