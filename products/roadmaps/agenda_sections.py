"""What this room knows for an agenda, a function a section; all of it is plain text."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse

from portfolio.common.formats import day_name, money
from products.roadmaps.agenda_ground import Ground
from products.roadmaps.agreement import Mark, Standing, agreement
from products.roadmaps.content import SHIPPED, Document, place_of
from products.roadmaps.contributions import AgendaRow, AgendaSection
from products.roadmaps.difference import Entry, entries
from products.roadmaps.models import Comment, Idea, Side, State
from products.roadmaps.outcomes import agenda_rows
from products.roadmaps.telling import Names, names_of, tell_part
from products.roadmaps.worth import worths
from products.value.models import Metric

MOST_CHANGES = 10
MOST_ROWS = 20


def sections(ground: Ground) -> list[AgendaSection]:
    """Return this room's sections."""
    changes = changed(ground)
    ideas = open_ideas(ground)
    return [
        AgendaSection(
            "shipped",
            "What shipped, and what it did to its metric",
            "Nothing shipped in the last year.",
            agenda_rows(ground.shipped, ground.on, ground.known),
        ),
        _changed_section(ground, changes),
        AgendaSection(
            "agreement",
            "What is not agreed",
            "Both sides have signed all that is to be done."
            if any(True for _ in ground.open_items)
            else "Nothing is left to be done, so there is nothing to sign.",
            agreement_rows(ground),
        ),
        AgendaSection(
            "blocked", "What is blocked, late or waits for something late", "Nothing is held up.", held_up_rows(ground)
        ),
        AgendaSection("stale", "Metrics that are overdue", "Every metric was observed in time.", stale_rows(ground)),
        AgendaSection("questions", "Open questions", "Nothing is unanswered.", question_rows(ground)),
        AgendaSection("ideas", "Ideas that wait", "No idea waits for an answer.", idea_rows(ideas)),
        AgendaSection("decide", "To decide", "Nothing asks for a decision.", to_decide(ground, changes, ideas)),
        AgendaSection("decided", "Decided before and still open", "Nothing is open.", decided_rows(ground)),
    ]


# -- What changed since the baseline ----------------------------------------------------------------------------------


def changed(ground: Ground) -> list[Entry]:
    """Return what differs from the latest baseline, what matters first; one query."""
    old: Document = ground.baseline.document if ground.baseline else ground.document
    metrics = {item.get("metric") or "" for document in (old, ground.document) for item in document["items"].values()}
    return entries(old, ground.document, worths(metrics - {""}, on=ground.on, known=ground.known))


def _changed_section(ground: Ground, changes: list[Entry]) -> AgendaSection:
    title = f"What changed since {ground.baseline}" if ground.baseline else "What changed since the latest baseline"
    nothing = "Nothing changed." if ground.baseline else "There is no baseline yet, so there is nothing to compare."
    old: Document = ground.baseline.document if ground.baseline else ground.document
    names = names_of([old, ground.document])
    rows = [
        AgendaRow(
            entry.item["name"] or entry.code,
            _change_in_words(entry, old, ground.document, names),
            reverse("roadmaps:item-detail", args=[entry.code]),
            f"change:{entry.code}",
            is_urgent=entry.is_material,
        )
        for entry in changes[:MOST_CHANGES]
    ]
    return AgendaSection("changed", title, nothing, rows + _more(len(changes) - MOST_CHANGES, "changes"))


def _change_in_words(entry: Entry, old: Document, new: Document, names: Names) -> str:
    words = []
    was, comes = (document["items"].get(entry.code, {}) for document in (old, new))
    for part in entry.parts:
        told = tell_part(part, was, comes, names, place="its horizon")
        lines = [
            f"{line.label.lower()}: {line.old} → {line.new.rstrip('.')}" for line in told.lines if line.old is not None
        ]
        words.append(told.title.lower() + (f" ({'; '.join(lines)})" if lines else ""))
    text = "; ".join(words)
    text = f"{text[:1].upper()}{text[1:]}."
    if entry.value_change:
        sign = "+" if entry.value_change > 0 else ""
        text += f" Promised value a month: {sign}{money(entry.value_change, entry.currency)}."
    return text


def _more(count: int, noun: str) -> list[AgendaRow]:
    return [AgendaRow(f"And {count} more {noun}")] if count > 0 else []


