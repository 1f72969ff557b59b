"""From a proposal to a decision: propose, approve, decline, withdraw, apply, revert.

Each locks the decision's row first, so of two people who act at once one finds what the other did. What a proposal
froze is written once, when it is proposed; afterwards only its status, its approvals and what came of it are added.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from funding.actions import Change as NewAmount
from funding.actions import change_allocations
from funding.guardrails import GuardrailBroken
from funding.models import Allocation, FundingStream
from portfolio.common import access, formats
from portfolio.common.afterwards import checked_together
from portfolio.common.errors import Moved, NotAllowed, TwofoldError
from portfolio.common.models import User
from portfolio.common.months import today
from portfolio.rebalance import approvals, ground, guarded, predictions
from portfolio.rebalance.changes import Change
from portfolio.rebalance.freezing import digest_of
from portfolio.rebalance.ground import GroundMoved
from portfolio.rebalance.models import Approval, Decision, DecisionLine, Scenario, ScenarioLine, Status
from products.catalog.models import Product


class ProposalRefused(TwofoldError):
    """A scenario that cannot be proposed as it is."""


class ScenarioChanged(Moved):
    """The scenario moved on since it was looked at."""

    def __init__(self, scenario: Scenario, version: int):
        self.found = {"version": scenario.version}
        super().__init__(
            f"{scenario} is at version {scenario.version}, and you looked at version {version}. Look at what changed, "
            "then propose it again."
        )


class NotOpen(TwofoldError):
    """The decision is past the step that was asked for."""


@transaction.atomic
def propose(
    scenario: Scenario, *, version: int, title: str, why: str, by: User, alternatives: Sequence[Scenario] = ()
) -> Decision:
    """Freeze a scenario as it is at `version` and put it to those who must approve it.

    What is frozen are the amounts that differ, from what stands on the day it starts; predictions for 1, 2 and 4
    quarters; guardrails and waivers; the alternatives; and what all of it rests on. The scenario may go on being
    edited. Proposing counts as the proposer's own approval, in a role that they hold over all of it. `alternatives`
    are other scenarios that were considered: what each would have brought is kept beside it. Refused, with all of
    them, where it breaks guardrails that no waiver lets go. Repeating it makes a second proposal.
    """
    held = Scenario.objects.select_for_update(of=("self",)).select_related("value_stream").get(pk=scenario.pk)
    access.require(by, held)
    if held.version != version:
        raise ScenarioChanged(held, version)
    changes = _changes(held)
    if not changes:
        raise ProposalRefused(
            f"{held} changes no amount from {formats.day_name(held.starts)} on. Move some money first; to leave all as "
            "it is takes no decision."
        )
    decision = Decision(
        title=title,
        why=why,
        scenario=held,
        scenario_version=held.version,
        value_stream=held.value_stream,
        starts=held.starts,
        proposed_by=by,
    )
    others = {str(other): _changes(other) for other in alternatives if other.pk != held.pk}
    return _freeze(decision, changes, others)


def _changes(scenario: Scenario) -> list[Change]:
    """Return the amounts that a scenario changes, from what stands on its day, where that differs from its own."""
    lines = [
        line
        for line in ScenarioLine.objects.filter(scenario=scenario)
        .select_related("stream", "product__value_stream")
        .order_by("stream_id", "product_id")
        if line.monthly_amount != line.base_amount
    ]
    return _from_ground([(line.stream, line.product, line.monthly_amount) for line in lines], scenario.starts)


def _from_ground(wanted: Sequence[tuple[FundingStream, Product, Decimal]], starts: date) -> list[Change]:
    stands = ground.standing_amounts([(stream.pk, product.pk) for stream, product, _ in wanted], starts)
    changes = [
        Change(stream, product, stands[stream.pk, product.pk].amount, after)
        for stream, product, after in wanted
        if stands[stream.pk, product.pk].amount != after
    ]
    if later := [found for found in ground.differences(changes, starts) if found]:
        raise ProposalRefused(
            f"{' '.join(later)} An amount that is already agreed for a later day would undo the decision then: start "
            "the scenario on or after that day, or retract that allocation first."
        )
    return changes


def _freeze(
    decision: Decision, changes: Sequence[Change], others: Mapping[str, Sequence[Change]] | None = None
) -> Decision:
    """Write a proposal with its lines, its predictions and the proposer's own approval."""
    decision.known_at = decision.proposed_at = timezone.now()
    decision.full_clean(exclude=["digest"])
    found, broken = guarded.outcomes(changes, decision.starts)
    if broken:
        raise ProposalRefused(
            f"{' '.join(broken)} Change the amounts, or have the rule waived for a while, with a reason and an end."
        )
    ahead = predictions.outlook(
        changes, starts=decision.starts, value_stream=decision.value_stream, others=dict(others or {})
    )
    decision.run, decision.seed = ahead.run, ahead.seed
    decision.frozen = ahead.frozen | {"guardrails": guarded.frozen(found)}
    decision.save()
    predictions.write(decision, ahead.rows)
    DecisionLine.objects.bulk_create(
        [
            DecisionLine(
                decision=decision,
                stream=change.stream,
                product=change.product,
                before=change.before,
                after=change.after,
            )
            for change in changes
        ]
    )
    decision.digest = digest_of(Decision.objects.get(pk=decision.pk))
    decision.save(update_fields=["digest"])
    products = list({change.product_id: change.product for change in changes}.values())
    held = approvals.roles_over(decision.proposed_by, products)
    if held:
        Approval.objects.create(
            decision=decision, by=decision.proposed_by, role=held[0], is_approval=True, comment="Proposed it."
        )
    return decision


