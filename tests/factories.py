"""Rows for tests: each function makes one valid row through the real actions, with only what the test names set.

`make_product(code="tax")` and so on. Related rows are made when they are not given. Roles are given by
`make_user("leader", product=...)`; a recorded row is recorded by `by=user`, else by the operator.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from funding.models import (
    Allocation,
    CarryForward,
    Commitment,
    ExchangeRate,
    FundingStream,
    Guardrail,
    LedgerEntry,
    PeriodClose,
    Transfer,
    Waiver,
)
from portfolio.common import actions
from portfolio.common.models import Grant, User
from portfolio.network.models import Link, Usage
from portfolio.rebalance.decision_actions import propose
from portfolio.rebalance.models import Decision, Elasticity, Scenario
from portfolio.rebalance.scenario_actions import begin_scenario, edit
from portfolio.rollup import closing
from portfolio.rollup.actions import refresh_standings
from products.catalog.models import (
    Assignment,
    Feedback,
    FeedbackForm,
    Insight,
    Product,
    Segment,
    Theme,
    ValueStream,
)
from products.health import models as health
from products.roadmaps.baseline_actions import take_baseline
from products.roadmaps.item_actions import add_item
from products.roadmaps.models import Baseline, Comment, Experiment, Idea, Item, Review, Roadmap
from products.roadmaps.roadmap_actions import save_roadmap
from products.value.models import (
    Behaviour,
    Confirmation,
    Evidence,
    Exposure,
    Metric,
    Observation,
    Score,
    SharedOutcome,
    Valuation,
)
from products.value.score_actions import record_score
from teams.models import Absence, Discipline, Membership, Person, Rate, Team, Thanks

_numbers = count(1)
START = date(2026, 1, 1)


def _described(model, defaults: dict, given: dict):
    fields = {"code": f"{model._meta.model_name}-{next(_numbers)}"} | defaults | given
    fields.setdefault("name", fields["code"].replace("-", " ").capitalize())
    return actions.save(model(**fields), by=None)


def _recorded(model, defaults: dict, given: dict):
    by = given.pop("by", None)
    return actions.record(model(**(defaults | given)), by=by)


def make_user(*roles: str, **scope) -> User:
    """Make a user who holds `roles` over `value_stream=`, `product=` or `team=`, or over the whole portfolio."""
    number = next(_numbers)
    user = User.objects.create_user(f"user-{number}", f"user-{number}@example.org", "correct horse battery")
    for role in roles:
        Grant.objects.create(user=user, role=role, **scope)
    return user


def make_value_stream(**given) -> ValueStream:
    return _described(ValueStream, {}, given)


def make_product(**given) -> Product:
    if "value_stream" not in given:
        given["value_stream"] = make_value_stream()
    return _described(Product, {}, given)


def make_segment(**given) -> Segment:
    if "product" not in given:
        given["product"] = make_product()
    return _described(Segment, {"size": 1000, "size_basis": "Census"}, given)


def make_insight(**given) -> Insight:
    if "product" not in given:
        given["product"] = make_product()
    defaults = {"said_on": START, "kind": "interview", "text": "It took too long.", "source": "Study 1"}
    return _recorded(Insight, defaults, given)


def make_discipline(**given) -> Discipline:
    return _described(Discipline, {}, given)


def make_person(**given) -> Person:
    return _described(Person, {}, given)


def make_team(**given) -> Team:
    return _described(Team, {}, given)


def make_membership(**given) -> Membership:
    for name, make in (("person", make_person), ("team", make_team), ("discipline", make_discipline)):
        if name not in given:
            given[name] = make()
    return _recorded(Membership, {"fte": Decimal("1.00"), "starts": START}, given)


def make_rate(**given) -> Rate:
    if "discipline" not in given:
        given["discipline"] = make_discipline()
    return _recorded(Rate, {"monthly_amount": Decimal("8000.00"), "starts": START}, given)


def make_assignment(**given) -> Assignment:
    for name, make in (("team", make_team), ("product", make_product)):
        if name not in given:
            given[name] = make()
    return _recorded(Assignment, {"share": Decimal("1"), "starts": START}, given)


def make_metric(**given) -> Metric:
    if "product" not in given:
        given["product"] = make_product()
    return _described(Metric, {"behaviour": Behaviour.FLOW, "unit": "renewals"}, given)


def make_observation(**given) -> Observation:
    """Make an observation; without `ends` it is for one day."""
    if "metric" not in given:
        given["metric"] = make_metric()
    given.setdefault("starts", START)
    given.setdefault("ends", given["starts"] + timedelta(days=1))
    return _recorded(Observation, {"value": Decimal("100")}, given)


def make_valuation(**given) -> Valuation:
    if "metric" not in given:
        given["metric"] = make_metric()
    defaults = {
        "low": Decimal("1"),
        "high": Decimal("4"),
        "evidence": Evidence.ASSERTED,
        "asserted_by": "A partner",
        "source": "A judgement",
        "starts": START,
    }
    return _recorded(Valuation, defaults, given)


def make_confirmation(**given) -> Confirmation:
    """Make a confirmation; without `by=` it is a leader's."""
    if "valuation" not in given:
        given["valuation"] = make_valuation()
    if "by" not in given:
        given["by"] = make_user("leader")
    return _recorded(Confirmation, {"comment": "I checked the source."}, given)


