"""A small portfolio with one row of each kind, and people with every role over every part of it.

What may be done is said here a second time, in plain tables, so that the matrix does not ask the rules whether the
rules are kept. Whoever adds a kind of row adds it to KINDS, and a row of it to `World`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Model

from portfolio.common.models import Grant, User
from portfolio.rollup.models import InvariantReport, Run
from products.value.models import Celebration, Metric
from teams.models import Person
from tests import factories as make

LEADER, OWNER, PARTNER, FINANCE, TEAM_LEAD = ROLES = (
    "leader",
    "product_owner",
    "business_partner",
    "finance_partner",
    "team_lead",
)
LATER = date(2026, 6, 1)
IN_FORCE = date(2026, 2, 1)  # a day on which the world's allocation holds
#: A new service of the world's team.
CATALOGUE = (
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: new}\nspec: {type: service, owner: ours}\n"
)


@dataclass(frozen=True)
class Kind:
    """Who writes a kind of row: the roles, and over what besides the whole portfolio they can be held to cover it."""

    writers: tuple[str, ...]
    covered_by: tuple[str, ...] = ()  #: of "stream", "product" and "team", each covering the row
    added_by: tuple[str, ...] | None = None  #: over what they cover a new row beside it; as `covered_by` by default
    begun_by: tuple[str, ...] | None = None  #: over what a form for one is offered; as `added_by` by default
    is_secret: bool = False  #: whether who may not write it may not read it either
    is_open: bool = False  #: whether whoever is signed in may add one, with any role or none

    def may_write(self, role: str, scope: str) -> bool:
        """Return whether this role over this scope covers the world's row of this kind."""
        return role in self.writers and (scope == "whole" or scope in self.covered_by)

    def may_add(self, role: str, scope: str) -> bool:
        """Return whether it covers the new row of `World.new`."""
        added_by = self.covered_by if self.added_by is None else self.added_by
        return role in self.writers and (scope == "whole" or scope in added_by)

    def may_begin(self, role: str, scope: str) -> bool:
        """Return whether it lets somebody add such a row somewhere, be it elsewhere: whether there is a form."""
        scope = scope.removeprefix("other ")
        if self.begun_by is None:
            return self.may_add(role, scope)
        return role in self.writers and (scope == "whole" or scope in self.begun_by)


