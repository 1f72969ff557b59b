"""Two made-up joint roadmaps on the published services, with what was agreed on them and what came of it.

The items are illustrative; the metrics that they were to move, and how these moved since, are the services' own.
"""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from portfolio.common.models import User
from portfolio.common.months import today
from products.catalog.models import Product
from products.roadmaps.baseline_actions import say, take_baseline
from products.roadmaps.comment_actions import add_comment
from products.roadmaps.idea_actions import decline_idea, propose_idea, support_idea
from products.roadmaps.item_actions import add_item, block_item, change_item, ship_item, start_item
from products.roadmaps.models import Horizon, Idea, Item, ItemKind, Review, Roadmap
from products.roadmaps.order_actions import move_item
from products.roadmaps.review_actions import hold_review
from products.roadmaps.roadmap_actions import save_roadmap
from products.value.models import Metric
from teams.models import Team

DRIVING, PLATFORMS = "driving-online", "proving-who-you-are"


class Sketch(NamedTuple):
    """An item: what it promises is the metric's code, from, to at least, to at most, and by when."""

    code: str
    name: str
    description: str
    product: str
    horizon: str
    promise: tuple[str, str, str, str, date] | None
    effort: tuple[str, str]
    team: str = ""
    kind: str = ItemKind.OUTCOME
    starts: date | None = None
    ends: date | None = None
    needs: tuple[str, ...] = ()
    exception: str = ""


NOW, NEXT, LATER = Horizon.values
PLATFORM_ITEMS = (
    Sketch(
        "check-with-passport",
        "Check a driver against their passport photo",
        "Somebody with a passport proves who they are without posting anything.",
        "identity-check", NOW, ("identity-check-passed", "74.4", "77", "82", date(2017, 12, 31)), ("14", "30"),
        team="identity", starts=date(2017, 2, 1), ends=date(2017, 6, 1),
    ),
    Sketch(
        "one-identity-many-services",
        "Prove who you are once, for all services",
        "Whoever has passed once is known to the next service that asks.",
        "identity-check", NEXT, ("identity-check-passed", "74.4", "76", "90", date(2018, 12, 31)), ("20", "60"),
        team="identity", needs=("check-with-passport",),
    ),
)  # fmt: skip
DRIVING_ITEMS = (
    Sketch(
        "tax-by-direct-debit",
        "Pay vehicle tax by Direct Debit",
        "Keepers spread the tax over the year and never have to remember it again.",
        "vehicle-tax", NOW, ("vehicle-tax-digital", "2530000", "2600000", "2750000", date(2016, 3, 31)), ("30", "60"),
        team="vehicle-tax-online", starts=date(2014, 10, 1), ends=date(2015, 4, 1),
    ),
    Sketch(
        "one-page-for-a-sale",
        "Tell us on one page that you sold it",
        "Sellers answer five questions on one page instead of eleven on six.",
        "keeper-changes", NOW, ("keeper-changes-satisfaction", "78.4", "84", "88", date(2016, 12, 31)), ("6", "12"),
        team="vehicle-keepers", kind=ItemKind.QUICK_WIN, starts=date(2016, 1, 4), ends=date(2016, 4, 4),
    ),
    Sketch(
        "address-without-a-number",
        "Change your address without a reference number",
        "Whoever has lost the letter with the number can still tell us that they have moved.",
        "driving-licence-changes", NOW,
        ("driving-licence-changes-satisfaction", "79.5", "79.7", "79.9", date(2016, 9, 30)), ("2", "4"),
        team="driver-licensing", kind=ItemKind.QUICK_WIN, starts=date(2016, 3, 7), ends=date(2016, 5, 2),
    ),
    Sketch(
        "renew-with-passport-photo",
        "Renew a licence with the photo from your passport",
        "Nobody has to be photographed twice, or to post a form.",
        "driving-licence-renewals", NOW,
        ("driving-licence-renewals-digital", "157000", "170000", "195000", date(2018, 3, 31)), ("16", "36"),
        team="driver-licensing", starts=date(2017, 1, 9), ends=date(2017, 7, 1), needs=("check-with-passport",),
    ),
    Sketch(
        "dealers-tell-us-in-bulk",
        "Dealers tell us of many sales at once",
        "A dealer sends one file a day instead of a form for each vehicle.",
        "keeper-changes", NOW, ("keeper-changes-digital", "314000", "360000", "460000", date(2017, 12, 31)),
        ("10", "20"), team="vehicle-keepers", starts=date(2017, 2, 1), ends=date(2017, 5, 15),
    ),
    Sketch(
        "sorn-in-the-same-visit",
        "Take a vehicle off the road in the same visit",
        "Whoever does not tax a vehicle is asked at once whether it is off the road.",
        "sorn", NEXT, ("sorn-digital", "287000", "300000", "330000", date(2018, 3, 31)), ("4", "9"),
        team="vehicle-tax-online", kind=ItemKind.QUICK_WIN,
    ),
    Sketch(
        "change-name-and-address-at-once",
        "Change your address on licence and vehicle at once",
        "People who move tell us once, not twice.",
        "driving-licence-changes", NEXT,
        ("driving-licence-changes-digital", "158000", "175000", "215000", date(2018, 9, 30)), ("12", "34"),
        team="driver-licensing", needs=("one-identity-many-services",),
    ),
    Sketch(
        "refunds-without-asking",
        "Refund vehicle tax without being asked",
        "Whoever sells or scraps a vehicle gets the rest of the tax back by itself.",
        "vehicle-tax-refunds", NEXT, None, ("6", "15"), team="vehicle-tax-online",
        exception="The law asks for it from 2018 on, and no metric of customers is kept for refunds yet.",
    ),
    Sketch(
        "off-the-old-register",
        "Move keepers off the old vehicle register",
        "The register of 1974 can be changed four times a year. Every other item waits for its windows.",
        "keeper-changes", LATER, ("keeper-changes-satisfaction", "81.1", "82", "86", date(2018, 12, 31)),
        ("40", "110"), team="vehicle-keepers", kind=ItemKind.OBSOLESCENCE,
    ),
    Sketch(
        "no-paper-counterpart",
        "Retire the exchange of paper licences",
        "The paper counterpart has no standing in law any more. What is left of it ends.",
        "paper-licence-exchanges", LATER, None, ("3", "8"), kind=ItemKind.RETIRE,
        exception="It ends a service rather than moving a figure of it; its customers go to renewals.",
    ),
    Sketch(
        "ninety-seconds-to-tax",
        "Tax a vehicle in ninety seconds on a phone",
        "Seven in ten keepers come by phone. The pages were drawn for a desk.",
        "vehicle-tax", LATER, ("vehicle-tax-satisfaction", "91.7", "92.5", "95", date(2018, 6, 30)), ("10", "24"),
        team="vehicle-tax-online", kind=ItemKind.PROJECT, starts=date(2017, 9, 1), ends=date(2018, 3, 1),
        needs=("sorn-in-the-same-visit",),
    ),
)  # fmt: skip


