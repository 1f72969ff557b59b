"""A decision for readers: its lines by value stream, what was predicted, and what came of it, as known at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from portfolio.common.filters import MomentField
from portfolio.common.models import User
from portfolio.rebalance import approvals, hindsight
from portfolio.rebalance.freezing import digest_of
from portfolio.rebalance.models import Approval, Decision, DecisionLine, Measure, Prediction, Status
from products.catalog.models import Product, ValueStream


@dataclass(frozen=True)
class Group:
    """The lines of one value stream."""

    value_stream: ValueStream
    lines: list[DecisionLine]


@dataclass(frozen=True)
class Subject:
    """What is predicted of one thing, by measure: the whole, a product, or a metric."""

    name: str
    measure: str
    estimator: str
    rows: list[hindsight.Told]
    product: Product | None = None


@dataclass(frozen=True)
class May:
    """What the reader may do with it now."""

    approve: bool = False
    decline: bool = False
    withdraw: bool = False
    apply: bool = False
    revert: bool = False


@dataclass(frozen=True)
class Read:
    """All that the page of a decision shows."""

    decision: Decision
    state: str
    groups: list[Group]
    products: list[Product]
    approvals: list[Approval]
    needed: list[str]
    whole: list[Subject]
    parts: list[Subject]
    next_check: Prediction | None
    reverts: list[Decision]
    is_intact: bool  #: whether what it froze still has the digest that it had

    @property
    def has_outcomes(self) -> bool:
        """Whether anything has been looked at."""
        return any(told.row.outcome is not None for subject in (*self.whole, *self.parts) for told in subject.rows)


def read(decision: Decision, *, at: datetime | None = None) -> Read:
    """Return a decision, a row of `as_at`, with all that was known of it at the moment."""
    lines = list(
        decision.lines.select_related("stream", "product__value_stream", "allocation").order_by(
            "product__value_stream__name", "product__name", "stream__name", "pk"
        )
    )
    said = decision.approvals.select_related("by")
    predictions = decision.predictions.select_related("product", "metric").order_by("quarters", "pk")
    if at is not None:
        said = said.filter(at__lte=at)
    rows = list(predictions)
    for row in rows:
        if at is not None and row.checked_at and row.checked_at > at:  # nobody knew yet
            row.outcome = row.by_correction = row.by_network = row.score = row.checked_at = None
    products = list({line.product_id: line.product for line in lines}.values())
    given = list(said)
    is_open = decision.state == Status.PROPOSED
    subjects = _subjects(rows, decision)
    waiting = [row for row in rows if row.outcome is None]
    return Read(
        decision=decision,
        state=decision.state,
        groups=_groups(lines),
        products=products,
        approvals=given,
        needed=approvals.needed_in_words(decision, given, products) if is_open else [],
        whole=[subject for subject in subjects if subject.product is None],
        parts=[subject for subject in subjects if subject.product is not None],
        next_check=min(waiting, key=lambda row: row.due_on, default=None),
        reverts=list(decision.reverted_by.filter(proposed_at__lte=at or timezone.now()).order_by("pk")),
        is_intact=digest_of(decision) == decision.digest,
    )


def _groups(lines: Sequence[DecisionLine]) -> list[Group]:
    groups: dict[int, Group] = {}
    for line in lines:
        stream = line.product.value_stream
        groups.setdefault(stream.pk, Group(stream, [])).lines.append(line)
    return list(groups.values())


def _subjects(rows: Sequence[Prediction], decision: Decision) -> list[Subject]:
    scope = str(decision.value_stream) if decision.value_stream else "All products"
    found: dict[tuple, Subject] = {}
    for row in rows:
        key = (row.product_id, row.metric_id, row.measure)
        if key not in found:
            name = f"{row.product}: {row.metric.name} ({row.metric.unit})" if row.metric else str(row.product or scope)
            found[key] = Subject(name, Measure(row.measure).label, row.get_estimator_display(), [], product=row.product)
        found[key].rows.append(hindsight.tell(row))
    return list(found.values())


def may(decision: Decision, user: User, products: Sequence[Product], given: Sequence[Approval]) -> May:
    """Return what a reader may do with a decision as it stands now."""
    roles = approvals.roles_over(user, products)
    is_proposer = decision.proposed_by_id == user.pk
    is_open = decision.status in (Status.PROPOSED, Status.APPROVED)
    has_said = any(approval.by_id == user.pk for approval in given)
    covers = bool(roles)
    return May(
        approve=is_open and covers and not is_proposer and not has_said,
        decline=is_open and covers and not is_proposer,
        withdraw=is_open and is_proposer,
        apply=decision.status == Status.APPROVED and covers,
        revert=decision.status == Status.APPLIED and covers,
    )


def moment_of(text: str) -> datetime | None:
    """Return the moment that `known=` gives; ValidationError says what is wrong with it."""
    return MomentField().clean(text)
