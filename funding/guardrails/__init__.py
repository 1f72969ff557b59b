"""Guardrails at work: a split of money as arrays, how it stands to each rule, and the rules as bounds.

`frame(on, known)` reads the split of a day; `check` holds it, or any other split of the same lines, against the rules;
`as_bounds` gives an optimiser the rules; `require_kept` refuses allocations that break one. The rows are described in
`funding.models.guardrails`, and the rules in docs/guardrails.md.
"""

from funding.guardrails.bounds import Bounds, GroupBound, as_bounds
from funding.guardrails.checks import Outcome, Part, broken, check
from funding.guardrails.frames import SplitFrame
from funding.guardrails.keeping import Breach, GuardrailBroken, keep_guardrails, require_kept
from funding.guardrails.reading import (
    Books,
    NoExchangeRate,
    frame,
    quarter_ends,
    quarter_of,
    read_books,
    waivers_in_force,
)

__all__ = [
    "Books",
    "Bounds",
    "Breach",
    "GroupBound",
    "GuardrailBroken",
    "NoExchangeRate",
    "Outcome",
    "Part",
    "SplitFrame",
    "as_bounds",
    "broken",
    "check",
    "frame",
    "keep_guardrails",
    "quarter_ends",
    "quarter_of",
    "read_books",
    "require_kept",
    "waivers_in_force",
]