def plan() -> None:
    """Make the roadmaps that are not there yet, as they came about: planned, agreed, changed, agreed again."""
    if not Roadmap.objects.filter(code=PLATFORMS).exists():
        _roadmap(
            PLATFORMS,
            "Proving who you are",
            "Whoever can prove once who they are is never asked for paper again.",
            products=["identity-check"],
            business=["leader"],
            technology=["lead"],
            sketches=PLATFORM_ITEMS,
        )
        start_item(Item.objects.get(code="check-with-passport"), on=date(2017, 2, 6), by=None)
    if not Roadmap.objects.filter(code=DRIVING).exists():
        roadmap = _roadmap(
            DRIVING,
            "Driving, wholly online",
            "Three years, from autumn 2014, in which keepers and drivers stop posting forms to Swansea.",
            products=sorted({sketch.product for sketch in DRIVING_ITEMS}),
            business=["partner"],
            technology=["owner", "lead"],
            sketches=DRIVING_ITEMS,
        )
        _agree(roadmap)


def _users(names: list[str]) -> list[User]:
    return [User.objects.get(username=name) for name in names]


def _roadmap(
    code: str, name: str, purpose: str, *, products: list[str], business: list[str], technology: list[str],
    sketches: tuple[Sketch, ...],
) -> Roadmap:  # fmt: skip
    roadmap = save_roadmap(
        Roadmap(code=code, name=name, purpose=purpose, began_on=date(2014, 10, 1), is_illustrative=True),
        products=list(Product.objects.filter(code__in=products)),
        business=_users(business),
        technology=_users(technology),
        by=None,
    )
    champions = {"business_champion": _users(business)[0], "technology_champion": _users(technology)[0]}
    for sketch in sketches:
        add_item(
            Item(roadmap=roadmap, **_facts(sketch), **champions),
            needs=list(Item.objects.filter(code__in=sketch.needs)),
            by=None,
        )
    return roadmap


def _facts(sketch: Sketch) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "code": sketch.code, "name": sketch.name, "description": sketch.description, "horizon": sketch.horizon,
        "kind": sketch.kind, "product": Product.objects.get(code=sketch.product), "exception": sketch.exception,
        "team": Team.objects.get(code=sketch.team) if sketch.team else None, "starts": sketch.starts,
        "ends": sketch.ends, "effort_low": Decimal(sketch.effort[0]), "effort_high": Decimal(sketch.effort[1]),
        "is_illustrative": True,
    }  # fmt: skip
    if sketch.promise:
        metric, start, low, high, by_when = sketch.promise
        facts |= {
            "metric": Metric.objects.get(code=metric), "metric_from": Decimal(start), "metric_low": Decimal(low),
            "metric_high": Decimal(high), "by_when": by_when,
        }  # fmt: skip
    return facts


