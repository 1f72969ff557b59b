"""Guardrails that are broken or close to it, for the agendas of roadmaps: those that are about their products."""

from datetime import date, datetime

from funding.guardrails import NoExchangeRate, Outcome, SplitFrame, check, frame
from products.roadmaps.contributions import AgendaRow, AgendaSection
from products.roadmaps.models import Roadmap

NEAR = 0.1  #: of the limit: so little room is worth a look


def agenda_sections(roadmap: Roadmap, on: date, known: datetime | None) -> list[AgendaSection]:
    """Return the guardrails that concern a roadmap's products and are broken, or nearly so."""
    products = {product.pk for product in roadmap.its_products}
    title = "Guardrails that are broken or near"
    try:
        split = frame(on, known)
    except NoExchangeRate as error:
        return [AgendaSection("guardrails", title, "", [AgendaRow("The guardrails cannot be checked", str(error))])]
    rows = [
        row for outcome in check(split) if _concerns(split, outcome, products) for row in _rows_of(outcome, products)
    ]
    return [AgendaSection("guardrails", title, "None that is about its products.", rows)]


def _concerns(split: SplitFrame, outcome: Outcome, products: set[int]) -> bool:
    """Return whether a rule is about any of these products: it measures each, or adds one of them up."""
    rule = outcome.rule
    if rule.is_per_product:
        return bool(outcome.worst)
    inside = split.product_ids[split.line_products[split.lines_of(rule)]]
    return bool(products & set(inside.tolist())) or bool(
        products & set(split.product_ids[split.products_of(rule)].tolist())
        if rule.value_stream_id or rule.product_id or rule.stage
        else ()
    )


def _rows_of(outcome: Outcome, products: set[int]) -> list[AgendaRow]:
    rule = outcome.rule
    parts = list(outcome.parts)
    if outcome.worst and not parts:
        parts = [outcome.worst] if 0 <= outcome.worst.room <= NEAR * abs(outcome.worst.limit) else []
    rows = []
    for part in parts:
        if part.product_id is not None and part.product_id not in products:
            continue
        words = outcome.tell(part)
        if part.waiver:
            words += f" It is waived: {part.waiver.why}"
        is_broken = part.room < 0 and part.waiver is None
        rows.append(
            AgendaRow(rule.name, words, rule.get_absolute_url(), f"guardrail:{rule.name}"[:120], is_urgent=is_broken)
        )
    return rows
