"""Why a budget and what is spent of it differ: causes that add up to the difference, to the cent.

    variance = budget - (actual + forecast)

The plan is what was allocated on the period's first day, at that day's exchange rates, carried on through the period.
The budget differs from it by changes of allocation, by exchange rates, and by transfers and what is carried forward.
The plan is laid over accounts by their share of what was spent in the year before the period (and over the teams that
the books do not pay for by theirs), and each account's cause is that part less what it takes now, at the exchange
rates of the first day, without commitments and without corrections for earlier months: those are causes of their own.
Where nothing was spent in the year before there is no such share, and what is left stands in one lump, "no basis".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from funding.outlook.lines import shared
from portfolio.common.spreading import from_cents

MOST_ACCOUNTS = 4  # that are told by name; the others stand together

MOVED = "Transfers and carry-forward"
CHANGES = "Changes of allocation"
EXCHANGE = "Exchange rates"
COMMITMENTS = "Commitments not in the books yet"
CORRECTIONS = "Corrections for earlier months"
TEAMS = "People not in the ledger"
NO_ACCOUNT = "Costs without an account"
OTHERS = "Other accounts"
NO_BASIS = "No spending of the year before to compare with"

Accounts = Mapping[str | None, int]


@dataclass(frozen=True)
class Cause:
    """One reason, and what it adds to what is left, in cents: below zero where it takes from it."""

    name: str
    cents: int

    @property
    def amount(self) -> Decimal:
        """What it adds, as an amount."""
        return from_cents(self.cents)


def causes(
    *,
    plan: int,
    changed: int,
    budget_rates: int,
    moved: int,
    spent: Accounts,
    committed: int,
    corrections: Accounts,
    spent_rates: Accounts,
    year_before: Accounts,
) -> list[Cause]:
    """Return the causes that are not nothing, the largest first.

    `spent` is what was and will be spent by account, without what is `committed`; `corrections` and `spent_rates` are
    the parts of it that are due to these. They add up to plan + changed + budget_rates + moved - spent - committed.
    """
    found = {
        MOVED: moved,
        CHANGES: changed,
        EXCHANGE: budget_rates - sum(spent_rates.values()),
        COMMITMENTS: -committed,
        CORRECTIONS: -sum(corrections.values()),
    }
    accounts = {*spent, *corrections, *spent_rates}
    plain = {
        account: spent.get(account, 0) - corrections.get(account, 0) - spent_rates.get(account, 0)
        for account in accounts
    }
    if sum(year_before.values()) > 0:
        ordered = {account: year_before[account] for account in sorted(year_before, key=_named)}
        expected = shared(plan, ordered)
        found |= _by_account(
            {one: expected.get(one, 0) - plain.get(one, 0) for one in sorted({*expected, *plain}, key=_named)}
        )
    else:
        found[NO_BASIS] = plan - sum(plain.values())
    told = [Cause(name, cents) for name, cents in found.items() if cents]
    return sorted(told, key=lambda cause: -abs(cause.cents))


def _named(account: str | None) -> str:
    return TEAMS if account is None else f"Account {account}" if account else NO_ACCOUNT


def _by_account(differences: Accounts) -> dict[str, int]:
    """Return the differences by name, the smallest together where there are many."""
    ordered = sorted(differences.items(), key=lambda item: -abs(item[1]))
    if len(ordered) <= MOST_ACCOUNTS + 1:
        return {_named(account): cents for account, cents in ordered}
    told = {_named(account): cents for account, cents in ordered[:MOST_ACCOUNTS]}
    return told | {OTHERS: sum(cents for _, cents in ordered[MOST_ACCOUNTS:])}
