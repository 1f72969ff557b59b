"""What waits for a person, in every room: the page, the API and the mail digest read it here.

Each kind of thing is one `Source`. It takes as many queries however many rows there are: the rows of one page, and how
many there are in all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from funding.models import FundingStream
from portfolio.common import access
from portfolio.common.formats import day_name, ratio, share
from portfolio.common.models import User
from portfolio.common.months import months_after
from portfolio.rebalance import approvals
from portfolio.rebalance.models import Approval, Decision, Status
from products.catalog.models import Product
from products.health.budget_reading import troubled
from products.health.estate import SOON, is_unsupported
from products.health.models import Component, Impact, Incident, Objective, Part, Requirement
from products.health.promise_reading import expiring
from products.health.renewals import ending
from products.roadmaps.agreement import is_due, said_of
from products.roadmaps.models import (
    Baseline,
    Comment,
    Experiment,
    Idea,
    IdeaStatus,
    Item,
    Review,
    Roadmap,
    SignOff,
    State,
)
from products.value.models import Metric, Observation

SHOWN = 10  #: entries of a group beside the other groups
REVIEW_AHEAD = timedelta(days=14)  #: a review is told this long before it is due
RESULT_AFTER = timedelta(days=90)  #: what was shipped is looked at then, where no later day was promised
IMPACT_AFTER = timedelta(days=3)  #: after it is restored, what an incident cost customers should be known
TOLD_FOR = timedelta(days=30)  #: how long a decision on an idea is news


@dataclass(frozen=True)
class Entry:
    """One thing that waits: what and where it is, since when (or due when), and where it is done."""

    what: str
    where: str
    since: date
    href: str
    detail: str = ""


@dataclass(frozen=True)
class Asked:
    """For whom, on which day, and since when decisions are news."""

    user: User
    on: date
    news_since: datetime


Tell = Callable[[Asked, slice], tuple[Sequence[Entry], int]]


@dataclass(frozen=True)
class Source:
    """One kind of thing that waits; `since` says what the day of its entries means."""

    key: str
    title: str
    since: str
    tell: Tell


@dataclass(frozen=True)
class Group:
    """What waits of one kind: some entries, and how many there are."""

    source: Source
    entries: Sequence[Entry]
    count: int
    more: int  #: entries that come after these


def queue(
    user: User, on: date, *, show: str = "", span: slice | None = None, news_since: datetime | None = None
) -> list[Group]:
    """Return what waits for `user` on a day, by kind, what is most urgent first; kinds of which nothing waits are out.

    `show` names one kind. `span` says which of its entries, the first ten by default.
    """
    since = news_since or datetime.combine(on - TOLD_FOR, time(), UTC)
    asked, span = Asked(user, on, since), span or slice(0, SHOWN)
    groups = []
    for source in SOURCES:
        if show in ("", source.key):
            entries, count = source.tell(asked, span)
            groups.append(Group(source, entries, count, max(0, count - span.start - len(entries))))
    return [group for group in groups if group.count]


def _page(rows: QuerySet, span: slice, entry: Callable[[Any], Entry]) -> tuple[list[Entry], int]:
    return [entry(row) for row in rows[span]], rows.count()


def _cut(entries: Iterable[Entry], span: slice) -> tuple[list[Entry], int]:
    """Return a page of entries that only Python can tell, the longest waiting first; few of them wait at a time."""
    found = sorted(entries, key=lambda entry: (entry.since, entry.where, entry.what))
    return found[span], len(found)


# -- What was said -------------------------------------------------------------------------------------------------


def comments_to_answer(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return what others asked them, or replied to them, and neither resolved nor answered since."""
    theirs = Comment.objects.filter(by=asked.user, at__gt=OuterRef("at"))
    rows = (
        Comment.objects.filter(resolved_at=None)
        .filter(
            Q(pk__in=Comment.mentions.through.objects.filter(user=asked.user).values("comment"))
            | Q(answers__by=asked.user)
        )
        .filter(Q(answers=None) | Q(answers__resolved_at=None))
        .exclude(by=asked.user)
        # Their last word: an answer to it, or a later one in the thread that it is in.
        .exclude(Exists(theirs.filter(answers=OuterRef("pk"))))
        .exclude(Exists(theirs.filter(answers=OuterRef("answers"))))
        .select_related("roadmap", "item", "baseline", "by")
        .order_by("at", "pk")
    )

    def entry(row: Comment) -> Entry:
        where = f"{row.item}, {row.roadmap}" if row.item else str(row.roadmap)
        return Entry(_short(row.text), where, timezone.localdate(row.at), row.get_absolute_url(), str(row.by))

    return _page(rows, span, entry)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 120 else f"{words[:119].rstrip()}…"