def make_stream(**given) -> FundingStream:
    return _described(FundingStream, {}, given)


def make_allocation(**given) -> Allocation:
    for name, make in (("stream", make_stream), ("product", make_product)):
        if name not in given:
            given[name] = make()
    return _recorded(Allocation, {"monthly_amount": Decimal("1000.00"), "starts": START}, given)


def make_guardrail(**given) -> Guardrail:
    """Make a guardrail; without a kind it is the most that any one product gets."""
    if "owner" not in given:
        given["owner"] = make_person()
    if not {"amount", "share"} & set(given):
        given["amount"] = Decimal("1000000.00")
    defaults = {
        "name": f"guardrail-{next(_numbers)}",
        "kind": "product",
        "bound": "most",
        "starts": START,
        "why": "No product is too large to fail.",
    }
    return _recorded(Guardrail, defaults, given)


def make_waiver(**given) -> Waiver:
    """Make a waiver of a guardrail, given by itself or by name; without `ends` it is for 90 days."""
    if "guardrail" not in given:
        given["guardrail"] = make_guardrail()
    if isinstance(given["guardrail"], Guardrail):
        given["guardrail"] = given["guardrail"].name
    if "person" not in given:
        given["person"] = make_person()
    given.setdefault("starts", START)
    given.setdefault("ends", given["starts"] + timedelta(days=90))
    return _recorded(Waiver, {"why": "Until the new service has settled."}, given)


def make_exchange_rate(**given) -> ExchangeRate:
    return _recorded(ExchangeRate, {"currency": "EUR", "rate": Decimal("0.85"), "starts": START}, given)


def make_ledger_entry(**given) -> LedgerEntry:
    """Make a ledger entry; without `ends` it is for one day."""
    if "product" not in given:
        given["product"] = make_product()
    given.setdefault("starts", START)
    given.setdefault("ends", given["starts"] + timedelta(days=1))
    return _recorded(LedgerEntry, {"reference": f"L-{next(_numbers)}", "amount": Decimal("100.00")}, given)


def make_commitment(**given) -> Commitment:
    """Make a commitment; without `ends` it is for one day."""
    if "product" not in given:
        given["product"] = make_product()
    given.setdefault("starts", START)
    given.setdefault("ends", given["starts"] + timedelta(days=1))
    return _recorded(Commitment, {"reference": f"C-{next(_numbers)}", "amount": Decimal("100.00")}, given)


def make_transfer(**given) -> Transfer:
    for name in ("from_stream", "to_stream"):
        if name not in given:
            given[name] = make_stream()
    return _recorded(Transfer, {"moved_on": START, "amount": Decimal("100.00"), "why": "It is needed there."}, given)


