"""The invariants: what must hold of everything that is stored, whatever was written and however it went wrong.

Each is looked at on live data, all of them at one moment, in a few passes made by the database. What is being worked
out at that moment is left out, and said to be.
"""

import time
from typing import Any

import structlog
from django.db import DatabaseError, connection, transaction

from portfolio.common.moments import one_moment
from portfolio.rollup.checks import closes, records, sample, sums
from portfolio.rollup.checks.findings import Check, Finding, Wrong, as_outcome
from portfolio.rollup.checks.moment import Moment

log = structlog.get_logger(__name__)

SAMPLE = 60  # product-months that are read anew

ROLL_UP = "Work the months out anew: manage.py rollup --full, or the button on the runs page. If it differs again, "
CHECKS = (
    Check(
        "cost_is_kept",
        "In every month, the cost that stays with customers equals the cost that went in",
        ROLL_UP + "keep a copy of the database and report it.",
        sums.cost_is_kept,
    ),
    Check(
        "value_is_kept",
        "In every month, the value credited to products equals the value that customers had",
        ROLL_UP + "keep a copy of the database and report it.",
        sums.value_is_kept,
    ),
    Check(
        "engine_is_exact",
        "Before rounding, the sums of each month hold to one part in a thousand million",
        "Look for amounts of very different size in that month, and report it.",
        sums.engine_is_exact,
    ),
    Check(
        "parts_make_products",
        "Each product-month's cost is its ledger and its labour, and its value the sum of its metrics'",
        ROLL_UP + "report it.",
        sums.parts_make_products,
    ),
    Check(
        "rows_equal_arrays",
        "The figures that pages read and those that standings are made from are the same",
        ROLL_UP + "report it.",
        sums.rows_equal_arrays,
    ),
    Check(
        "ledger_is_in",
        "In every month, what was rolled up from the ledger equals the ledger",
        ROLL_UP + "compare that month's entries with the books.",
        sums.ledger_is_in,
    ),
    Check(
        "losses_are_taken",
        "In every month, what there was of a metric is what was observed less what incidents lost, once",
        ROLL_UP + "compare the impacts of that month with the observations.",
        sums.losses_are_taken,
    ),
    Check(
        "closed_months_stand",
        "The figures and the ledger of each closed month are what they were when it was closed",
        "Figures were changed by hand: bring the month back from a backup, or open it again and close it anew.",
        closes.closed_months_stand,
    ),
    Check(
        "late_costs_are_taken",
        "What came late for closed months counts in the first open one, so that all months are the whole ledger",
        ROLL_UP + "report it.",
        closes.late_costs_are_taken,
    ),
    Check(
        "months_make_windows",
        "Each product's standing over a window is the sum of its months",
        ROLL_UP + "report it.",
        sums.months_make_windows,
    ),
    Check(
        "products_make_streams",
        "The standings of value streams and of the whole are the sums of their products'",
        ROLL_UP + "report it.",
        sums.products_make_streams,
    ),
    Check(
        "figures_equal_facts",
        "Product-months that are drawn by chance come to the same when they are read anew from the facts",
        "A mark was lost or figures were changed by hand. " + ROLL_UP + "report it.",
        sample.figures_equal_facts,
    ),
    Check(
        "months_solve_to_the_same",
        "Whole months that are drawn by chance come to the same when they are solved anew",
        "Figures were changed by hand, or a mark was lost. " + ROLL_UP + "report it.",
        sample.months_solve_to_the_same,
    ),
    Check(
        "marks_are_worked_off",
        "No change waits longer than a minute for the roll-up",
        "See that a worker and the beat run and the broker answers (docs/operations.md), or start one more worker.",
        records.marks_are_worked_off,
    ),
    Check(
        "facts_have_subjects",
        "Every fact is about a product, a metric and a funding stream that exist",
        "Bring back what was deleted from a backup, or retract the facts.",
        records.facts_have_subjects,
    ),
    Check(
        "days_are_within_reach",
        "Every fact and agreement has at least a day, and none is centuries off",
        "Correct the row's days.",
        records.days_are_within_reach,
    ),
    Check(
        "usage_has_an_agreement",
        "Usage lies within the life of a link between the two products",
        "Record the link over that month, or retract the usage.",
        records.usage_has_an_agreement,
    ),
    Check(
        "amounts_are_converted",
        "Every ledger entry is counted in the base currency, at a rate that is known",
        "Correct the entry, or record the rate that covers its first day.",
        records.amounts_are_converted,
    ),
    Check(
        "links_share_at_most_all",
        "On no day do a supplier's links share out more than its whole output",
        "Correct the shares of that supplier's links so that they come to at most 100%.",
        records.links_share_at_most_all,
    ),
    Check(
        "teams_share_at_most_all",
        "On no day do a team's assignments exceed its whole capacity",
        "Correct the shares of that team's assignments so that they come to at most 100%.",
        records.teams_share_at_most_all,
    ),
    Check(
        "keys_are_known_once",
        "No two rows that stand share what makes them one: a reference, a metric and its day, a pair and its month",
        "Retract all but one of them.",
        records.keys_are_known_once,
    ),
    Check(
        "flows_do_not_overlap",
        "No day of a flow is observed twice",
        "Correct or retract one of the two observations.",
        records.flows_do_not_overlap,
    ),
    Check(
        "agreements_do_not_overlap",
        "No worth, link, rate, allocation, assignment or membership holds twice on a day",
        "Correct one of the two so that it ends before the other starts.",
        records.agreements_do_not_overlap,
    ),
    Check(
        "recorded_in_order",
        "No fact was recorded in time to come, or retracted before it was recorded",
        "Set the hosts' clocks by a time server; the figures themselves are not touched.",
        records.recorded_in_order,
    ),
)


def run_checks(*, seed: int, sample: int = SAMPLE) -> list[dict[str, Any]]:
    """Return the outcome of every check, as plain data; they all see the same moment.

    The seed says which product-months and months are drawn, so that a finding can be had again.
    """
    with one_moment():
        now = Moment(seed=seed, sample=sample)
        return [_looked(check, now) for check in CHECKS]


def _looked(check: Check, now: Moment) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        if connection.in_atomic_block:
            with transaction.atomic():  # what fails in the database must not take the next checks with it
                finding = check.look(now)
        else:
            finding = check.look(now)
    except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        # Figures so damaged that they cannot even be read are the worst case, and must be told like any other.
        log.exception("invariant could not be checked", check=check.name)
        finding = Finding(0, "could not be checked")
        finding.add(Wrong("The check itself", f"{type(error).__name__}: {error}"[:300], "that the data can be read"))
    return as_outcome(check, finding, time.perf_counter() - begun)
