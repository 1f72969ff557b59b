"""Who may write what: the one place that says it.

Reading is open to whoever is signed in (rates of pay excepted: see `teams.models.Rate`). Writing takes a
role, held over the whole portfolio, a value stream (and all below it), a product or a team. `WRITERS` names
the roles for each kind of row; each model says by `scope_*` where the product, stream or team is found that
the role must cover. Pages, API and imports all come through `writable` (the check in the query) and
`require` (the check in the action).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from portfolio.common.errors import NotAllowed


class Role(models.TextChoices):
    """The parts people play."""

    LEADER = "leader", "Leader"
    PRODUCT_OWNER = "product_owner", "Product owner"
    BUSINESS_PARTNER = "business_partner", "Business partner"
    FINANCE_PARTNER = "finance_partner", "Finance partner"
    TEAM_LEAD = "team_lead", "Team lead"


_LEADER, _OWNER, _PARTNER, _FINANCE, _TEAM = Role

#: The roles that may write each kind of row. A kind that is not here cannot be written by anyone.
WRITERS: dict[str, frozenset[Role]] = {
    "catalog.valuestream": frozenset({_LEADER}),
    "catalog.product": frozenset({_LEADER, _OWNER}),
    "catalog.segment": frozenset({_LEADER, _OWNER, _PARTNER}),
    "catalog.insight": frozenset({_LEADER, _OWNER, _PARTNER, _TEAM}),
    "catalog.theme": frozenset({_LEADER, _OWNER, _PARTNER, _TEAM}),
    "catalog.feedbackform": frozenset({_LEADER, _OWNER}),
    "catalog.feedback": frozenset({_LEADER, _OWNER, _PARTNER}),
    "catalog.assignment": frozenset({_LEADER, _TEAM}),
    "teams.discipline": frozenset({_LEADER, _FINANCE}),
    "teams.person": frozenset({_LEADER, _TEAM}),
    "teams.team": frozenset({_LEADER, _TEAM}),
    "teams.membership": frozenset({_LEADER, _TEAM}),
    "teams.absence": frozenset({_LEADER, _TEAM}),
    "teams.thanks": frozenset({_LEADER, _TEAM}),
    "teams.rate": frozenset({_FINANCE}),
    "value.metric": frozenset({_LEADER, _OWNER}),
    "value.observation": frozenset({_LEADER, _OWNER, _TEAM}),
    "value.valuation": frozenset({_LEADER, _OWNER, _PARTNER}),
    "value.confirmation": frozenset({_LEADER, _OWNER, _PARTNER, _FINANCE}),
    "value.score": frozenset({_LEADER, _OWNER, _TEAM}),
    "value.sharedoutcome": frozenset({_LEADER, _TEAM}),
    "value.exposure": frozenset({_LEADER, _OWNER, _TEAM}),
    "roadmaps.roadmap": frozenset({_LEADER, _OWNER}),
    "roadmaps.item": frozenset({_LEADER, _OWNER}),
    "roadmaps.interest": frozenset({_LEADER, _OWNER}),
    "roadmaps.experiment": frozenset({_LEADER, _OWNER, _TEAM}),
    "roadmaps.baseline": frozenset({_LEADER, _OWNER}),
    "roadmaps.review": frozenset({_LEADER, _OWNER}),
    "roadmaps.comment": frozenset({_LEADER, _OWNER}),
    "roadmaps.idea": frozenset({_LEADER, _OWNER}),
    "health.process": frozenset({_LEADER}),
    "health.service": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.component": frozenset({_LEADER, _TEAM}),
    "health.part": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.dependency": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.oncall": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.supportdate": frozenset({_LEADER, _TEAM}),
    "health.objective": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.measurement": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.requirement": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.evidence": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.journey": frozenset({_LEADER, _OWNER}),
    "health.step": frozenset({_LEADER, _OWNER}),
    "health.passage": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.failuremode": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.drill": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.incident": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.impact": frozenset({_LEADER, _OWNER, _TEAM}),
    "health.deliveryevent": frozenset({_LEADER, _OWNER, _TEAM}),
    "funding.fundingstream": frozenset({_LEADER, _FINANCE}),
    "funding.allocation": frozenset({_LEADER, _FINANCE}),
    "funding.ledgerentry": frozenset({_FINANCE}),
    "funding.exchangerate": frozenset({_FINANCE}),
    "funding.guardrail": frozenset({_LEADER, _FINANCE}),
    "funding.waiver": frozenset({_LEADER, _FINANCE}),
    "funding.commitment": frozenset({_LEADER, _FINANCE}),
    "funding.transfer": frozenset({_LEADER, _FINANCE}),
    "funding.carryforward": frozenset({_LEADER, _FINANCE}),
    "funding.periodclose": frozenset({_FINANCE}),
    "network.link": frozenset({_LEADER, _OWNER}),
    "network.usage": frozenset({_LEADER, _OWNER, _TEAM}),
    "rebalance.elasticity": frozenset({_LEADER, _OWNER, _FINANCE}),
    "rebalance.scenario": frozenset({_LEADER, _OWNER, _FINANCE}),
    "rebalance.decision": frozenset({_LEADER, _FINANCE}),
    "rollup.run": frozenset({_LEADER, _FINANCE}),
    "rollup.invariantreport": frozenset({_LEADER, _FINANCE}),
}

#: The kinds that whoever is signed in may add; what becomes of a row is up to the roles above.
OPEN_TO_ALL = frozenset({"roadmaps.comment", "roadmaps.idea", "teams.thanks", "catalog.feedback"})


@dataclass(frozen=True)
class Reach:
    """What a user's grants of some roles cover."""

    is_everything: bool = False
    products: frozenset[int] = field(default_factory=frozenset)
    streams: frozenset[int] = field(default_factory=frozenset)
    teams: frozenset[int] = field(default_factory=frozenset)

    @property
    def is_nothing(self) -> bool:
        """Whether no grant of these roles is held at all."""
        return not (self.is_everything or self.products or self.streams or self.teams)