# -- Yes and no ------------------------------------------------------------------------------------------------------


@transaction.atomic
def approve(decision: Decision, *, comment: str = "", by: User) -> Decision:
    """Say yes to a proposal. Once a leader and a finance partner over all of it have, it is approved.

    Saying it twice is refused, the proposer's own approval is their proposal.
    """
    held = _held(decision, {Status.PROPOSED, Status.APPROVED}, "approved")
    if held.proposed_by_id == by.pk:
        raise NotAllowed(
            "You proposed this: that counts as your own approval, where you hold a role for it. Somebody else must "
            "approve it as well."
        )
    _require_first(held, by)
    role = approvals.take_place(held, by, approvals.changed_products(held))
    if role is None:
        raise _not_covered(held)
    Approval.objects.create(decision=held, by=by, role=role, is_approval=True, comment=comment)
    if not approvals.missing(held.approvals.all()):
        held.status = Status.APPROVED
        held.save(update_fields=["status"])
    return _as(decision, held)


@transaction.atomic
def decline(decision: Decision, *, comment: str, by: User) -> Decision:
    """Say no to a proposal, which ends it. It takes a role that could have approved it, and a reason."""
    held = _held(decision, {Status.PROPOSED, Status.APPROVED}, "declined")
    if held.proposed_by_id == by.pk:
        raise NotAllowed("You proposed this: withdraw it instead.")
    if not comment.strip():
        raise ValidationError({"comment": "Say why: whoever proposed it needs to know what to change."})
    roles = approvals.roles_over(by, approvals.changed_products(held))
    if not roles:
        raise _not_covered(held)
    # Who approved it may think again: their yes stays readable beside what they say now.
    if not held.approvals.filter(by=by).exists():
        Approval.objects.create(decision=held, by=by, role=roles[0], is_approval=False, comment=comment)
    return _end(decision, held, Status.DECLINED, comment, by)


@transaction.atomic
def withdraw(decision: Decision, *, why: str, by: User) -> Decision:
    """Take a proposal back, which whoever proposed it may do until it is applied."""
    held = _held(decision, {Status.PROPOSED, Status.APPROVED}, "withdrawn")
    if held.proposed_by_id != by.pk:
        raise NotAllowed(f"{held.proposed_by} proposed this, and may withdraw it. You may decline it, with a reason.")
    if not why.strip():
        raise ValidationError({"why": "Say why it is withdrawn."})
    return _end(decision, held, Status.WITHDRAWN, why, by)


def _end(decision: Decision, held: Decision, status: Status, why: str, by: User) -> Decision:
    held.status, held.ended_by, held.ended_at, held.ended_why = status, by, timezone.now(), why
    held.save(update_fields=["status", "ended_by", "ended_at", "ended_why"])
    return _as(decision, held)


# -- Applying --------------------------------------------------------------------------------------------------------


@transaction.atomic
def apply(decision: Decision, *, by: User) -> Decision:
    """Change all allocations of an approved decision, in this one transaction or not at all.

    Refused, with GroundMoved, where anything it rests on has moved since it was proposed. Applying it a second time is
    refused in words, and changes nothing. It takes a role over all that it changes.
    """
    held = _held(decision, {Status.APPROVED}, "applied")
    access.require(by, held)
    lines = list(
        held.lines.select_related("stream", "product__value_stream").order_by("stream_id", "product_id")
    )  # one order for all: two decisions that share streams wait for each other, and never both
    list(
        FundingStream.objects.select_for_update()
        .filter(pk__in={line.stream_id for line in lines})
        .order_by("pk")
        .values_list("pk")
    )
    if moved := ground.differences(lines, held.starts):
        raise GroundMoved(moved)
    try:
        with checked_together():  # the guardrails hold the split as a whole: half of a move may break one
            made = change_allocations(
                [NewAmount(line.stream, line.product, line.after) for line in lines],
                starts=held.starts,
                why=f"Decision {held.pk}: {held.title}",
                by=by,
            )
    except GuardrailBroken as error:
        raise GroundMoved([breach.words for breach in error.breaches]) from error
    _link(lines, made, held.starts)
    held.status, held.applied_by, held.applied_at = Status.APPLIED, by, timezone.now()
    held.save(update_fields=["status", "applied_by", "applied_at"])
    # Only whoever holds the row of the one that reverts it comes here.
    Decision.objects.filter(pk=held.reverts_id, status=Status.APPLIED).update(status=Status.REVERTED)
    return _as(decision, held)


