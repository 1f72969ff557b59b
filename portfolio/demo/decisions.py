"""Two made-up decisions: one a year old, whose predictions are held against what happened, and one that waits."""

from datetime import date
from decimal import Decimal

from portfolio.common.models import User
from portfolio.demo.scenarios import SKETCHES
from portfolio.rebalance import decision_actions, hindsight, scenario_actions
from portfolio.rebalance.models import Decision, Scenario
from products.catalog.models import ValueStream

STARTS = date(2016, 4, 1)
STREAM = "fees-and-charges"
#: By how much a month the old one changed what a product is given, in pounds.
MOVED = {"driving-licence-renewals": -60_000, "number-plate-retentions": 30_000, "number-plate-assignments": 30_000}

OLD = "Illustrative: from licence renewals to number plates"
OLD_WHY = (
    "Made up, to show how a decision is looked back on. Number plates are kept and assigned by post where they could "
    "be online: what the team there costs more should come back as calls that nobody has to make. Renewals have what "
    "they need."
)
WAITING = "Illustrative: more where people already go online"
WAITING_WHY = (
    "Made up, to show a proposal that waits. Each further pound brings more where people already go online than where "
    "they mostly do not."
)


def decide() -> None:
    """Make the decisions that are not there yet; the figures must be rolled up."""
    there = set(Decision.objects.values_list("title", flat=True))
    if OLD not in there:
        _decide_on_number_plates()
    if WAITING not in there:
        _propose_the_first_sketch()


def _decide_on_number_plates() -> None:
    owner, leader, finance = (User.objects.get(username=name) for name in ("owner", "leader", "finance"))
    scenario = scenario_actions.begin_scenario(
        name=OLD,
        note="Made up: what was decided a year ago.",
        starts=STARTS,
        value_stream=ValueStream.objects.get(code="dvla"),
        by=owner,
    )
    lines = {line.product.code: line for line in scenario.lines.filter(stream__code=STREAM).select_related("product")}
    changes = {
        lines[code].pk: {"monthly_amount": lines[code].monthly_amount + Decimal(change)}
        for code, change in MOVED.items()
    }
    edited = scenario_actions.edit(scenario, version=scenario.version, changes=changes, by=owner).scenario
    decision = decision_actions.propose(edited, version=edited.version, title=OLD, why=OLD_WHY, by=owner)
    decision_actions.approve(decision, comment="Number plates wait for it.", by=leader)
    decision_actions.approve(decision, comment="Within the year's budget.", by=finance)
    decision_actions.apply(decision, by=finance)
    scenario_actions.archive(edited, by=owner)
    hindsight.check_due()


def _propose_the_first_sketch() -> None:
    scenario = Scenario.objects.get(name=SKETCHES[0].name)
    decision_actions.propose(
        scenario,
        version=scenario.version,
        title=WAITING,
        why=WAITING_WHY,
        by=User.objects.get(username=SKETCHES[0].by),
    )
