"""What a proposal freezes, and the digest that proves that it never changed."""

import json
from hashlib import sha256
from typing import Any

from portfolio.rebalance.models import Decision

PREDICTED = (
    "quarters",
    "first_month",
    "last_month",
    "product_id",
    "metric_id",
    "measure",
    "estimator",
    "unchanged",
    "middle",
    "low",
    "high",
    "factor",
    "due_on",
)


def digest_of(decision: Decision) -> str:
    """Return the SHA-256 of all that a decision froze, as canonical JSON.

    That is what it is called and why, what it was made from, every amount before and after, and every prediction. Its
    status, who approved it and what came of it are not in it: those are added later.
    """
    return sha256(canonical(content(decision)).encode()).hexdigest()


def content(decision: Decision) -> dict[str, Any]:
    """Return what a decision froze, read from the database."""
    lines = decision.lines.order_by("stream_id", "product_id").values_list("stream_id", "product_id", "before", "after")
    predictions = decision.predictions.order_by("pk").values_list(*PREDICTED)
    return {
        "title": decision.title,
        "why": decision.why,
        "scenario": [decision.scenario_id, decision.scenario_version],
        "value_stream": decision.value_stream_id,
        "starts": decision.starts,
        "proposed": [decision.proposed_by_id, decision.proposed_at],
        "known_at": decision.known_at,
        "run": decision.run_id,
        "seed": decision.seed,
        "reverts": decision.reverts_id,
        "frozen": decision.frozen,
        "lines": list(lines),
        "predictions": list(predictions),
    }


def canonical(what: Any) -> str:
    """Return JSON that is the same for the same content, whatever database kept it.

    Keys are in order and nothing is spaced. A number is written by its first twelve digits: one database gives 1e16
    back as an integer, another as it was. Dates, moments and amounts are text.
    """
    return json.dumps(_plain(what), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(what: Any) -> Any:
    match what:
        case bool() | None:
            return what
        case int() | float():
            return f"{float(what):.12g}"
        case dict():
            return {str(key): _plain(value) for key, value in what.items()}
        case list() | tuple():
            return [_plain(value) for value in what]
        case _ if hasattr(what, "isoformat"):
            return what.isoformat()
    return str(what)