# -- What is to be agreed ------------------------------------------------------------------------------------------


def sign_offs_due(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the latest baselines that they have yet to sign or decline; see `agreement.is_due`."""
    later = Baseline.objects.filter(roadmap=OuterRef("roadmap"), number__gt=OuterRef("number"))
    latest = list(
        Baseline.objects.filter(roadmap__in=Roadmap.objects.of_member(asked.user))
        .exclude(Exists(later))
        .exclude(sign_offs__by=asked.user)
        .select_related("roadmap")
    )
    rows = SignOff.objects.filter(by=asked.user, baseline__roadmap__in={one.roadmap_id for one in latest})
    said: dict[int, list[SignOff]] = defaultdict(list)
    for row in rows.select_related("baseline", "by"):
        said[row.baseline.roadmap_id].append(row)
    return _cut(
        (
            Entry(
                f"Sign or decline {one}", str(one.roadmap), timezone.localdate(one.at), one.get_absolute_url(), one.why
            )
            for one in latest
            if is_due(one.document, one.number, said_of(said[one.roadmap_id]), asked.user.pk)
        ),
        span,
    )


def decisions_due(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return proposals that lack their yes, and approved ones that wait to be applied, over all that they change."""
    rows = list(
        Decision.objects.filter(status__in=(Status.PROPOSED, Status.APPROVED))
        .only("pk", "title", "status", "proposed_at", "proposed_by", "value_stream")
        .select_related("proposed_by", "value_stream")
        .prefetch_related("lines__product", "approvals")
    )
    return _cut((entry for row in rows if (entry := _decision_entry(asked.user, row))), span)


def _decision_entry(user: User, row: Decision) -> Entry | None:
    given: list[Approval] = list(row.approvals.all())
    held = set(approvals.roles_over(user, {line.product for line in row.lines.all()}))
    is_approved = row.status == Status.APPROVED
    said = any(one.by_id == user.pk for one in given)
    if not held or (not is_approved and (said or not held & set(approvals.missing(given)))):
        return None
    verb = "Apply" if is_approved else "Approve or decline"
    where = str(row.value_stream or "The whole portfolio")
    return Entry(
        f"{verb} {row.title}",
        where,
        timezone.localdate(row.proposed_at),
        row.get_absolute_url(),
        f"Proposed by {row.proposed_by}",
    )


def reviews_due(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the roadmaps of theirs, or that they may edit, whose review is due within a fortnight or late."""
    mine = Q(pk__in=Roadmap.objects.of_member(asked.user).values("pk"))
    editable = Q(pk__in=access.writable(Roadmap.objects.all(), asked.user).values("pk"))
    rows = Roadmap.objects.filter(mine | editable).with_review().prefetch_related("products")
    return _cut(
        (
            Entry(
                f"Review {row}", ", ".join(sorted(map(str, row.products.all()))), row.review_due_on,
                row.get_absolute_url(),
                f"Last reviewed on {day_name(row.reviewed_on)}" if row.reviewed_on else "Never reviewed",
            )
            for row in rows
            if row.review_due_on <= asked.on + REVIEW_AHEAD
        ),
        span,
    )  # fmt: skip


def given_by_reviews(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return what the last review of each roadmap decided that they do, by their name or account, until the next one.

    Minutes say no more than who and by when, so whether it is done is for the next review to see.
    """
    later = Review.objects.known().filter(roadmap=OuterRef("roadmap"), held_on__gt=OuterRef("held_on"))
    rows = Review.objects.known().exclude(Exists(later)).select_related("roadmap").defer("agenda", "minutes", "present")
    names = {asked.user.username.casefold(), asked.user.get_full_name().casefold()} - {""}
    return _cut(
        (
            Entry(
                _short(str(one.get("text", ""))), str(row.roadmap), _due_on(one) or row.held_on, row.get_absolute_url(),
                f"Decided on {day_name(row.held_on)}",
            )
            for row in rows
            for one in row.decisions
            if str(one.get("who") or "").strip().removeprefix("@").casefold() in names
        ),
        span,
    )  # fmt: skip


def _due_on(decision: dict[str, Any]) -> date | None:
    return date.fromisoformat(decision["due_on"]) if decision.get("due_on") else None


def streams_to_review(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the funding streams they may review whose review has passed; those never reviewed wait for the first."""
    return _cut(
        (
            Entry(
                f"Review {row}", "Funding", row.review_due, row.get_absolute_url(),
                f"Last reviewed on {day_name(row.reviewed_on)}",
            )
            for row in access.writable(FundingStream.objects.filter(reviewed_on__isnull=False), asked.user)
            if row.review_due and row.review_due < asked.on
        ),
        span,
    )  # fmt: skip


# -- What is to be looked at ---------------------------------------------------------------------------------------


def metrics_gone_stale(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the metrics that they may observe and of which an observation should have come, the latest first.

    It takes a role over the metric's product that lets them record observations, whether or not it lets them change
    the metric itself.
    """
    covered = access.reach(asked.user, access.writers_of(Observation))
    rows = Metric.objects.all()
    if not covered.is_everything:
        within = Q(pk__in=[])
        for condition in Metric.conditions(covered):
            within |= condition
        rows = rows.filter(within)
    late = rows.with_seen(asked.on).filter(days_late__gt=0).select_related("product")

    def entry(row: Metric) -> Entry:
        due = asked.on - timedelta(days=row.days_late)
        href = f"{reverse('value:observation-add')}?metric={row.code}"
        return Entry(f"Observe {row}", str(row.product), due, href, f"Every {row.cadence_days} days")

    return _page(late.order_by("-days_late", "name", "pk"), span, entry)


def budgets_in_trouble(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return error budgets that are overspent or burn fast, of objectives that they may write, as kept each night."""
    theirs = set(access.writable(Objective.objects.all(), asked.user).values_list("pk", flat=True))
    return _cut(
        (
            Entry(
                f"{'Overspent' if (row.left or 0) < 0 else 'Burning fast'}: {row.objective}",
                str(row.objective.service),
                row.fine_on + timedelta(days=1) if row.fine_on else row.day,
                row.objective.get_absolute_url(),
                f"{share(row.left)} of the budget left, burning {ratio(row.burn)}",
            )
            for row in troubled(asked.on)
            if row.objective_id in theirs
        ),
        span,
    )


def evidence_expiring(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return requirements that they may write whose evidence expires within 30 days, or has."""
    rows = access.writable(Requirement.objects.filter(service__is_retired=False), asked.user)
    return _cut(
        (
            Entry(
                f"Verify {one.requirement} again",
                str(one.requirement.service),
                one.expires_on,
                one.requirement.get_absolute_url(),
                f"Last verified on {day_name(one.verified_on)}",
            )
            for one in expiring(rows, asked.on)
        ),
        span,
    )


def results_to_look_at(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return shipped items, of their roadmaps or championed by them, whose result nobody has noted yet.

    It is due on the day by which the metric was to have moved; 90 days after shipping, where none was promised or it
    was shipped after that day. An experiment on the item, or a review of the roadmap from that day on, settles it.
    """
    champions = Q(business_champion=asked.user) | Q(technology_champion=asked.user)
    shipped_long_ago = Q(ended_on__lt=asked.on - RESULT_AFTER)
    reviews = Review.objects.known().filter(roadmap=OuterRef("roadmap")).order_by("-held_on")
    rows = (
        Item.objects.filter(Q(roadmap__in=Roadmap.objects.of_member(asked.user)) | champions, state=State.SHIPPED)
        .filter(Q(by_when__lt=asked.on, by_when__gt=F("ended_on")) | shipped_long_ago)
        .exclude(Exists(Experiment.objects.known().filter(item=OuterRef("pk"), concluded_on__gte=OuterRef("ended_on"))))
        .select_related("roadmap", "metric")
        .annotate(reviewed_on=Subquery(reviews.values("held_on")[:1]))
    )
    return _cut((entry for row in rows if (entry := _result_entry(row, asked.on))), span)


def _result_entry(row: Any, on: date) -> Entry | None:
    due = row.by_when if row.by_when and row.by_when > row.ended_on else row.ended_on + RESULT_AFTER
    if due >= on or (row.reviewed_on and row.reviewed_on >= due):
        return None
    moved = f"Was to move {row.metric}" if row.metric else row.exception
    return Entry(f"See what came of {row}", str(row.roadmap), due, row.get_absolute_url(), moved)


def renewals_to_plan(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the components whose support ends within a year, or has, and that no open item of a roadmap renews.

    They wait for whoever may change the component, and for who may change a product that is built of it.
    """
    kept = Q(pk__in=access.writable(Component.objects.order_by(), asked.user).values("pk"))
    owned = access.writable(Product.objects.order_by(), asked.user)
    parts = Part.objects.known().current(asked.on).filter(service__product__in=owned, service__is_retired=False)
    built = Q(pk__in=parts.order_by().values("component"))
    soon = Q(support_ends__lte=months_after(asked.on, SOON)) | Q(has_ended=True)
    rows = (
        ending(Component.objects.all(), asked.on)
        .filter(kept | built)
        .filter(soon, is_planned=False, is_used=True)
        .select_related("owner")
        .order_by(F("support_ends").asc(nulls_first=True), "name", "pk")
    )

    def entry(row: Any) -> Entry:
        ends = row.support_ends
        words = "Its support has ended" if is_unsupported(row, asked.on) else f"Version {row.version}".rstrip()
        return Entry(f"Plan the renewal of {row}", str(row.owner or "No owner"), ends or asked.on,
                     row.get_absolute_url(), words)  # fmt: skip

    return _page(rows, span, entry)


def incidents_without_impact(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the incidents that they may write, restored three days ago or more, of which nobody said what they cost.

    An impact settles it, or that it cost customers nothing.
    """
    stated = Impact.objects.known().filter(incident=OuterRef("pk"))
    before = datetime.combine(asked.on - IMPACT_AFTER + timedelta(days=1), time(), timezone.get_current_timezone())
    rows = access.writable(Incident.objects.filter(restored_at__lt=before, is_harmless=False), asked.user)

    def entry(row: Incident) -> Entry:
        restored = timezone.localdate(row.restored_at)
        return Entry(
            f"State what {row} cost customers", str(row.service), restored + IMPACT_AFTER, row.get_absolute_url(),
            f"Restored on {day_name(restored)}",
        )  # fmt: skip

    waiting = rows.exclude(Exists(stated)).select_related("service").order_by("restored_at", "pk")
    return _page(waiting, span, entry)


# -- What was proposed ---------------------------------------------------------------------------------------------


def ideas_waiting(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return the open ideas for roadmaps that they may edit, the oldest first."""
    rows = access.writable(Idea.objects.filter(status=IdeaStatus.OPEN), asked.user)

    def entry(row: Idea) -> Entry:
        return Entry(
            f"Decide on {row}", str(row.roadmap), timezone.localdate(row.at), row.get_absolute_url(), f"By {row.by}"
        )

    return _page(rows.select_related("roadmap", "by").order_by("at", "pk"), span, entry)


def ideas_decided(asked: Asked, span: slice) -> tuple[Sequence[Entry], int]:
    """Return ideas of theirs that were decided lately, the latest first."""
    rows = Idea.objects.filter(by=asked.user, decided_at__gte=asked.news_since).exclude(status=IdeaStatus.OPEN)

    def entry(row: Idea) -> Entry:
        words = f"{row.get_status_display()}: {row}"
        return Entry(
            words, str(row.roadmap), timezone.localdate(row.decided_at), row.get_absolute_url(), _short(row.reason)
        )

    return _page(rows.select_related("roadmap").order_by("-decided_at", "-pk"), span, entry)


#: All kinds, in the order in which they are shown: first what keeps other people waiting.
SOURCES = (
    Source("comments", "Comments to answer", "since", comments_to_answer),
    Source("sign-offs", "Baselines to sign", "since", sign_offs_due),
    Source("decisions", "Decisions to approve or apply", "since", decisions_due),
    Source("reviews", "Reviews to hold", "due", reviews_due),
    Source("given", "Decided in reviews for you to do", "due", given_by_reviews),
    Source("streams", "Funding streams to review", "due", streams_to_review),
    Source("metrics", "Metrics to observe", "due", metrics_gone_stale),
    Source("renewals", "Renewals to plan", "due", renewals_to_plan),
    Source("budgets", "Error budgets in trouble", "since", budgets_in_trouble),
    Source("evidence", "Evidence that expires", "due", evidence_expiring),
    Source("results", "Results to look at", "due", results_to_look_at),
    Source("incidents", "Incidents whose cost nobody has stated", "due", incidents_without_impact),
    Source("ideas", "Ideas to decide on", "since", ideas_waiting),
    Source("decided", "Your ideas that were decided", "on", ideas_decided),
)