# -- What is not agreed, and what is held up --------------------------------------------------------------------------


def agreement_rows(ground: Ground) -> list[AgendaRow]:
    """Return the items that a side has not signed as they are, and what was removed since it signed."""
    if not ground.said:
        count = sum(1 for _ in ground.open_items)
        return [AgendaRow(f"Nothing is signed yet: {count} items are to be agreed on")] if count else []
    found = agreement(ground.document, ground.said)
    rows = []
    for code, sides in found.items.items():
        marks = {standing.mark for standing in sides.values()}
        if marks == {Mark.SIGNED}:
            continue
        details = [f"{Side(side).label}: {_standing_in_words(standing)}" for side, standing in sides.items()]
        rows.append(
            AgendaRow(
                ground.document["items"][code]["name"] or code,
                ". ".join(details) + ".",
                reverse("roadmaps:item-detail", args=[code]),
                f"agreement:{code}",
                is_urgent=bool(marks & {Mark.DECLINED, Mark.VOID}),
            )
        )
    for side, codes in found.removed.items():
        rows += [
            AgendaRow(
                ground.rows[code].name if code in ground.rows else code,
                f"{Side(side).label} signed it, and it was removed since.",
                reverse("roadmaps:item-detail", args=[code]),
                is_urgent=True,
            )
            for code in codes
        ]
    return rows


def _standing_in_words(standing: Standing) -> str:
    said = standing.said
    if said is None:
        return "unsigned"
    match standing.mark:
        case Mark.DECLINED:
            return f"declined by {said.name}: {said.comment.rstrip('.')}"
        case Mark.VOID:
            return f"signed baseline {said.number}, void since it changed materially"
        case Mark.SIGNED:
            return f"signed with baseline {said.number}"
    return "unsigned"


def held_up_rows(ground: Ground) -> list[AgendaRow]:
    """Return the open items that are blocked, later than they said, or wait for something that is."""
    rows = []
    for _, code, item in ground.open_items:
        why = _lateness(item, ground.on)
        for needed in item["needs"]:
            why += _waiting(ground, code, needed, _day(item["starts"]) or ground.on)
        if why:
            rows.append(
                AgendaRow(
                    item["name"] or code,
                    " ".join(why),
                    reverse("roadmaps:item-detail", args=[code]),
                    f"progress:{code}",
                    is_urgent=item["state"] == State.BLOCKED,
                )
            )
    return rows


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _lateness(item: Document, on: date) -> list[str]:
    words = []
    starts, ends, by_when = (_day(item[name]) for name in ("starts", "ends", "by_when"))
    if item["state"] == State.BLOCKED:
        words.append(f"Blocked: {(item['blocked_by'] or 'nobody said by what').rstrip('.')}.")
    if ends and ends < on:
        words.append(f"It was to be done on {day_name(ends)}.")
    elif starts and starts < on and item["state"] == State.PLANNED:
        words.append(f"It was to begin on {day_name(starts)}.")
    if by_when and by_when < on:
        words.append(f"Its metric was to have moved by {day_name(by_when)}.")
    return words


def _waiting(ground: Ground, code: str, needed: str, begins: date) -> list[str]:
    """Return why an item waits for something late: what it needs is blocked, late, or done only after it begins."""
    document = ground.document["items"].get(needed)
    if document is None:  # an item of another roadmap, as it is now
        other = next((one for one in ground.rows[code].needs if one.code == needed), None)
        if other is None:
            return []
        name, state, ends, blocked_by = other.name, other.state, other.ends, other.blocked_by
    else:
        name, state, blocked_by = document["name"], document["state"], document["blocked_by"]
        ends = _day(document["ends"])
    if state in (State.SHIPPED, State.DROPPED) or (document and place_of(ground.document, needed) == SHIPPED):
        return []
    if state == State.BLOCKED:
        return [f"Waits for {name}, which is blocked: {(blocked_by or 'nobody said by what').rstrip('.')}."]
    if ends and ends < ground.on:
        return [f"Waits for {name}, which was to be done on {day_name(ends)}."]
    if ends and ends > begins:
        return [f"Waits for {name}, which is to be done only by {day_name(ends)}."]
    return []