def _agree(roadmap: Roadmap) -> None:
    """Sign a first baseline, ship, change, sign a second one, and change once more, which voids a signature."""
    owner, partner = _users(["owner", "partner"])
    items = {item.code: item for item in roadmap.items.all()}
    first = take_baseline(roadmap, name="As it began", why="What both sides set out to do.", by=owner)
    say(first, verdict="signed", comment="Keepers first, please: that is where the calls come from.", by=partner)
    say(first, verdict="signed", by=owner)

    ship_item(items["tax-by-direct-debit"], on=date(2015, 4, 1), by=owner)
    ship_item(items["one-page-for-a-sale"], on=date(2016, 4, 4), by=owner)
    ship_item(items["address-without-a-number"], on=date(2016, 5, 1), by=owner)
    start_item(items["renew-with-passport-photo"], on=date(2017, 1, 9), by=owner)
    start_item(items["dealers-tell-us-in-bulk"], on=date(2017, 2, 1), by=owner)
    change_item(
        items["change-name-and-address-at-once"],
        changes={"name": "Change your address on licence and vehicle together"},
        why="Said more plainly.",
        by=owner,
    )
    change_item(
        items["dealers-tell-us-in-bulk"],
        changes={"metric_low": Decimal(340_000), "metric_high": Decimal(400_000)},
        why="Two of the five large dealers will not join before next year.",
        by=owner,
    )
    move_item(
        items["refunds-without-asking"],
        horizon=Horizon.NOW,
        why="The law now asks for it in January rather than in April.",
        by=owner,
    )
    second = take_baseline(roadmap, name="After the first results", why="Before the money of 2017 is split.", by=owner)
    say(second, verdict="signed", by=owner)
    say(
        second,
        verdict="declined",
        comment="We agreed on 360,000 and more. Show what the three others bring, and I will sign.",
        about=["dealers-tell-us-in-bulk"],
        by=partner,
    )

    change_item(
        items["renew-with-passport-photo"],
        changes={"effort_low": Decimal(24), "effort_high": Decimal(60), "ends": date(2017, 10, 1)},
        why="The photo comes from another department's register, and its owner wants a contract first.",
        by=owner,
    )
    block_item(items["renew-with-passport-photo"], blocked_by="No contract yet for photos from passports.", by=owner)


def review() -> None:
    """Talk about the roadmap, have ideas for it, and hold a review; the figures must be rolled up."""
    roadmap = Roadmap.objects.get(code=DRIVING)
    if Review.objects.filter(roadmap=roadmap).exists():
        return
    owner, partner, leader, lead = _users(["owner", "partner", "leader", "lead"])
    dealers = Item.objects.get(code="dealers-tell-us-in-bulk")
    asked = add_comment(
        roadmap, item=dealers, text="@owner What do the three dealers bring that have said yes?", by=partner
    ).comment
    add_comment(roadmap, item=dealers, answers=asked, text="I have asked; @partner has it in April.", by=owner)
    add_comment(
        roadmap,
        item=Item.objects.get(code="renew-with-passport-photo"),
        text="@lead Could we begin with those who renew at seventy? They need no new photo.",
        by=leader,
    )
    by_text = propose_idea(
        Idea(
            roadmap=roadmap,
            name="Remind keepers by text message",
            text="Many find the letter after the tax has run out. A message a week before would save them the fine.",
        ),
        by=lead,
    )
    support_idea(by_text, by=partner)
    on_paper = propose_idea(
        Idea(roadmap=roadmap, name="Bring back the paper disc", text="Some say that they miss it as a reminder."),
        by=partner,
    )
    decline_idea(
        on_paper,
        reason="A reminder is what they miss, not the paper: see the idea of text messages.",
        by=owner,
    )
    hold_review(
        Review(
            roadmap=roadmap,
            held_on=today(),
            present="Nasrin Holloway-Quist\nRuairi Castellan-Ito\nSaoirse Tamblyn-Obi",
            minutes="Made up. Doing without the number did more than anybody had promised. Whether Direct Debit did it "
            "cannot be told from yearly figures. The one page did not: sellers are as satisfied as they were on their "
            "way to be anyhow. Renewals wait for a contract about photos.",
            decisions=[
                {"text": "Get the contract for photos signed, or move renewals to next.", "who": "owner",
                 "due_on": "2017-04-30"},
                {"text": "Ask fifty sellers what they still ring us about.", "who": "partner", "due_on": "2017-05-15"},
            ],
            is_illustrative=True,
        ),
        by=owner,
    )  # fmt: skip
