"""One renewal that is planned already, so that it can be seen beside those that are not."""

from datetime import date
from decimal import Decimal

from portfolio.demo.roadmaps import PLATFORMS
from products.health.models import Component
from products.health.renewal_actions import plan_renewal
from products.roadmaps.models import Horizon, Item, Roadmap

RENEWED, CODE = "identity-database", "renew-identity-database"


def plan_a_renewal() -> None:
    """Put the renewal of the identity database on the roadmap of its product, unless it is there."""
    if Item.objects.filter(code=CODE).exists():
        return
    roadmap = Roadmap.objects.get(code=PLATFORMS)
    members = {member.side: member.user for member in roadmap.members.select_related("user")}
    component = Component.objects.select_related("owner").get(code=RENEWED)
    item = Item(
        roadmap=roadmap,
        product=roadmap.products.get(),
        code=CODE,
        name="Move the identity database to a release that is supported",
        horizon=Horizon.NEXT,
        ends=date(2018, 2, 1),
        exception="Support for the identity database ends on 28 February 2018.",
        effort_low=Decimal(2),
        effort_high=Decimal(5),
        team=component.owner,
        business_champion=members["business"],
        technology_champion=members["technology"],
        is_illustrative=True,
    )
    plan_renewal(component, item, by=None)