class Scoped:
    """Says where a row's product, value stream and team are found; with none, only whole-portfolio roles count."""

    scope_products: tuple[str, ...] = ()  #: paths to a product, such as "metric__product"; "" is the row itself
    scope_streams: tuple[str, ...] = ()  #: paths to a value stream that is not reached through a product
    scope_teams: tuple[str, ...] = ()  #: paths to a team
    scope_moves: tuple[str, ...] = ()  #: relations to a value stream whose change takes a role over both ends

    @classmethod
    def conditions(cls, covered: Reach) -> list[Q]:
        """Return the conditions, any of which puts a stored row within reach."""
        return [
            *(Q(**{_join(path, "id__in"): covered.products}) for path in cls.scope_products if covered.products),
            *(
                Q(**{_join(path, "value_stream_id__in"): covered.streams})
                for path in cls.scope_products
                if covered.streams
            ),
            *(Q(**{_join(path, "id__in"): covered.streams}) for path in cls.scope_streams if covered.streams),
            *(Q(**{_join(path, "id__in"): covered.teams}) for path in cls.scope_teams if covered.teams),
        ]

    def is_within(self, covered: Reach) -> bool:
        """Return whether this row, as it stands in memory, is within reach."""
        products = [found for path in self.scope_products if (found := _follow(self, path)) is not None]
        streams = [found for path in self.scope_streams if (found := _follow(self, path)) is not None]
        teams = [found for path in self.scope_teams if (found := _follow(self, path)) is not None]
        return (
            any(product.pk in covered.products or product.value_stream_id in covered.streams for product in products)
            or any(stream.pk in covered.streams for stream in streams)
            or any(team.pk in covered.teams for team in teams)
        )

    def is_own(self, user: Any) -> bool:
        """Return whether this row is the user's own to change, whatever their roles; most kinds are nobody's own."""
        return False

    @classmethod
    def may_begin(cls, covered: Reach) -> bool:
        """Return whether a new row could be within reach: a role over a row that stands says nothing of new ones."""
        return bool(
            (covered.products and any(cls.scope_products))
            or (covered.streams and (cls.scope_products or any(cls.scope_streams)))
            or (covered.teams and any(cls.scope_teams))
        )