def make_carry_forward(**given) -> CarryForward:
    """Make a carry-forward into the calendar year, which is the fiscal one of tests."""
    if "stream" not in given:
        given["stream"] = make_stream()
    return _recorded(CarryForward, {"year": START, "amount": Decimal("100.00"), "why": "It came late."}, given)


def make_link(**given) -> Link:
    for name in ("supplier", "consumer"):
        if name not in given:
            given[name] = make_product()
    return _recorded(Link, {"share": Decimal("0.25"), "starts": START}, given)


def make_usage(**given) -> Usage:
    """Make usage; the link it needs is made too, unless there is one or nobody inside consumes."""
    given.setdefault("month", START)
    if "supplier" not in given:
        given["supplier"] = make_product()
    consumer = given.setdefault("consumer", None)
    linked = Link.objects.known().current(given["month"]).filter(supplier=given["supplier"], consumer=consumer)
    if consumer and not linked.exists():
        make_link(supplier=given["supplier"], consumer=consumer, share=0, starts=given["month"])
    return _recorded(Usage, {"quantity": Decimal("10")}, given)


def make_elasticity(**given) -> Elasticity:
    """Make a product's elasticity, or with `stage=` the default of a stage."""
    if "product" not in given and "stage" not in given:
        given["product"] = make_product()
    defaults = {"low": Decimal("0.200"), "high": Decimal("0.600"), "why": "A judgement of the owner."}
    return _recorded(Elasticity, defaults, given)


def make_scenario(**given) -> Scenario:
    """Make a scenario from the allocations of a day, of which there is at least one; without `by=` it is a leader's."""
    given.setdefault("starts", date(2026, 7, 1))
    if not Allocation.objects.known().current(given["starts"]).exists():
        make_allocation()
    return begin_scenario(
        **({"name": f"Scenario {next(_numbers)}", "by": given.pop("by", None) or make_user("leader")} | given)
    )


def make_decision(**given) -> Decision:
    """Propose a scenario that gives its first line ten more a month; without `by=` a leader does, who is no one else.

    `title` and `why` are those of the proposal; all else is of the scenario.
    """
    by = given.pop("by", None) or make_user("leader")
    words = {name: given.pop(name, default) for name, default in (("title", "Ten more"), ("why", "It returns more."))}
    scenario = make_scenario(by=by, **given)
    line = scenario.lines.order_by("pk").first()
    changes = {line.pk: {"monthly_amount": line.monthly_amount + 10}}
    scenario = edit(scenario, version=scenario.version, changes=changes, by=by).scenario
    return propose(scenario, version=scenario.version, by=by, **words)


def make_close(**given) -> PeriodClose:
    """Close a month, and all before it, once its figures are up to date; returns the close of that month."""
    refresh_standings()
    return closing.close_through(given.pop("month", START), by=given.pop("by", None), **given)[-1]


def make_roadmap(**given) -> Roadmap:
    """Make a roadmap of `products=`, one new one by default, with a member on each side unless they are named."""
    products = given.pop("products", None) or [make_product()]
    business, technology = given.pop("business", None), given.pop("technology", None)
    number = next(_numbers)
    fields = {"code": f"roadmap-{number}", "name": f"Roadmap {number}", "began_on": START} | given
    return save_roadmap(
        Roadmap(**fields),
        products=products,
        business=business or [make_user()],
        technology=technology or [make_user()],
        by=None,
    )


def make_item(**given) -> Item:
    """Make an item of `roadmap=`, with the promise to move a metric of its product from 100 to 120-140 a month.

    `metric=None` makes an exception; members of the roadmap champion it.
    """
    if "roadmap" not in given:
        given["roadmap"] = make_roadmap()
    roadmap, number, needs = given["roadmap"], next(_numbers), given.pop("needs", ())
    product = given.setdefault("product", roadmap.products.order_by("pk").first())
    if "metric" not in given:
        given["metric"] = make_metric(product=product)
    defaults = {
        "code": f"item-{number}",
        "name": f"Item {number}",
        "effort_low": Decimal(4),
        "effort_high": Decimal(8),
        "business_champion": roadmap.members.filter(side="business").first().user,
        "technology_champion": roadmap.members.filter(side="technology").first().user,
    }
    if given["metric"] is None:
        defaults["exception"] = "The contract asks for it."
    else:
        defaults |= {
            "metric_from": Decimal(100),
            "metric_low": Decimal(120),
            "metric_high": Decimal(140),
            "by_when": date(2026, 12, 31),
        }
    return add_item(Item(**(defaults | given)), needs=needs, by=None)


