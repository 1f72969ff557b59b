"""Roadmaps as a calendar (RFC 5545): the items that have dates, the reviews that are due and those that were held.

All of them are days, not moments, and written as days: a calendar program shows them on the same day wherever it is.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils.dateformat import format as formatted

from portfolio.common.formats import quantity
from products.roadmaps.models import CalendarLink, Change, Item, Review, Roadmap, State

if TYPE_CHECKING:
    from icalendar import Calendar, Event

TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=12)  #: how often a calendar program is asked to look again
ONE_DAY = timedelta(days=1)

#: What a calendar calls an item's state: what is begun or done is sure, what is dropped is called off.
STATUS = {
    State.PLANNED: "TENTATIVE",
    State.STARTED: "CONFIRMED",
    State.BLOCKED: "TENTATIVE",
    State.SHIPPED: "CONFIRMED",
    State.DROPPED: "CANCELLED",
}
#: RFC 5545 allows no control characters in text but the tab; a new line is written as one.
FORBIDDEN = {code: None for code in (*range(0x20), 0x7F) if chr(code) not in "\t\n"}


def roadmaps_of(link: CalendarLink) -> list[Roadmap]:
    """Return the roadmaps that a link is about, as of now, with when they are reviewed."""
    rows = Roadmap.objects.visible_to(link.user)
    rows = rows.filter(pk=link.roadmap_id) if link.roadmap_id else rows.of_member(link.user)
    counted = Count("reviews") + Count("reviews", filter=Q(reviews__retracted_at__isnull=False))
    return list(rows.with_review().annotate(review_events=counted).order_by("pk"))


def calendar_of(link: CalendarLink, site: str) -> bytes:
    """Return what a link gives: the same bytes as long as nothing changed; four queries, however much there is.

    `site` is the address that links in it begin with, without a slash at its end.
    """
    from icalendar import Calendar

    roadmaps = roadmaps_of(link)
    dated = ~Q(starts=None, ends=None)
    items = list(Item.objects.filter(dated, roadmap__in=roadmaps).select_related("roadmap", "product", "metric"))
    touched = _touched(items)
    reviews = Review.objects.known().filter(roadmap__in=roadmaps).defer("agenda").select_related("roadmap")
    calendar = Calendar()
    calendar.add("prodid", "-//Twofold//Roadmaps//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _text(f"Twofold: {link}"))
    calendar.add("name", _text(f"Twofold: {link}"))
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for item in sorted(items, key=lambda item: item.pk):
        _put(calendar, _item_event(item, touched.get((item.roadmap_id, item.version)), site))
    for review in reviews.order_by("pk"):
        _put(calendar, _held_event(review, site))
    for roadmap in roadmaps:
        _put(calendar, _due_event(roadmap, site))
    return calendar.to_ical()


def _put(calendar: "Calendar", event: "Event") -> None:
    calendar.add_component(event)


def _touched(items: Sequence[Item]) -> dict[tuple[int, int], datetime]:
    """Return when the changes that last touched items were made, by roadmap and number."""
    wanted = {(item.roadmap_id, item.version) for item in items}
    rows = Change.objects.filter(
        roadmap__in={roadmap for roadmap, _ in wanted}, number__in={number for _, number in wanted}
    )
    return {(row.roadmap_id, row.number): row.at for row in rows.only("roadmap_id", "number", "at")}


def days_of(item: Item) -> tuple[date, date]:
    """Return the days of an item as a half-open interval; with one of its two dates, that day."""
    starts = item.starts or item.ends
    if starts is None:
        raise ValueError(f"{item} has no dates, so it is on no day. Leave it out.")
    return starts, item.ends if item.starts and item.ends else starts + ONE_DAY


def _item_event(item: Item, at: datetime | None, site: str) -> "Event":
    starts, ends = days_of(item)
    summary = item.name if item.starts or not item.ends else f"{item.name}: done"
    return _event(
        uid=f"item-{item.code}@twofold",
        at=at or _midnight(item.roadmap.began_on),
        days=(starts, ends),
        summary=summary,
        lines=_item_lines(item),
        url=f"{site}{item.get_absolute_url()}",
        sequence=item.version,
        status=STATUS[State(item.state)],
        categories=[item.roadmap.name, item.get_kind_display()],
    )


def _item_lines(item: Item) -> Iterable[str]:
    yield f"{item.roadmap.name}, {item.get_horizon_display().lower()}. {item.get_state_display()}."
    if item.blocked_by:
        yield f"Blocked by: {item.blocked_by}"
    if item.metric and item.by_when:
        unit = f" {item.metric.unit}" if item.metric.unit else ""
        month = "" if item.metric.is_level else " a month"
        low, high = quantity(item.metric_low), quantity(item.metric_high)
        upto = low if low == high else f"between {low} and {high}"
        yield (
            f"It is to move {item.metric.name} from {quantity(item.metric_from)} to {upto}{unit}{month} "
            f"by {_day(item.by_when)}."
        )
    if item.exception:
        yield f"Kept without a customer metric: {item.exception}"
    if item.description:
        yield f"\n{item.description}"


def _held_event(review: Review, site: str) -> "Event":
    decided = [f"- {row['text']}" for row in review.decisions if row.get("text")]
    return _event(
        uid=f"review-{review.roadmap.code}-{review.held_on:%Y%m%d}@twofold",
        at=review.recorded_at,
        days=(review.held_on, review.held_on + ONE_DAY),
        summary=f"Reviewed: {review.roadmap.name}",
        lines=[*(["Decided:", *decided] if decided else []), "", review.minutes],
        url=f"{site}{review.get_absolute_url()}",
        sequence=0,
        status="CONFIRMED",
        categories=[review.roadmap.name, "Review"],
    )


def _due_event(roadmap: Any, site: str) -> "Event":
    due = roadmap.review_due_on
    since = f"The last one was held on {_day(roadmap.reviewed_on)}." if roadmap.reviewed_on else "There was none yet."
    return _event(
        uid=f"review-due-{roadmap.code}@twofold",
        at=_midnight(roadmap.reviewed_on or roadmap.began_on),
        days=(due, due + ONE_DAY),
        summary=f"Review due: {roadmap.name}",
        lines=[f"{roadmap.name} is reviewed every {roadmap.cadence_days} days. {since}"],
        url=f"{site}{roadmap.get_absolute_url()}",
        # Both a change of the cadence and a review, recorded or retracted, move the day; neither count goes back.
        sequence=roadmap.version + roadmap.review_events,
        status="TENTATIVE",
        categories=[roadmap.name, "Review"],
    )


def _event(
    *,
    uid: str,
    at: datetime,
    days: tuple[date, date],
    summary: str,
    lines: Iterable[str],
    url: str,
    sequence: int,
    status: str,
    categories: list[str],
) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("last-modified", at.astimezone(UTC))
    event.add("dtstart", days[0])
    event.add("dtend", days[1])
    event.add("summary", _text(summary))
    event.add("description", _text("\n".join(lines).strip()))
    event.add("url", url)
    event.add("sequence", sequence)
    event.add("status", status)
    event.add("categories", [_text(one) for one in categories])
    event.add("transp", "TRANSPARENT")  # nobody is busy all day because of it
    return event


def _text(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(FORBIDDEN)


def _day(day: date) -> str:
    return formatted(day, "j F Y")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