PRODUCT = ("stream", "product")
KINDS: dict[str, Kind] = {
    "catalog.valuestream": Kind((LEADER,), ("stream",)),
    # A role over a product says nothing of new products.
    "catalog.product": Kind((LEADER, OWNER), PRODUCT, added_by=("stream",)),
    "catalog.segment": Kind((LEADER, OWNER, PARTNER), PRODUCT),
    "catalog.insight": Kind((LEADER, OWNER, PARTNER, TEAM_LEAD), PRODUCT),
    "catalog.theme": Kind((LEADER, OWNER, PARTNER, TEAM_LEAD), PRODUCT),
    "catalog.feedbackform": Kind((LEADER, OWNER), PRODUCT, added_by=("stream",), begun_by=PRODUCT),
    "catalog.feedback": Kind((LEADER, OWNER, PARTNER), PRODUCT, is_open=True),
    "catalog.assignment": Kind((LEADER, TEAM_LEAD), (*PRODUCT, "team")),
    "teams.discipline": Kind((LEADER, FINANCE)),
    # Somebody in a team is its lead's; somebody new is nobody's yet, so any team's lead may add them.
    "teams.person": Kind((LEADER, TEAM_LEAD), ("team",), added_by=("team", "other team")),
    "teams.team": Kind((LEADER, TEAM_LEAD), ("team",), added_by=()),
    "teams.membership": Kind((LEADER, TEAM_LEAD), ("team",)),
    "teams.absence": Kind((LEADER, TEAM_LEAD), ("team",)),
    "teams.thanks": Kind((LEADER, TEAM_LEAD), ("team",), is_open=True),
    "teams.rate": Kind((FINANCE,), is_secret=True),
    "value.metric": Kind((LEADER, OWNER), PRODUCT),
    "value.observation": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    "value.valuation": Kind((LEADER, OWNER, PARTNER), PRODUCT),
    "value.confirmation": Kind((LEADER, OWNER, PARTNER, FINANCE), PRODUCT),
    "value.score": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    "value.sharedoutcome": Kind((LEADER, TEAM_LEAD), ("team",)),
    "value.exposure": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    "roadmaps.roadmap": Kind((LEADER, OWNER), PRODUCT),
    "roadmaps.item": Kind((LEADER, OWNER), PRODUCT),
    "roadmaps.interest": Kind((LEADER, OWNER), PRODUCT),
    "roadmaps.experiment": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    "roadmaps.baseline": Kind((LEADER, OWNER), PRODUCT),
    "roadmaps.review": Kind((LEADER, OWNER), PRODUCT),
    "roadmaps.comment": Kind((LEADER, OWNER), PRODUCT, is_open=True),
    "roadmaps.idea": Kind((LEADER, OWNER), PRODUCT, is_open=True),
    "health.process": Kind((LEADER,), ("stream",)),
    "health.service": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.component": Kind((LEADER, TEAM_LEAD), ("team",)),
    "health.part": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.dependency": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.oncall": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.supportdate": Kind((LEADER, TEAM_LEAD)),
    "health.objective": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.measurement": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.requirement": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.evidence": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.journey": Kind((LEADER, OWNER), PRODUCT),
    "health.step": Kind((LEADER, OWNER), PRODUCT),
    "health.passage": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    "health.failuremode": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.drill": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.incident": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.impact": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "health.deliveryevent": Kind((LEADER, OWNER, TEAM_LEAD), (*PRODUCT, "team")),
    "funding.fundingstream": Kind((LEADER, FINANCE)),
    "funding.allocation": Kind((LEADER, FINANCE), PRODUCT),
    "funding.ledgerentry": Kind((FINANCE,), PRODUCT),
    "funding.exchangerate": Kind((FINANCE,)),
    "funding.guardrail": Kind((LEADER, FINANCE)),
    "funding.waiver": Kind((LEADER, FINANCE)),
    "funding.commitment": Kind((LEADER, FINANCE), PRODUCT),
    "funding.transfer": Kind((LEADER, FINANCE)),
    "funding.carryforward": Kind((LEADER, FINANCE)),
    "funding.periodclose": Kind((FINANCE,)),
    "network.link": Kind((LEADER, OWNER), PRODUCT),
    "network.usage": Kind((LEADER, OWNER, TEAM_LEAD), PRODUCT),
    # There is one of a product: the new one is of the product beside.
    # Whoever covers every product that it changes.
    "rebalance.decision": Kind((LEADER, FINANCE), PRODUCT),
    "rebalance.elasticity": Kind((LEADER, OWNER, FINANCE), PRODUCT, added_by=("stream",), begun_by=PRODUCT),
    "rebalance.scenario": Kind((LEADER, OWNER, FINANCE), ("stream",)),
    "rollup.run": Kind((LEADER, FINANCE)),
    "rollup.invariantreport": Kind((LEADER, FINANCE)),
}


@dataclass(frozen=True)
class Someone:
    """Who asks: a user with one role over one scope; without a role, a special case."""

    name: str
    role: str
    scope: str
    user: User | None

    def __str__(self) -> str:
        return self.name