def make_baseline(roadmap: Roadmap | None = None, **given) -> Baseline:
    """Freeze a roadmap; one with an item by default."""
    return take_baseline(roadmap or make_item().roadmap, **({"by": None} | given))


def make_review(**given) -> Review:
    if "roadmap" not in given:
        given["roadmap"] = make_roadmap()
    return _recorded(Review, {"held_on": START, "present": "Ada\nGrace", "minutes": "All is well."}, given)


def make_experiment(**given) -> Experiment:
    if "item" not in given:
        given["item"] = make_item()
    defaults = {"concluded_on": START, "effect": Decimal(10), "standard_error": Decimal(4), "source": "Test 1"}
    return _recorded(Experiment, defaults, given)


def make_idea(**given) -> Idea:
    if "roadmap" not in given:
        given["roadmap"] = make_roadmap()
    if "by" not in given:
        given["by"] = make_user()
    return Idea.objects.create(**({"name": "Renew by phone", "text": "Many ask for it."} | given))


def make_comment(**given) -> Comment:
    if "roadmap" not in given:
        given["roadmap"] = make_roadmap()
    if "by" not in given:
        given["by"] = make_user()
    return Comment.objects.create(**({"text": "Is this so?"} | given))


# -- Teams, customers, and what stands behind the value ----------------------------------------------------------------


def make_absence(**given) -> Absence:
    if "person" not in given:
        given["person"] = make_person()
    return _recorded(Absence, {"starts": START, "ends": START + timedelta(days=14)}, given)


def make_thanks(**given) -> Thanks:
    if "team" not in given and "person" not in given:
        given["team"] = make_team()
    return _recorded(Thanks, {"text": "You made it easy."}, given)


def make_theme(**given) -> Theme:
    if "product" not in given:
        given["product"] = make_product()
    return _described(Theme, {"summary": "The reference number is hard to find."}, given)


def make_feedback_form(**given) -> FeedbackForm:
    if "product" not in given:
        given["product"] = make_product()
    return _described(FeedbackForm, {}, given)


def make_feedback(**given) -> Feedback:
    if "form" not in given:
        given["form"] = make_feedback_form()
    return Feedback.objects.create(**({"satisfaction": 4, "is_done": True, "text": "It went well."} | given))


def make_score(**given) -> Score:
    if "metric" not in given:
        given["metric"] = make_metric(behaviour=Behaviour.LEVEL, unit="of 5", asks="satisfaction")
    answers = {"mean": Decimal("4.2"), "deviation": Decimal("0.9")} if given["metric"].asks != "completion" else {}
    defaults = {"starts": START, "ends": START + timedelta(days=31), "answers": 40, "source": "Survey 1", **answers}
    if not answers:
        defaults["completed"] = 36
    by = given.pop("by", None)
    return record_score(Score(**(defaults | given)), by=by)


def make_shared_outcome(**given) -> SharedOutcome:
    for name, make in (("team", make_team), ("metric", make_metric)):
        if name not in given:
            given[name] = make()
    return _recorded(SharedOutcome, {"starts": START}, given)


def make_exposure(**given) -> Exposure:
    if "product" not in given:
        given["product"] = make_product()
    return _recorded(Exposure, {"flag": "new-form", "share": Decimal("0.25"), "starts": START}, given)


def make_process(**given) -> health.Process:
    return _described(health.Process, {}, given)


def make_service(**given) -> health.Service:
    if "product" not in given:
        given["product"] = make_product()
    return _described(health.Service, {}, given)


def make_component(**given) -> health.Component:
    return _described(health.Component, {"kind": "database", "version": "9.6"}, given)