def reach(user: Any, roles: frozenset[Role]) -> Reach:
    """Return what `user`'s grants of `roles` cover; the grants are read once a request, in one query."""
    if not user.is_authenticated or not user.is_active:
        return Reach()
    if user.is_superuser:
        return Reach(is_everything=True)
    grants = [grant for grant in user.held_grants if grant.role in roles]
    if any(grant.is_whole_portfolio for grant in grants):
        return Reach(is_everything=True)
    streams = {grant.value_stream_id for grant in grants if grant.value_stream_id}
    return Reach(
        products=frozenset(grant.product_id for grant in grants if grant.product_id),
        streams=frozenset(apps.get_model("catalog.ValueStream").objects.subtree(streams)) if streams else frozenset(),
        teams=frozenset(grant.team_id for grant in grants if grant.team_id),
    )


def writers_of(model: type[models.Model]) -> frozenset[Role]:
    """Return the roles that may write rows of `model`."""
    return WRITERS.get(model._meta.label_lower, frozenset())


def _join(path: str, name: str) -> str:
    return f"{path}__{name}" if path else name


def writable(queryset, user):
    """Return the rows of `queryset` that `user` may change: the check in the query."""
    covered = reach(user, writers_of(queryset.model))
    if covered.is_everything:
        return queryset
    if covered.is_nothing or not issubclass(queryset.model, Scoped):
        return queryset.none()
    conditions = queryset.model.conditions(covered)
    return queryset.filter(reduce(or_, conditions)) if conditions else queryset.none()


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__") if path else ():
        row = getattr(row, name, None)
        if row is None:
            return None
    return row


def may_write(user: Any, row: models.Model) -> bool:
    """Return whether `user`'s roles cover `row` as it stands in memory, saved or not."""
    covered = reach(user, writers_of(type(row)))
    if covered.is_everything:
        return True
    if not isinstance(row, Scoped):
        return False
    if user.is_authenticated and user.is_active and row.is_own(user):
        return True
    return not covered.is_nothing and row.is_within(covered)


def may_add(user: Any, model: type[models.Model]) -> bool:
    """Return whether `user` may add a row of `model` somewhere: whether to offer the form at all."""
    if model._meta.label_lower in OPEN_TO_ALL and user.is_authenticated and user.is_active:
        return True
    covered = reach(user, writers_of(model))
    if covered.is_everything:
        return True
    return not covered.is_nothing and issubclass(model, Scoped) and model.may_begin(covered)


def require(user: Any, row: models.Model) -> None:
    """Raise NotAllowed unless `user`'s roles cover `row`."""
    if may_write(user, row):
        return
    roles = ", ".join(sorted(role.label.lower() for role in writers_of(type(row)))) or "nobody"
    raise NotAllowed(
        f"You may not change this {row._meta.verbose_name}. It takes one of these roles over it: {roles}. "
        "Ask a leader to grant it."
    )


def require_new(user: Any, row: models.Model) -> None:
    """Raise NotAllowed unless `user` may add `row`: by their roles, or because whoever is signed in may."""
    if not (row._meta.label_lower in OPEN_TO_ALL and may_add(user, type(row))):
        require(user, row)


def require_all(user: Any, rows: Sequence[models.Model]) -> None:
    """Raise NotAllowed unless `user`'s roles cover every row, all of one kind; what they cover is read once."""
    if not rows:
        return
    covered = reach(user, writers_of(type(rows[0])))
    for row in rows:
        if not covered.is_everything and not (isinstance(row, Scoped) and row.is_within(covered)):
            require(user, row)


def require_move(user: Any, stored: models.Model, row: models.Model) -> None:
    """Raise NotAllowed where `row` moves to another value stream unless `user`'s roles cover both.

    Otherwise whoever owns a part could carry it into figures that others answer for. The top of the tree, where
    there is no stream, belongs to the roles of the whole portfolio.
    """
    covered = reach(user, writers_of(type(row)))
    for name in row.scope_moves:
        ends = {getattr(stored, f"{name}_id"), getattr(row, f"{name}_id")}
        if len(ends) > 1 and not covered.is_everything and not ends <= covered.streams:
            before, after = (getattr(one, name) or "the top" for one in (stored, row))
            raise NotAllowed(
                f"Moving {row} from {before} to {after} takes a role over both. "
                "Ask a leader of the whole portfolio, or leave it where it is."
            )