def stale_rows(ground: Ground) -> list[AgendaRow]:
    """Return the metrics of the roadmap's products that are overdue, most first, and those never observed."""
    metrics = Metric.objects.filter(product__in=ground.products).select_related("product")
    found = [
        metric
        for metric in metrics.with_seen(ground.on, ground.known)
        if metric.days_late is None or metric.days_late > 0
    ]
    found.sort(key=lambda metric: (-(metric.days_late or 0), metric.name, metric.pk))
    rows = [
        AgendaRow(
            f"{metric.product}: {metric}",
            f"{metric.days_late} days overdue." if metric.days_late else "It was never observed.",
            metric.get_absolute_url(),
            f"metric:{metric.code}",
        )
        for metric in found[:MOST_ROWS]
    ]
    return rows + _more(len(found) - MOST_ROWS, "metrics")


# -- What was said ----------------------------------------------------------------------------------------------------


def question_rows(ground: Ground) -> list[AgendaRow]:
    """Return the comments that nobody has resolved, oldest first."""
    comments = Comment.objects.filter(roadmap=ground.roadmap, answers=None).select_related("item", "baseline", "by")
    if ground.known:
        comments = comments.filter(at__lte=ground.known).exclude(resolved_at__lte=ground.known)
    else:
        comments = comments.filter(resolved_at=None)
    rows = []
    for comment in comments.order_by("at", "pk"):
        comment.roadmap = ground.roadmap
        about = comment.item or comment.baseline or comment.figure or "the roadmap"
        rows.append(AgendaRow(f"{comment.by} on {about}", comment.text, comment.get_absolute_url()))
    return rows


def open_ideas(ground: Ground) -> list[Idea]:
    """Return the ideas that wait for an answer, those that most people support first."""
    return list(Idea.objects.filter(roadmap=ground.roadmap).waiting(ground.known))


def idea_rows(ideas: Iterable[Idea]) -> list[AgendaRow]:
    """Return a row an idea."""
    return [
        AgendaRow(
            idea.name,
            f"{idea.by}, {day_name(idea.at.date())}; {_people(idea.support_count)}. {idea.text}",
            idea.get_absolute_url(),
        )
        for idea in ideas
    ]


def _people(count: int) -> str:
    return {0: "nobody else supports it yet", 1: "1 person supports it"}.get(count, f"{count} people support it")


def to_decide(ground: Ground, changes: list[Entry], ideas: list[Idea]) -> list[AgendaRow]:
    """Return what the two sides have to decide, as it follows from all that is above."""
    rows = []
    if ground.baseline is None:
        if ground.document["items"]:
            rows.append(AgendaRow("Agree on a first baseline", "Nothing is frozen yet, so nothing can be signed."))
    elif changes:
        material = sum(entry.is_material for entry in changes)
        rows.append(
            AgendaRow(
                f"Freeze and sign what changed since {ground.baseline}",
                f"{len(changes)} item{'s' if len(changes) != 1 else ''} changed, {material} materially.",
                ground.baseline.get_absolute_url(),
            )
        )
    rows += [
        AgendaRow(
            f"Unblock {item['name']}, or drop it",
            item["blocked_by"] or "",
            reverse("roadmaps:item-detail", args=[code]),
        )
        for _, code, item in ground.open_items
        if item["state"] == State.BLOCKED
    ]
    if ideas:
        rows.append(
            AgendaRow(
                f"Accept, merge or decline {len(ideas)} idea{'' if len(ideas) == 1 else 's'}",
                f"First of all: {ideas[0].name}.",
                f"{reverse('roadmaps:idea-list')}?roadmap={ground.roadmap.code}&status=open",
            )
        )
    return rows


def decided_rows(ground: Ground) -> list[AgendaRow]:
    """Return what earlier reviews decided and nobody has said to be done, by the day on which it is due."""
    found = [
        (row.get("due_on") or "9999", review, row)
        for review in ground.reviews
        for row in review.decisions
        if not row.get("done_on")
    ]
    rows = []
    for due, review, row in sorted(found, key=lambda one: (one[0], one[1].held_on, one[1].pk)):
        day = _day(row.get("due_on"))
        when = f"due {day_name(day)}" if day else "no day is set"
        rows.append(
            AgendaRow(
                row["text"],
                f"{row.get('who') or 'Nobody’s yet'}, {when}. Decided {day_name(review.held_on)}.",
                review.get_absolute_url(),
                is_urgent=due < ground.on.isoformat(),
            )
        )
    return rows