def _link(lines: Sequence[DecisionLine], made: Sequence[Allocation], starts: date) -> None:
    """Point each line to the allocation that came of it; where money stops there is none."""
    recorded = {(row.stream_id, row.product_id): row for row in made if row.starts == starts}
    for line in lines:
        line.allocation = recorded.get((line.stream_id, line.product_id))
    DecisionLine.objects.bulk_update(lines, ["allocation"], batch_size=500)


@transaction.atomic
def revert(decision: Decision, *, why: str, by: User, starts: date | None = None) -> Decision:
    """Propose to give every amount back that an applied decision changed, from a day on: today, or the first it can.

    It is a decision of its own: it starts from the amounts that stand now, is approved by the same roles, and once it
    is applied the first one counts as reverted. Only one such proposal is open at a time.
    """
    held = _held(decision, {Status.APPLIED}, "reverted")
    access.require(by, held)
    if not why.strip():
        raise ValidationError({"why": "Say why it is taken back."})
    open_one = Decision.objects.filter(reverts=held, status__in=[Status.PROPOSED, Status.APPROVED]).first()
    if open_one:
        raise NotOpen(f"To revert it is proposed already: see decision {open_one.pk}, {open_one}.")
    day = max(starts or today(), held.starts)
    lines = held.lines.select_related("stream", "product__value_stream").order_by("stream_id", "product_id")
    changes = _from_ground([(line.stream, line.product, line.before) for line in lines], day)
    if not changes:
        raise ProposalRefused("Every amount is already what it was before this decision. There is nothing to revert.")
    title = f"Revert: {held.title}"
    made = Decision(
        title=title[:120], why=why, value_stream=held.value_stream, starts=day, proposed_by=by, reverts=held
    )
    return _freeze(made, changes)


# -- What all of them need ---------------------------------------------------------------------------------------------


def _held(decision: Decision, statuses: set[Status], done: str) -> Decision:
    """Return the decision with its row locked, where it is in one of these statuses."""
    # Alone: a row that is joined to it would be as it was before the wait, such as who applied it meanwhile.
    held = Decision.objects.select_for_update().get(pk=decision.pk)
    if held.status not in statuses:
        raise NotOpen(f"{_where(held)} It cannot be {done} now.")
    return held


def _where(decision: Decision) -> str:
    """Say in a sentence where a decision stands."""
    match decision.status:
        case Status.APPLIED:
            return f"This was applied by {decision.applied_by} on {_day(decision.applied_at)}; all of it is in force."
        case Status.REVERTED:
            return "This was applied, and reverted by a later decision."
        case Status.DECLINED:
            return f"This was declined by {decision.ended_by} on {_day(decision.ended_at)}."
        case Status.WITHDRAWN:
            return f"This was withdrawn by {decision.ended_by} on {_day(decision.ended_at)}."
        case Status.APPROVED:
            return "This is approved, and waits to be applied."
    products = approvals.changed_products(decision)
    needed = approvals.needed_in_words(decision, list(decision.approvals.select_related("by")), products)
    return f"This is not approved yet: it needs {' and '.join(needed)}."


def _day(moment) -> str:
    return formats.day_name(timezone.localtime(moment).date())


def _require_first(decision: Decision, by: User) -> None:
    said = decision.approvals.filter(by=by).first()
    if said:
        raise NotOpen("You have approved this already." if said.is_approval else "You have declined this already.")


def _not_covered(decision: Decision) -> NotAllowed:
    return NotAllowed(
        "This takes the role of a leader or a finance partner over every product that it changes: "
        f"{', '.join(map(str, approvals.changed_products(decision)[:10]))}. Ask a leader to grant it."
    )


def _as(decision: Decision, held: Decision) -> Decision:
    """Bring the caller's row to what is stored now, and return it."""
    for name in ("status", "applied_by", "applied_at", "ended_by", "ended_at", "ended_why"):
        setattr(decision, name, getattr(held, name))
    return decision
