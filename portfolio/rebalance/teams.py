"""What a split of money would do to teams: who would grow, shrink or end, and what that disrupts.

Assigned people follow a product's money in proportion. Disruption is told in months of people's work, never in pay:
somebody new works their way in over the ramp-up, half of which is lost; somebody who leaves takes the tenure they have
along, up to the months after which more of it counts no more. Both are assumptions, stated in the settings
(`TWOFOLD_RAMP_UP_MONTHS`, `TWOFOLD_TENURE_MONTHS`) and shown with the figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings

from products.catalog.models import Assignment
from teams.models import Membership, Team

DAYS_A_MONTH = 365.25 / 12
LEAST = 0.05  # full-time equivalents; less is no change that anybody would notice


@dataclass(frozen=True)
class TeamChange:
    """What would become of one team, in full-time equivalents (FTE)."""

    team: Team
    before: float
    after: float
    ramp_up: float  #: months of work lost while new people work their way in
    tenure: float  #: months of tenure lost with the people who leave
    products: tuple[str, ...] = field(default=())  #: whose money brings the change, largest change first

    @property
    def change(self) -> float:
        """By how many FTE it would grow, or, below zero, shrink."""
        return self.after - self.before

    @property
    def kind(self) -> str:
        """`ends`, `shrinks` or `grows`."""
        if self.after < LEAST:
            return "ends"
        return "grows" if self.change > 0 else "shrinks"

    @property
    def words(self) -> str:
        """What that disrupts, in a sentence."""
        if self.kind == "grows":
            return f"{self.ramp_up:.1f} months of work lost while new people work their way in."
        return f"{self.tenure:.0f} months of tenure lost."


def assumptions() -> list[str]:
    """Return what the figures assume, in sentences."""
    ramp, tenure = settings.TWOFOLD_RAMP_UP_MONTHS, settings.TWOFOLD_TENURE_MONTHS
    return [
        "People follow the money of the products that they work on, in proportion.",
        f"Somebody new is fully effective after {ramp:g} months and half as effective until then on average.",
        f"Somebody who leaves takes their tenure along; beyond {tenure:g} months more of it counts no more.",
    ]


def team_changes(
    before: Mapping[int, float], after: Mapping[int, float], *, on: date, known: datetime | None = None
) -> list[TeamChange]:
    """Return the teams that would change, those that lose most first, given the money of products before and after.

    `before` and `after` are amounts by product id; a product without money before has nobody's share to grow by. Three
    queries, whatever the size.
    """
    factors = {
        product: amount / before[product] - 1
        for product, amount in after.items()
        if before.get(product, 0) > 0 and amount != before[product]
    }
    if not factors:
        return []
    assigned = list(
        Assignment.objects.known(known)
        .current(on)
        .order_by("team", "product")
        .values_list("team_id", "product_id", "product__name", "share")
    )
    size: dict[int, float] = {}
    months: dict[int, float] = {}  # of tenure that counts, each by its FTE
    most = settings.TWOFOLD_TENURE_MONTHS
    for team, fte, starts in Membership.objects.known(known).current(on).values_list("team_id", "fte", "starts"):
        size[team] = size.get(team, 0.0) + float(fte)
        tenure = min((on - starts).days / DAYS_A_MONTH, most)
        months[team] = months.get(team, 0.0) + float(fte) * tenure
    shares: dict[int, float] = {}
    effects: dict[int, list[tuple[float, str]]] = {}
    for team, product, name, share in assigned:
        shares[team] = shares.get(team, 0.0) + float(share)
        if product in factors and team in size:
            effects.setdefault(team, []).append((size[team] * float(share) * factors[product], name))
    teams = Team.objects.in_bulk(effects)
    found = []
    for team, parts in effects.items():
        assigned_fte = size[team] * shares[team]
        change = sum(part for part, _ in parts)
        if abs(change) < LEAST:
            continue
        found.append(
            TeamChange(
                teams[team],
                assigned_fte,
                max(assigned_fte + change, 0.0),
                ramp_up=max(change, 0.0) * settings.TWOFOLD_RAMP_UP_MONTHS / 2,
                tenure=max(-change, 0.0) * months[team] / size[team] if size[team] else 0.0,
                products=tuple(name for _, name in sorted(parts, key=lambda part: -abs(part[0]))),
            )
        )
    return sorted(found, key=lambda one: (one.change, one.team.name))
