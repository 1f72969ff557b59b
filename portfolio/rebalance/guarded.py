"""A proposal held against the guardrails: how the split that it leads to stands to each of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from funding.guardrails import Outcome, check, frame
from funding.models import Guardrail
from portfolio.common import formats
from portfolio.rebalance.changes import Change, base_rates


def outcomes(changes: Sequence[Change], on: date) -> tuple[list[Outcome], list[str]]:
    """Return how the split with these changes stands to each guardrail on a day, and what it breaks without leave.

    What was broken before and gets no worse is not held against it, as for any other write to allocations.
    """
    if not Guardrail.objects.known().current(on).exists():
        return [], []
    split = frame(on).with_lines([(change.product_id, change.stream_id) for change in changes])
    rates = base_rates((change.stream for change in changes), on)
    products, streams = split.product_ids[split.line_products], split.stream_ids[split.line_streams]
    at = {pair: place for place, pair in enumerate(zip(products.tolist(), streams.tolist(), strict=True))}
    amounts = split.amounts.copy()
    for change in changes:
        amounts[at[change.product_id, change.stream_id]] += (
            float(change.after - change.before) * rates[change.stream.currency]
        )
    found = check(split, amounts)
    stood = {outcome.rule.pk: outcome for outcome in check(split, split.amounts)}
    worse = []
    for outcome in found:
        if outcome.is_allowed:
            continue
        old = {part.product_id: part.broken_by for part in stood[outcome.rule.pk].parts}
        parts = [part for part in outcome.unwaived if part.broken_by > old.get(part.product_id, 0.0) + 0.005]
        if parts:
            said = " ".join(outcome.tell(part, is_exact=True) for part in parts[:5])
            worse.append(f"{outcome.rule.name}, which {outcome.rule.owner} answers for, would be broken: {said}")
    return found, worse


def frozen(found: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return how a split stands to the guardrails, and the waivers it needs, as a proposal keeps it."""
    return [
        {
            "name": outcome.rule.name,
            "words": outcome.words,
            "is_kept": outcome.is_kept,
            "is_allowed": outcome.is_allowed,
            "distance": outcome.distance,
            "waiver": {
                "person": str(outcome.waiver.person),
                "why": outcome.waiver.why,
                "ends": formats.day_name(outcome.waiver.ends),
            }
            if outcome.waiver
            else None,
        }
        for outcome in found
    ]
