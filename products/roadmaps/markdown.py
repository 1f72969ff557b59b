"""A roadmap as a document to read and to pass on, in Markdown."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from portfolio.common.formats import day_name, quantity
from portfolio.common.formats import money_short as money
from portfolio.common.months import today
from products.roadmaps.agreement import Agreement, Mark, agreement, said_of
from products.roadmaps.content import PLACES, SHIPPED, document_of, item_document
from products.roadmaps.difference import Worth, promised
from products.roadmaps.models import Item, Roadmap, Side, SignOff, State
from products.roadmaps.models.roadmaps import Member
from products.roadmaps.worth import worths

TITLES = {"now": "Now", "next": "Next", "later": "Later", SHIPPED: "Shipped"}
MARKS = {Mark.DECLINED: "declined", Mark.SIGNED: "signed", Mark.VOID: "signed before it changed", Mark.UNSIGNED: "open"}

_INLINE = re.compile(r"([\\`*_\[\]<>&~|])")
_NUMBER = re.compile(r"[0-9]+(?=[.)])")


def escaped(text: object) -> str:
    """Return text on one line that Markdown shows as it is: nothing in it is a heading, a list, a link or HTML."""
    flat = _INLINE.sub(r"\\\1", " ".join(str(text).split()))
    if number := _NUMBER.match(flat):
        return f"{number[0]}\\{flat[number.end() :]}"
    return f"\\{flat}" if flat.startswith(("#", "+", "-", "=")) else flat


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a longer text, escaped, broken where it breaks them."""
    for part in re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n")):
        yield "  \n".join(escaped(line) for line in part.splitlines())
        yield ""


def document(roadmap: Roadmap, on: date | None = None) -> str:
    """Return a roadmap, read by `for_table`, as Markdown; as many queries whatever is on it."""
    items = list(roadmap.items.kept().for_table().in_order())
    current = document_of(roadmap, items)
    signed = SignOff.objects.filter(baseline__roadmap=roadmap).select_related("by", "baseline")
    found = agreement(current, said_of(signed))
    by_code = {item.code: item for item in items}
    worth = worths(item.metric.code for item in items if item.metric)
    lines = [*_head(roadmap, on or today()), *_agreed(roadmap, found, by_code)]
    for place in PLACES:
        codes = current["order"][place]
        lines += [f"## {TITLES[place]}", ""]
        if not codes:
            lines += ["Nothing.", ""]
        for code in codes:
            lines += _item(by_code[code], found, worth)
    return "\n".join(lines).rstrip() + "\n"


def _names(members: Iterable[Member]) -> str:
    return ", ".join(escaped(member.user) for member in members)


def _head(roadmap: Roadmap, on: date) -> Iterator[str]:
    yield f"# {escaped(roadmap.name)}"
    yield ""
    if roadmap.is_illustrative:
        yield from ("Illustrative: made up to show how things work.", "")
    if roadmap.purpose:
        yield from paragraphs(roadmap.purpose)
    yield f"- Products: {', '.join(escaped(product.name) for product in roadmap.products.all())}"
    yield f"- Business partners: {_names(roadmap.business)}"
    yield f"- Technology owners: {_names(roadmap.technology)}"
    yield f"- As it is on {day_name(on)}, version {roadmap.version}"
    yield ""


def _agreed(roadmap: Roadmap, found: Agreement, items: dict[str, Item]) -> Iterator[str]:
    yield from ("## What is agreed", "")
    latest = roadmap.baselines.order_by("-number").defer("content").first()
    if latest is None:
        yield from ("No baseline was taken yet, so that nothing is agreed.", "")
        return
    yield f"The latest baseline is {escaped(latest)}, of {day_name(latest.at.date())}."
    yield ""
    for side in Side:
        counts = [f"{count} {MARKS[mark]}" for mark in MARKS if (count := found.count(side, mark))]
        yield f"- {side.label}: {', '.join(counts) or 'nothing is to be done'}"
        if found.removed[side]:
            gone = ", ".join(escaped(code) for code in found.removed[side])
            yield f"  - Signed by them, and taken off since: {gone}"
    yield ""


def _item(item: Item, found: Agreement, worth: dict[str, Worth]) -> Iterator[str]:
    yield f"### {escaped(item.name)}"
    yield ""
    if item.description:
        yield from paragraphs(item.description)
    state = item.get_state_display().lower()
    if item.ended_on:
        state += f" on {day_name(item.ended_on)}"
    elif item.state == State.BLOCKED:
        state += f" by: {escaped(item.blocked_by)}"
    rows: list[tuple[str, Any]] = [
        ("Code", f"`{item.code}`, {item.get_kind_display().lower()}, {state}"),
        ("Product", escaped(item.product.name)),
        ("Promise", _promise(item, worth)),
        ("No customer metric, because", escaped(item.exception)),
        ("Effort", f"{quantity(item.effort_low)} to {quantity(item.effort_high)} team-weeks (90% range)"),
        ("Begins", item.starts and day_name(item.starts)),
        ("Is done", item.ends and day_name(item.ends)),
        ("Team", item.team and escaped(item.team.name)),
        ("Stood for by", f"{escaped(item.business_champion)} and {escaped(item.technology_champion)}"),
        ("Waits for", ", ".join(f"{escaped(one.name)} (`{one.code}`)" for one in item.needs)),
    ]
    if sides := found.items.get(item.code):
        said = [f"{side.label.lower()} {MARKS[sides[side].mark]}" for side in Side]
        rows.append(("Agreed", ", ".join(said)))
    for name, words in rows:
        if words:
            yield f"- {name}: {words}"
    yield ""


def _promise(item: Item, worth: dict[str, Worth]) -> str:
    if item.metric is None:
        return ""
    words = (
        f"{escaped(item.metric.name)} ({escaped(item.metric.unit)}) from {quantity(item.metric_from)} to between "
        f"{quantity(item.metric_low)} and {quantity(item.metric_high)} (90% range) by {day_name(item.by_when)}"
    )
    amount = promised(item_document(item), worth)
    return words if amount is None else f"{words}; {money(amount, worth[item.metric.code].currency)} a month, expected"