class World:
    """The rows by the kind they are of, and the people."""

    def __init__(self) -> None:
        top = make.make_value_stream(code="top")
        self.stream = make.make_value_stream(code="below", parent=top)
        elsewhere = make.make_value_stream(code="elsewhere")
        self.product = make.make_product(code="here", value_stream=self.stream)
        make.make_product(code="beside", value_stream=self.stream)
        # Beside it in the same stream would be covered by the stream; this one is covered by nothing.
        other = make.make_product(code="there", value_stream=elsewhere)
        # At the other end of links, where nobody has a role: either end would cover the link.
        far = make.make_value_stream(code="far")
        linked, metered, _ = (make.make_product(code=code, value_stream=far) for code in ("linked", "metered", "free"))
        self.team, other_team = make.make_team(code="ours"), make.make_team(code="theirs")
        discipline, person = make.make_discipline(code="engineering"), make.make_person(code="ada")
        segment = make.make_segment(code="drivers", product=self.product)
        metric = make.make_metric(code="renewals", product=self.product)
        stream = make.make_stream(code="fees")
        partner = make.make_user()
        self.member = Someone("a member of the roadmap", "", "", partner)
        self.roadmap = make.make_roadmap(code="ahead", products=[self.product], business=[partner])
        # A second one, so that there is something to freeze besides the baseline that stands.
        make.make_item(roadmap=make.make_roadmap(code="unfrozen", products=[self.product]))
        item = make.make_item(code="by-phone", roadmap=self.roadmap, metric=metric)
        retiring = make.make_item(code="no-more-paper", roadmap=self.roadmap, metric=None, kind="retire")
        self.valuation = make.make_valuation(metric=metric, ends=LATER)
        # A second one, so that a confirmation can be added besides the one that stands.
        self.unconfirmed = make.make_valuation(metric=make.make_metric(code="calls", product=self.product))
        self.rows = {
            "catalog.valuestream": self.stream,
            "catalog.product": self.product,
            "catalog.segment": segment,
            "catalog.insight": make.make_insight(product=self.product, segment=segment),
            "catalog.assignment": make.make_assignment(team=self.team, product=self.product, ends=LATER),
            "teams.discipline": discipline,
            "teams.person": person,
            "teams.team": self.team,
            "teams.membership": make.make_membership(person=person, team=self.team, discipline=discipline, ends=LATER),
            "teams.rate": make.make_rate(discipline=discipline, ends=LATER),
            "value.metric": metric,
            "value.observation": make.make_observation(metric=metric),
            "value.valuation": self.valuation,
            "value.confirmation": make.make_confirmation(valuation=self.valuation),
            "roadmaps.roadmap": self.roadmap,
            "roadmaps.item": item,
            "roadmaps.interest": retiring,  # an interest is settled on the page of the item that retires it
            "roadmaps.experiment": make.make_experiment(item=item),
            "roadmaps.baseline": make.make_baseline(self.roadmap),
            "roadmaps.review": make.make_review(roadmap=self.roadmap),
            "roadmaps.comment": make.make_comment(roadmap=self.roadmap),
            "roadmaps.idea": make.make_idea(roadmap=self.roadmap),
            "funding.fundingstream": stream,
            "funding.allocation": make.make_allocation(stream=stream, product=self.product, ends=LATER),
            "funding.ledgerentry": make.make_ledger_entry(product=self.product, stream=stream),
            "funding.exchangerate": make.make_exchange_rate(),
            # Its waiver is of another one, since a rule that is waived cannot be retracted.
            "funding.guardrail": make.make_guardrail(name="most-on-one", owner=person, ends=LATER),
            "funding.waiver": make.make_waiver(
                guardrail=make.make_guardrail(name="waived", owner=person), person=person, ends=LATER
            ),
            "funding.commitment": make.make_commitment(product=self.product, stream=stream),
            "funding.transfer": make.make_transfer(from_stream=stream, to_stream=make.make_stream(code="levy")),
            "funding.carryforward": make.make_carry_forward(stream=stream),
            "network.link": make.make_link(supplier=self.product, consumer=linked),
            "network.usage": make.make_usage(supplier=self.product, consumer=metered),
            "rebalance.elasticity": make.make_elasticity(product=self.product),
            "rebalance.decision": make.make_decision(value_stream=self.stream, starts=IN_FORCE),
            "rebalance.scenario": make.make_scenario(value_stream=self.stream, starts=IN_FORCE),
            "rollup.run": Run.objects.create(cause="a test", started_at="2026-06-01T00:00Z", seed=1),
            "rollup.invariantreport": InvariantReport.objects.create(cause="a test", has_held=True),
        }
        self.rows |= self._behind_the_value(person, metric)
        self.rows["funding.periodclose"] = make.make_close(month=date(2026, 1, 1))
        scopes = {
            "whole": {},
            "stream": {"value_stream": top},
            "product": {"product": self.product},
            "team": {"team": self.team},
            "other stream": {"value_stream": elsewhere},
            "other product": {"product": other},
            "other team": {"team": other_team},
        }
        self.people = list(self._people(scopes))
        #: What the API takes for actions that are about no new row.
        self.bodies = {
            "catalogue-imports-list": {
                "format": "backstage",
                "product": "here",
                "files": [{"name": "catalog.yaml", "text": CATALOGUE}],
            },
            "move": {"horizon": "now"},
            "reorder": {"roadmap": "ahead", "horizon": "later", "items": ["no-more-paper", "by-phone"]},
            "start": {},
            "block": {"blocked_by": "No test data."},
            "ship": {},
            "drop": {"why": "Too dear."},
            "settle": {"key": "link:0", "goes_to": "Nowhere."},
            "keep": {"text": "It was easy."},
        }

    def _behind_the_value(self, person: Person, metric: Metric) -> dict[str, Model]:
        """Return the rows of teams, customers and services."""
        service = make.make_service(code="tax-online", product=self.product, owner=self.team)
        journey = make.make_journey(code="taxing", product=self.product, metric=metric)
        component = make.make_component(code="database", owner=self.team)
        # Others, for rows of which there is one of each pair or day.
        make.make_component(code="runtime", owner=self.team)
        make.make_service(code="payments", product=self.product, owner=self.team)
        make.make_feedback_form(product=self.product)
        satisfaction = make.make_metric(
            code="satisfaction", product=self.product, behaviour="level", unit="of 5", asks="satisfaction"
        )
        step = make.make_step(journey=journey, service=service)
        objective = make.make_objective(code="answers", service=service)
        requirement = make.make_requirement(code="restored", service=service)
        failure_mode = make.make_failure_mode(code="overload", service=service)
        incident = make.make_incident(code="outage", service=service)
        return {
            "catalog.theme": make.make_theme(code="reference-number", product=self.product),
            "catalog.feedbackform": self.product.feedback_form,
            "catalog.feedback": make.make_feedback(form=self.product.feedback_form),
            "teams.absence": make.make_absence(person=person),
            "teams.thanks": make.make_thanks(team=self.team),
            "value.score": make.make_score(metric=satisfaction),
            "value.sharedoutcome": make.make_shared_outcome(team=self.team, metric=metric, ends=LATER),
            "value.celebration": Celebration.objects.create(metric=metric, target=1, value=2, observed_on=IN_FORCE),
            "value.exposure": make.make_exposure(product=self.product),
            "health.process": make.make_process(code="taxation", value_stream=self.stream),
            "health.service": service,
            "health.component": component,
            "health.part": make.make_part(service=service, component=component),
            "health.dependency": make.make_dependency(service=service, needs=make.make_service(code="identity")),
            "health.oncall": make.make_on_call(service=service, team=self.team, ends=LATER),
            "health.supportdate": make.make_support_date(),
            "health.objective": objective,
            "health.measurement": make.make_measurement(objective=objective),
            "health.requirement": requirement,
            "health.evidence": make.make_evidence(requirement=requirement),
            "health.journey": journey,
            "health.step": step,
            "health.passage": make.make_passage(journey=journey),
            "health.failuremode": failure_mode,
            "health.drill": make.make_drill(failure_mode=failure_mode),
            "health.incident": incident,
            "health.impact": make.make_impact(incident=incident, metric=metric),
            "health.deliveryevent": make.make_delivery_event(service=service),
        }

    def _people(self, scopes: dict[str, dict]) -> Iterator[Someone]:
        for role in ROLES:
            for scope, over in scopes.items():
                name = f"{role} of {scope}"
                user = User.objects.create(username=name.replace(" ", "-"), password="!")
                Grant.objects.create(user=user, role=role, **over)
                yield Someone(name, role, scope, user)
        yield Someone("somebody without a role", "", "", User.objects.create(username="nobody", password="!"))
        gone = User.objects.create(username="gone", password="!", is_active=False)
        Grant.objects.create(user=gone, role=LEADER)
        yield Someone("a leader who left", "", "", gone)
        yield Someone("nobody signed in", "", "", None)

    def new(self, kind: str) -> dict:
        """Return what the API takes for a new row of a kind, where the world's row of that kind is."""
        return {
            "catalog.valuestream": {"code": "new", "name": "New", "parent": "below"},
            "catalog.product": {"code": "new", "name": "New", "value_stream": "below"},
            "catalog.segment": {"code": "new", "name": "New", "product": "here"},
            "catalog.insight": {
                "product": "here", "said_on": "2026-01-02", "kind": "interview", "text": "Slow.", "source": "Study",
            },
            "catalog.assignment": {"team": "ours", "product": "here", "share": "0.1", "starts": "2026-06-01"},
            "teams.discipline": {"code": "new", "name": "New"},
            "teams.person": {"code": "new", "name": "New"},
            "teams.team": {"code": "new", "name": "New"},
            "teams.membership": {
                "person": "ada", "team": "ours", "discipline": "engineering", "fte": "0.5", "starts": "2026-06-01",
            },
            "catalog.theme": {"code": "new", "name": "New", "product": "here"},
            "catalog.feedbackform": {"code": "new", "name": "New", "product": "beside"},
            "catalog.feedback": {"form": self.product.feedback_form.code, "satisfaction": 5, "text": "Quick."},
            "teams.absence": {"person": "ada", "starts": "2026-06-01", "ends": "2026-06-08"},
            "teams.thanks": {"team": "ours", "text": "Well done."},
            "value.score": {
                "metric": "satisfaction", "starts": "2026-06-01", "ends": "2026-07-01", "answers": 20, "mean": "4.1",
                "deviation": "0.8", "source": "Survey",
            },
            "value.sharedoutcome": {"team": "ours", "metric": "renewals", "starts": "2026-06-01"},
            "value.exposure": {"product": "here", "flag": "new-page", "share": "0.5", "starts": "2026-06-01"},
            "health.process": {"code": "new", "name": "New", "value_stream": "below"},
            "health.service": {"code": "new", "name": "New", "product": "here", "owner": "ours"},
            "health.component": {"code": "new", "name": "New", "owner": "ours"},
            "health.part": {"service": "tax-online", "component": "runtime", "starts": "2026-06-01"},
            "health.dependency": {"service": "tax-online", "needs": "payments", "starts": "2026-06-01"},
            "health.oncall": {
                "service": "tax-online", "team": "ours", "hours_a_week": "40", "starts": "2026-06-01",
            },
            "health.supportdate": {
                "product": "python", "cycle": "3.11", "ends": "2027-10-31", "source": "endoflife.date",
            },
            "health.objective": {"code": "new", "name": "New", "service": "tax-online", "target": "0.99"},
            "health.measurement": {
                "objective": "answers", "starts": "2026-06-01", "ends": "2026-06-02", "good": 9, "total": 10,
            },
            "health.requirement": {
                "code": "new", "name": "New", "service": "tax-online", "kind": "security", "statement": "No holes.",
            },
            "health.evidence": {
                "requirement": "restored", "verified_on": "2026-02-01", "expires_on": "2027-02-01", "source": "Test",
            },
            "health.journey": {"code": "new", "name": "New", "product": "here"},
            "health.step": {
                "journey": "taxing", "position": 2, "name": "Done", "service": "tax-online", "starts": "2026-06-01",
            },
            "health.passage": {
                "journey": "taxing", "position": 1, "month": "2026-02-01", "entered": 9, "completed": 8,
            },
            "health.failuremode": {"code": "new", "name": "New", "service": "tax-online", "effect": "Nobody can pay."},
            "health.drill": {"failure_mode": "overload", "held_on": "2026-02-01"},
            "health.incident": {
                "code": "new", "name": "New", "service": "tax-online", "started_at": "2026-02-01T10:00Z",
            },
            "health.impact": {
                "incident": "outage", "metric": "renewals", "starts": "2026-02-01", "ends": "2026-02-02", "lost": "5",
            },
            "health.deliveryevent": {
                "service": "tax-online", "kind": "deployment", "happened_at": "2026-02-01T10:00Z", "reference": "v2",
            },
            "teams.rate": {"discipline": "engineering", "monthly_amount": "9000.00", "starts": "2026-06-01"},
            "value.metric": {"code": "new", "name": "New", "product": "here", "behaviour": "flow", "unit": "calls"},
            "value.observation": {
                "metric": "renewals", "starts": "2026-06-01", "ends": "2026-06-02", "value": "5",
            },
            "value.valuation": {
                "metric": "renewals", "low": "1", "high": "2", "evidence": "asserted", "asserted_by": "Ada",
                "source": "A judgement", "starts": "2026-06-01",
            },
            "value.confirmation": {"valuation": self.unconfirmed.pk, "comment": "Yes."},
            "roadmaps.baseline": {"roadmap": "unfrozen", "why": "To sign it."},
            "roadmaps.comment": {"roadmap": "ahead", "text": "Is this so?"},
            "roadmaps.experiment": {
                "item": "by-phone", "concluded_on": "2026-01-02", "effect": "4", "standard_error": "2", "source": "A",
            },
            "roadmaps.signoff": {"baseline": self.rows["roadmaps.baseline"].pk, "verdict": "signed"},
            "roadmaps.review": {"roadmap": "ahead", "held_on": "2026-03-02", "present": "Ada", "minutes": "Well."},
            "roadmaps.idea": {"roadmap": "ahead", "name": "By text message", "text": "Remind them."},
            "funding.fundingstream": {"code": "new", "name": "New"},
            "funding.allocation": {
                "stream": "fees", "product": "here", "monthly_amount": "10.00", "starts": "2026-06-01",
            },
            "funding.ledgerentry": {
                "reference": "new", "product": "here", "starts": "2026-06-01", "ends": "2026-06-02", "amount": "10.00",
            },
            "funding.exchangerate": {"currency": "SEK", "rate": "0.1", "starts": "2026-06-01"},
            "funding.guardrail": {
                "name": "new", "owner": "ada", "kind": "stage", "stage": "explore", "bound": "least", "share": "0.05",
                "starts": "2026-06-01", "why": "Tomorrow needs a beginning.",
            },
            "funding.waiver": {
                "guardrail": "waived", "person": "ada", "starts": "2026-06-01", "ends": "2026-07-01", "why": "A while.",
            },
            "funding.commitment": {
                "reference": "new", "product": "here", "starts": "2026-06-01", "ends": "2026-06-02", "amount": "10.00",
            },
            "funding.transfer": {
                "from_stream": "levy", "to_stream": "fees", "moved_on": "2026-06-01", "amount": "10.00", "why": "Help.",
            },
            "funding.carryforward": {"stream": "levy", "year": "2026-01-01", "amount": "10.00", "why": "Late."},
            "funding.periodclose": {"month": "2026-02"},
            "network.link": {"supplier": "here", "consumer": "free", "share": "0.1", "starts": "2026-06-01"},
            "network.usage": {"supplier": "here", "consumer": "metered", "month": "2026-02", "quantity": "5"},
            "rebalance.elasticity": {"product": "beside", "low": "0.2", "high": "0.6", "why": "A judgement"},
            "rebalance.scenario": {"name": "New", "value_stream": "below", "starts": "2026-02-01"},
            "roadmaps.roadmap": {
                "code": "new", "name": "New", "products": ["here"], "business": ["nobody"],
                "technology": ["leader-of-whole"],
            },
            "roadmaps.item": {
                "code": "new", "roadmap": "ahead", "product": "here", "name": "New", "exception": "It is the law.",
                "effort_low": "1", "effort_high": "2", "business_champion": "nobody",
                "technology_champion": "leader-of-whole",
            },
            "rollup.run": {},
        }[kind]  # fmt: skip
