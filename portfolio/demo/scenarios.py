"""Two made-up scenarios on the published money: one of the whole, one of a value stream, by the people who would."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portfolio.common.models import User
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.models import Scenario
from products.catalog.models import ValueStream

STARTS = date(2017, 4, 1)


class Sketch(NamedTuple):
    """A scenario: by whom, of which value stream, and by how much a month products' main lines change."""

    name: str
    note: str
    by: str
    value_stream: str
    changes: dict[str, int]
    locked: tuple[str, ...] = ()


SKETCHES = (
    Sketch(
        "Illustrative: more where people already go online",
        "Made up. Moves three quarters of a million a month from services that return little for each further pound "
        "to three that return more. To see what a leader would look at first.",
        "leader",
        "",
        {
            "vehicle-tax": 340_000,
            "self-assessment": 180_000,
            "land-register-copies": 230_000,
            "land-register-updates": -460_000,
            "national-insurance": -220_000,
            "trade-mark-applications": -70_000,
        },
    ),
    Sketch(
        "Illustrative: within driving, from renewals to tax",
        "Made up. Stays within DVLA: what its owner could propose alone.",
        "owner",
        "dvla",
        {"vehicle-tax": 200_000, "keeper-changes": 140_000, "driving-licence-renewals": -340_000},
        ("vehicle-certificate-changes",),
    ),
)


def begin_scenarios() -> None:
    """Begin the scenarios that are not there yet, each with its changes as one step."""
    there = set(Scenario.objects.values_list("name", flat=True))
    for sketch in SKETCHES:
        if sketch.name not in there:
            _begin(sketch)


def _begin(sketch: Sketch) -> None:
    by = User.objects.get(username=sketch.by)
    scenario = actions.begin_scenario(
        name=sketch.name,
        note=sketch.note,
        starts=STARTS,
        value_stream=ValueStream.objects.get(code=sketch.value_stream) if sketch.value_stream else None,
        by=by,
    )
    main = {}
    # The largest line of a product comes last, and stays.
    for line in scenario.lines.select_related("product").order_by("monthly_amount", "pk"):
        main[line.product.code] = line
    changes: dict[int, dict] = {
        main[code].pk: {"monthly_amount": main[code].monthly_amount + Decimal(change)}
        for code, change in sketch.changes.items()
    }
    changes |= {main[code].pk: {"is_locked": True} for code in sketch.locked}
    actions.edit(scenario, version=1, changes=changes, by=by)