def make_part(**given) -> health.Part:
    for name, make in (("service", make_service), ("component", make_component)):
        if name not in given:
            given[name] = make()
    return _recorded(health.Part, {"starts": START}, given)


def make_dependency(**given) -> health.Dependency:
    for name in ("service", "needs"):
        if name not in given:
            given[name] = make_service()
    return _recorded(health.Dependency, {"starts": START}, given)


def make_on_call(**given) -> health.OnCall:
    for name, make in (("service", make_service), ("team", make_team)):
        if name not in given:
            given[name] = make()
    return _recorded(health.OnCall, {"hours_a_week": Decimal(40), "starts": START}, given)


def make_support_date(**given) -> health.SupportDate:
    defaults = {"product": "postgresql", "cycle": "9.6", "ends": date(2026, 11, 11), "source": "endoflife.date"}
    return _recorded(health.SupportDate, defaults, given)


def make_objective(**given) -> health.Objective:
    if "service" not in given:
        given["service"] = make_service()
    return _described(health.Objective, {"target": Decimal("0.99")}, given)


def make_measurement(**given) -> health.Measurement:
    if "objective" not in given:
        given["objective"] = make_objective()
    starts = given.setdefault("starts", START)
    defaults = {"ends": starts + timedelta(days=1), "good": 995, "total": 1000}
    return _recorded(health.Measurement, defaults, given)


def make_requirement(**given) -> health.Requirement:
    if "service" not in given:
        given["service"] = make_service()
    defaults = {"kind": "recovery_time", "statement": "Restored within 4 hours.", "baselined_on": START}
    return _described(health.Requirement, defaults, given)


def make_evidence(**given) -> health.Evidence:
    if "requirement" not in given:
        given["requirement"] = make_requirement()
    defaults = {"verified_on": START, "expires_on": date(2027, 1, 1), "source": "Restore test 3"}
    return _recorded(health.Evidence, defaults, given)


def make_journey(**given) -> health.Journey:
    if "product" not in given:
        given["product"] = make_product()
    return _described(health.Journey, {"availability": Decimal("0.99"), "response_ms": 2000}, given)


def make_step(**given) -> health.Step:
    for name, make in (("journey", make_journey), ("service", make_service)):
        if name not in given:
            given[name] = make()
    return _recorded(health.Step, {"position": 1, "name": "Pay", "starts": START}, given)


def make_passage(**given) -> health.Passage:
    """Make a passage of a step of `journey=`; without one, of a new journey's first step."""
    if "journey" not in given:
        given["journey"] = make_step().journey
    return _recorded(health.Passage, {"position": 1, "month": START, "entered": 1000, "completed": 900}, given)


def make_failure_mode(**given) -> health.FailureMode:
    if "service" not in given:
        given["service"] = make_service()
    return _described(health.FailureMode, {"effect": "Nobody can pay."}, given)


def make_drill(**given) -> health.Drill:
    if "failure_mode" not in given:
        given["failure_mode"] = make_failure_mode()
    return _recorded(health.Drill, {"held_on": START, "minutes": 20}, given)


def make_incident(**given) -> health.Incident:
    if "service" not in given:
        given["service"] = make_service()
    defaults = {
        "started_at": datetime(2026, 1, 10, 9, tzinfo=UTC),
        "restored_at": datetime(2026, 1, 10, 12, tzinfo=UTC),
    }
    return _described(health.Incident, defaults, given)


def make_impact(**given) -> health.Impact:
    for name, make in (("incident", make_incident), ("metric", make_metric)):
        if name not in given:
            given[name] = make()
    defaults = {"starts": date(2026, 1, 10), "ends": date(2026, 1, 11), "lost": Decimal(20)}
    return _recorded(health.Impact, defaults, given)


def make_delivery_event(**given) -> health.DeliveryEvent:
    if "service" not in given:
        given["service"] = make_service()
    defaults = {"kind": "deployment", "happened_at": datetime(2026, 1, 5, 9, tzinfo=UTC), "reference": "v1"}
    return _recorded(health.DeliveryEvent, defaults, given)
