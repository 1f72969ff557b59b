"""How rows of each kind of fact are loaded by the hundred thousand: statements over a staging table.

What each kind refuses is said once, in its model and in `portfolio.intake.facts`. The statements here only find the
rows that may have to be refused: all of those, and hardly any other. They find, too, which rows stand, write the rest,
and mark the months that this changes: the same as `touched` of the model says row by row.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, models

from funding.models import LedgerEntry, hold_conversion
from portfolio.common import access
from portfolio.common.models import User
from portfolio.common.money import base_currency
from portfolio.common.months import FIRST_DAY, LAST_DAY
from portfolio.common.recorded import Fact
from portfolio.intake import staging
from portfolio.intake.staging import converted, day_before, first_of_month, last_before, later, month_before
from portfolio.network.models import Usage
from products.value.models import Behaviour, Observation

# Every piece below is put together from names and dates of ours; what comes from outside is in the staging table.
# ruff: noqa: S608


def run(sql: str, parameters: Any = None) -> int:
    """Execute a statement; return how many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def ask(sql: str, parameters: Any = None) -> list[tuple]:
    """Return the rows that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


@dataclass
class Found:
    """How many of a batch's rows stand already, and how many of these with other facts."""

    standing: int = 0
    differing: int = 0


class Plan(ABC):
    """The statements of one kind. In them `s` is the staging table, `f` what was found, `o` the row that stands."""

    model: type[Fact]
    key: tuple[str, ...]  #: the staged columns that tell rows apart
    columns: dict[str, str]  #: the staged columns, in the order of the kind's, with their types
    standing: str  #: the join from `s` to the row `o` that stands with its key
    facts: dict[str, str]  #: the model's columns, each with the expression for what a new row has in it
    held: tuple[tuple[str, str, str], ...]  #: tables that are referred to, by which column, and how they are locked
    differs: str  #: whether what `s` gives is not what `o` has

    @property
    def table(self) -> str:
        """The table of facts."""
        return self.model._meta.db_table

    # -- Before anything is compared ----------------------------------------------------------------------------------

    def hold(self, *, by: User | None) -> bool:
        """Hold what the rows refer to until the end, in one statement; return whether all of it is still there.

        Rows are held in the order of their keys, so that two batches do not wait for each other.
        """
        asked = [part for held in self.held for part in _held(*held)]
        who = "1"
        if by:
            who = f"(SELECT count(*) FROM (SELECT id FROM common_user WHERE id = {by.pk}{staging.lock('KEY SHARE')}) u)"
        row = ask(f"SELECT {', '.join([*asked, who, *self.asked_along])}")[0]
        self.told_along(row[len(asked) + 1 :])
        pairs = zip(row[0 : len(asked) : 2], row[1 : len(asked) : 2], strict=True)
        return all(there == needed for there, needed in pairs) and row[len(asked)] == 1

    asked_along: tuple[str, ...] = ()  #: what else is asked of the staging table in the same statement

    def told_along(self, answers: tuple) -> None:  # noqa: B027 - most kinds ask nothing
        """Take what was asked along."""

    # -- What stands --------------------------------------------------------------------------------------------------

    def find(self) -> Found:
        """Make the table `found`: for each row that stands already, its key there, and whether facts differ."""
        count = staging.make(
            "found",
            f"SELECT s.row, o.id, ({self.differs}) AS differs FROM staging s "
            f"JOIN {self.table} o ON {self.standing} AND o.retracted_at IS NULL",
        )
        return Found(count, self._differing() if count else 0)

    def _differing(self) -> int:
        return ask("SELECT count(*) FROM found WHERE differs")[0][0]

    def new(self, found: Found) -> str:
        """Return the source of the rows: `s`, and where some stand already, `f` and `o` of those."""
        if not found.standing:
            return "staging s"
        return f"staging s LEFT JOIN found f ON f.row = s.row LEFT JOIN {self.table} o ON o.id = f.id"

    # -- What may have to be refused ----------------------------------------------------------------------------------

    def repeated(self) -> Iterator[tuple[int, int]]:
        """Yield the number of each row with the key of an earlier one, and that one's number; mark them as bad."""
        keys = ", ".join(self.key)
        again = ask(
            f"SELECT row, first FROM (SELECT row, min(row) OVER (PARTITION BY {keys}) AS first FROM staging) w "
            "WHERE first < row ORDER BY row"
        )
        if again:
            run(
                f"UPDATE staging SET is_bad = true WHERE row IN (SELECT row FROM (SELECT row, min(row) OVER "
                f"(PARTITION BY {keys}) AS first FROM staging) w WHERE first < row)"
            )
        yield from again

    def has_repeated(self, *, has_bad: bool) -> bool:
        """Return whether any two rows have the same key; `has_bad` is whether rows are in the table for that alone."""
        keys = ", ".join(self.key)
        return bool(ask(f"SELECT 1 FROM staging GROUP BY {keys} HAVING count(*) > 1 LIMIT 1"))

    @abstractmethod
    def suspects(self, found: Found, *, by: User | None) -> int:
        """Make the table `flagged` of the rows that may have to be refused; return how many there are."""

    def _flag(self, source: str, conditions: list[str]) -> int:
        changed = " AND (f.id IS NULL OR f.differs)" if "found f" in source else ""
        return staging.make(
            "flagged", f"SELECT s.row FROM {source} WHERE NOT s.is_bad{changed} AND ({' OR '.join(conditions)})"
        )

    # -- The writing --------------------------------------------------------------------------------------------------

    def latest(self) -> Any:
        """Return when the last of the rows that are corrected was recorded, as the database has it."""
        return ask(f"SELECT max(o.recorded_at) FROM found f JOIN {self.table} o ON o.id = f.id WHERE f.differs")[0][0]

    def retract(self, *, now: Any, by: User | None, reason: str) -> int:
        """Retract the rows that are corrected; return how many there were."""
        return run(
            f"UPDATE {self.table} SET retracted_at = %s, retracted_by_id = %s, reason = %s "
            "WHERE retracted_at IS NULL AND id IN (SELECT id FROM found WHERE differs)",
            [now, by and by.pk, reason],
        )

    def record(self, found: Found, *, now: Any, by: User | None, reason: str) -> int:
        """Record what is new and what corrects; return how many rows that is."""
        is_corrected = found.standing > 0
        facts = {name: filled(value, has_old=is_corrected) for name, value in self.facts.items()}
        corrects = "f.id, CASE WHEN f.id IS NULL THEN '' ELSE %s END" if is_corrected else "NULL, ''"
        source = self.new(found)
        where = "WHERE f.id IS NULL OR f.differs" if is_corrected else ""
        return run(
            f"INSERT INTO {self.table} (recorded_at, recorded_by_id, corrects_id, reason, {', '.join(facts)}) "
            f"SELECT {_moment()}, {by.pk if by else 'NULL'}, {corrects}, {', '.join(facts.values())} "
            f"FROM {source} {where} ORDER BY {', '.join(f's.{name}' for name in self.key)}",
            [now, *([reason] if is_corrected else [])],
        )

    @abstractmethod
    def spans(self, found: Found) -> str:
        """Return the query of `product_id`, `first`, `last` and `cause` of what the written rows change."""

    def mark(self, found: Found, *, now: Any, horizon: date) -> int:
        """Mark the months that the written rows change as stale; return how many marks that is."""
        months = staging.months_between(self.spans(found), horizon)
        return run(
            f"INSERT INTO common_stalemark (product_id, month, cause, marked_at) "
            f"SELECT m.*, {_moment()} FROM ({months}) m",
            [now],
        )

    def _cause(self, verb: str) -> str:
        return f"'{self.model._meta.verbose_name} {verb}'"


def _moment() -> str:
    return "CAST(%s AS timestamptz)" if staging.is_postgresql() else "%s"


def uncovered(products: list[str], *, model: type[models.Model], by: User | None) -> list[str]:
    """Return the condition that a user's roles cover none of some products, given as aliases of joined tables."""
    if by is None:
        return []
    covered = access.reach(by, access.writers_of(model))
    if covered.is_everything:
        return []
    of = []
    for product in products:
        if covered.products:
            of.append(f"COALESCE({product}.id, 0) IN ({_listed(covered.products)})")
        if covered.streams:
            of.append(f"COALESCE({product}.value_stream_id, 0) IN ({_listed(covered.streams)})")
    return [f"NOT ({' OR '.join(of)})" if of else "true"]


def _listed(keys: frozenset[int]) -> str:
    return ", ".join(str(int(key)) for key in sorted(keys))


def beyond(*days: str) -> list[str]:
    """Return the conditions that a day is out of the calendar's reach."""
    return [f"s.{day} NOT BETWEEN '{FIRST_DAY}' AND '{LAST_DAY}'" for day in days]


# -- Observations -----------------------------------------------------------------------------------------------------


class ObservationPlan(Plan):
    """Observations: those of a flow must not overlap, those of a level are for a day."""

    model = Observation
    key = ("metric_id", "starts")
    columns = {
        "metric_id": "bigint", "starts": "date", "ends": "date", "value": "numeric(15, 4)", "source": "text",
        "is_illustrative": "boolean",
    }  # fmt: skip
    # No two loads of a metric, and no change of what it is, at the same time.
    held = (("value_metric", "metric_id", "NO KEY UPDATE"),)
    standing = "o.metric_id = s.metric_id AND o.starts = s.starts"
    differs = (
        "o.ends <> s.ends OR o.value <> s.value OR COALESCE(s.source, o.source) <> o.source "
        "OR COALESCE(s.is_illustrative, o.is_illustrative) <> o.is_illustrative"
    )
    facts = {
        "metric_id": "s.metric_id",
        "starts": "s.starts",
        "ends": "s.ends",
        "value": "s.value",
        "source": "COALESCE(s.source, {o.source}, '')",
        "is_illustrative": "COALESCE(s.is_illustrative, {o.is_illustrative}, false)",
    }

    is_crowded = True  #: whether days of the batch may be in each other's way
    in_the_way = 0  #: metrics of which days that stand are in the way of given ones

    # The rows sorted by their days: what starts on a day that was begun may be repeated, or be in the way.
    asked_along = (
        "EXISTS (SELECT 1 FROM (SELECT starts, lag(starts) OVER w AS begun, lag(ends) OVER w AS before FROM staging "
        "WINDOW w AS (PARTITION BY metric_id ORDER BY starts)) d WHERE before > starts OR begun = starts)",
    )

    def told_along(self, answers: tuple) -> None:
        """Take whether any day of the batch may be in the way of another."""
        (self.is_crowded,) = answers

    def has_repeated(self, *, has_bad: bool) -> bool:
        """Look for repeated days where there may be any."""
        self.is_crowded = self.is_crowded or has_bad
        return bool(self.is_crowded) and super().has_repeated(has_bad=has_bad)

    def find(self) -> Found:
        """Look for rows that stand only among metrics that have any by the end of what is given.

        The days of a metric that stand do not overlap, so the last of them to start before all the given ones end
        tells: where it ends before they start, nothing of the metric is in their way, and nothing is corrected.
        """
        busy = staging.make(
            "busy",
            "SELECT s.metric_id FROM (SELECT metric_id, min(starts) AS first, max(ends) AS after FROM staging "
            f"GROUP BY metric_id) s {last_before(self.table, 'metric_id', 'starts', 's.after')} WHERE o.ends > s.first",
        )
        if not busy:
            return Found()
        # The same again, row by row: the last that starts before a row ends is the one it corrects, or in its way, or
        # over by then.
        near = staging.make(
            "found",
            f"SELECT s.row, s.metric_id, o.id, (o.starts = s.starts) AS stands, ({self.differs}) AS differs "
            "FROM (SELECT * FROM staging WHERE metric_id IN (SELECT metric_id FROM busy) ORDER BY metric_id, starts) s "
            f"{last_before(self.table, 'metric_id', 'starts', 's.ends')} WHERE o.ends > s.starts",
        )
        if not near:
            return Found()
        if ask("SELECT 1 FROM found WHERE NOT stands LIMIT 1"):
            self.in_the_way = staging.make("taken", "SELECT DISTINCT metric_id FROM found WHERE NOT stands")
            near -= run("DELETE FROM found WHERE NOT stands")
        return Found(near, self._differing())

    def suspects(self, found: Found, *, by: User | None) -> int:
        """Flag rows that are wrong by themselves, and all rows of metrics whose days may be counted twice."""
        source = f"{self.new(found)} JOIN value_metric m ON m.id = s.metric_id "
        source += "JOIN catalog_product p ON p.id = m.product_id"
        one_day = "s.ends - s.starts <> 1" if staging.is_postgresql() else "date(s.starts, '+1 day') <> s.ends"
        alone = [
            "s.starts >= s.ends",
            *beyond("starts", "ends"),
            f"(m.behaviour = '{Behaviour.LEVEL}' AND {one_day})",
            *uncovered(["p"], model=self.model, by=by),
        ]
        if self.is_crowded:
            alone.append(
                "s.metric_id IN (SELECT w.metric_id FROM (SELECT metric_id, starts, lag(ends) OVER "
                "(PARTITION BY metric_id ORDER BY starts, row) AS before FROM staging WHERE NOT is_bad) w "
                "WHERE w.before > w.starts)"
            )
        if self.in_the_way:
            alone.append("s.metric_id IN (SELECT metric_id FROM taken)")
        if found.differing:  # what stands for a score is the score's to correct
            scored = "SELECT observation_id FROM value_score WHERE retracted_at IS NULL AND observation_id IS NOT NULL"
            alone.append(f"f.id IN ({scored})")
        return self._flag(source, alone)

    def spans(self, found: Found) -> str:
        """From the month of the days to when the metric is next observed: once for each metric and month.

        Of a metric's rows in one month the last to start tells when the next one is made, and the last to end how far
        they reach: together these cover the months of all.
        """
        if found.differing:
            source = f"{self.new(found)} WHERE f.id IS NULL OR f.differs"
            ends = later("s.ends", "COALESCE(o.ends, s.ends)")
            cause = f"CASE WHEN f.id IS NULL THEN {self._cause('recorded')} ELSE {self._cause('corrected')} END"
        elif found.standing:
            source, ends, cause = f"{self.new(found)} WHERE f.id IS NULL", "s.ends", self._cause("recorded")
        else:
            source, ends, cause = "staging s", "s.ends", self._cause("recorded")
        month = first_of_month("s.starts")
        # In the order of the index that is asked for what follows: its pages are met once.
        return f"""
            SELECT m.product_id, g.month AS first, g.last, g.cause FROM (
                SELECT h.metric_id, h.month, h.cause, (
                    SELECT {later("min(n.starts)", "h.last_day")} FROM value_observation n
                    WHERE n.metric_id = h.metric_id AND n.retracted_at IS NULL AND n.starts > h.last_starts
                ) AS last FROM (
                    SELECT s.metric_id, {month} AS month, max(s.starts) AS last_starts,
                           {day_before(f"max({ends})")} AS last_day, max({cause}) AS cause
                    FROM {source} GROUP BY s.metric_id, {month} ORDER BY 1, 2
                ) h
            ) g JOIN value_metric m ON m.id = g.metric_id
            """


# -- Ledger entries ---------------------------------------------------------------------------------------------------


class LedgerEntryPlan(Plan):
    """Ledger entries: converted at the rate of their first day."""

    model = LedgerEntry
    key = ("reference",)
    columns = {
        "reference": "text", "product_id": "bigint", "stream_id": "bigint", "starts": "date", "ends": "date",
        "amount": "numeric(15, 2)", "currency": "text", "account": "text", "includes_labour": "boolean",
        "is_capital": "boolean", "memo": "text", "is_illustrative": "boolean",
    }  # fmt: skip
    held = (("catalog_product", "product_id", "KEY SHARE"), ("funding_fundingstream", "stream_id", "KEY SHARE"))
    standing = "o.reference = s.reference"
    differs = (
        "o.product_id <> s.product_id OR COALESCE(s.stream_id, o.stream_id, 0) <> COALESCE(o.stream_id, 0) "
        "OR o.starts <> s.starts OR o.ends <> s.ends OR o.amount <> s.amount "
        "OR COALESCE(s.currency, o.currency) <> o.currency OR COALESCE(s.account, o.account) <> o.account "
        "OR COALESCE(s.includes_labour, o.includes_labour) <> o.includes_labour "
        "OR COALESCE(s.is_capital, o.is_capital) <> o.is_capital "
        "OR COALESCE(s.memo, o.memo) <> o.memo "
        "OR COALESCE(s.is_illustrative, o.is_illustrative) <> o.is_illustrative"
    )

    @property
    def currency(self) -> str:
        """The expression for the currency that a row comes to be in."""
        return f"COALESCE(s.currency, {{o.currency}}, '{base_currency()}')"

    @property
    def base_amount(self) -> str:
        """The expression for the amount in the base currency; none where there is no rate."""
        rate = (
            f"(SELECT r.rate FROM funding_exchangerate r WHERE r.retracted_at IS NULL AND r.currency = {self.currency} "
            f"AND r.base = '{base_currency()}' AND r.starts <= s.starts AND (r.ends > s.starts OR r.ends IS NULL))"
        )
        return f"CASE WHEN {self.currency} = '{base_currency()}' THEN s.amount ELSE {converted('s.amount', rate)} END"

    @property
    def facts(self) -> dict[str, str]:  # type: ignore[override]
        """What a new row has in each column."""
        return {
            "reference": "s.reference",
            "product_id": "s.product_id",
            "stream_id": "NULLIF(COALESCE(s.stream_id, {o.stream_id}), 0)",
            "starts": "s.starts",
            "ends": "s.ends",
            "amount": "s.amount",
            "currency": self.currency,
            "base_amount": self.base_amount,
            "account": "COALESCE(s.account, {o.account}, '')",
            "includes_labour": "COALESCE(s.includes_labour, {o.includes_labour}, false)",
            "is_capital": "COALESCE(s.is_capital, {o.is_capital}, false)",
            "memo": "COALESCE(s.memo, {o.memo}, '')",
            "is_illustrative": "COALESCE(s.is_illustrative, {o.is_illustrative}, false)",
        }

    def hold(self, *, by: User | None) -> bool:
        """Hold the products and streams, and wait for changes of the rates: always in the same order."""
        are_there = super().hold(by=by)
        if staging.is_postgresql():
            given = {code for (code,) in ask("SELECT DISTINCT currency FROM staging WHERE NOT is_bad")}
            if None in given:  # those keep the currency that stands
                given |= {
                    code
                    for (code,) in ask(
                        f"SELECT DISTINCT o.currency FROM staging s JOIN {self.table} o ON {self.standing} "
                        "AND o.retracted_at IS NULL WHERE s.currency IS NULL"
                    )
                }
            for code in sorted(given - {None, base_currency()}):
                hold_conversion(code, shared=True)
        return are_there

    def suspects(self, found: Found, *, by: User | None) -> int:
        """Flag rows that cannot be converted, and those that are wrong by themselves."""
        has_old = bool(found.standing)
        source = f"{self.new(found)} JOIN catalog_product p ON p.id = s.product_id"
        conditions = ["s.starts >= s.ends", *beyond("starts", "ends")]
        amount = filled(self.base_amount, has_old=has_old)
        conditions.append(f"COALESCE(abs(CAST({amount} AS numeric)) >= 10000000000000, true)")
        conditions += uncovered(["p"], model=self.model, by=by)
        if has_old and (other := uncovered(["q"], model=self.model, by=by)):
            source += " LEFT JOIN catalog_product q ON q.id = o.product_id"
            conditions.append(f"(o.id IS NOT NULL AND {other[0]})")
        return self._flag(source, conditions)

    def spans(self, found: Found) -> str:
        """All months that an entry is spread over, and that the one it corrects was."""
        if found.standing:
            source = f"{self.new(found)} WHERE f.id IS NULL OR f.differs"
            cause = f"CASE WHEN f.id IS NULL THEN {self._cause('recorded')} ELSE {self._cause('corrected')} END"
        else:
            source, cause = "staging s", self._cause("recorded")
        given = f"""
            SELECT s.product_id, {first_of_month("s.starts")} AS first, {first_of_month(day_before("s.ends"))} AS last,
                   max({cause}) AS cause FROM {source} GROUP BY 1, 2, 3
            """
        if not found.differing:
            return given
        return f"""{given} UNION ALL
            SELECT o.product_id, {first_of_month("o.starts")}, {first_of_month(day_before("o.ends"))},
                   {self._cause("corrected")} FROM found f JOIN {self.table} o ON o.id = f.id
            WHERE f.differs GROUP BY 1, 2, 3
            """


# -- Usage ------------------------------------------------------------------------------------------------------------


class UsagePlan(Plan):
    """Usage: of a supplier, by a consumer that is linked to it, or (consumer 0) by customers outside."""

    model = Usage
    key = ("supplier_id", "consumer_id", "month")
    columns = {
        "supplier_id": "bigint", "consumer_id": "bigint", "month": "date", "quantity": "numeric(15, 4)",
        "is_illustrative": "boolean",
    }  # fmt: skip
    # The suppliers so that no link goes meanwhile.
    held = (("catalog_product", "supplier_id", "NO KEY UPDATE"), ("catalog_product", "consumer_id", "KEY SHARE"))
    standing = "o.supplier_id = s.supplier_id AND COALESCE(o.consumer_id, 0) = s.consumer_id AND o.month = s.month"
    differs = "o.quantity <> s.quantity OR COALESCE(s.is_illustrative, o.is_illustrative) <> o.is_illustrative"
    facts = {
        "supplier_id": "s.supplier_id",
        "consumer_id": "NULLIF(s.consumer_id, 0)",
        "month": "s.month",
        "quantity": "s.quantity",
        "is_illustrative": "COALESCE(s.is_illustrative, {o.is_illustrative}, false)",
    }

    def suspects(self, found: Found, *, by: User | None) -> int:
        """Flag usage without a link, and what is wrong by itself."""
        source = f"{self.new(found)} JOIN catalog_product p ON p.id = s.supplier_id"
        source += " LEFT JOIN catalog_product q ON q.id = s.consumer_id"
        return self._flag(
            source,
            [
                "s.quantity < 0",
                "s.supplier_id = s.consumer_id",
                *beyond("month"),
                "(s.consumer_id <> 0 AND NOT EXISTS (SELECT 1 FROM network_link l WHERE l.supplier_id = s.supplier_id "
                "AND l.consumer_id = s.consumer_id AND l.retracted_at IS NULL AND l.starts <= s.month "
                "AND (l.ends > s.month OR l.ends IS NULL)))",
                *uncovered(["p", "q"], model=self.model, by=by),
            ],
        )

    def spans(self, found: Found) -> str:
        """From each month to the one before the supplier is metered again."""
        if found.standing:
            source = f"{self.new(found)} WHERE f.id IS NULL OR f.differs"
            cause = f"CASE WHEN f.id IS NULL THEN {self._cause('recorded')} ELSE {self._cause('corrected')} END"
        else:
            source, cause = "staging s", self._cause("recorded")
        following = (
            "(SELECT min(n.month) FROM network_usage n WHERE n.supplier_id = g.supplier_id "
            "AND n.retracted_at IS NULL AND n.month > g.month)"
        )
        return f"""
            SELECT g.supplier_id AS product_id, g.month AS first, {month_before(following)} AS last, g.cause FROM (
                SELECT s.supplier_id, s.month, max({cause}) AS cause FROM {source} GROUP BY s.supplier_id, s.month
            ) g
            """


def _held(table: str, column: str, strength: str) -> tuple[str, str]:
    """Return two questions: how many rows that a column refers to are there, and held now; how many it names."""
    different = f"SELECT DISTINCT {column} FROM staging WHERE {column} <> 0 AND NOT is_bad"
    held = f"SELECT id FROM {table} WHERE id IN ({different}) ORDER BY id{staging.lock(strength)}"
    return f"(SELECT count(*) FROM ({held}) h)", f"(SELECT count(*) FROM ({different}) d)"


def filled(expression: str, *, has_old: bool) -> str:
    """Return an expression with what the corrected row had, `{o.column}`; without one there is nothing to keep."""
    if has_old:
        return expression.replace("{", "").replace("}", "")
    for part in expression.split("{")[1:]:
        expression = expression.replace(f"{{{part.split('}')[0]}}}", "NULL")
    return expression


PLANS: dict[type[models.Model], type[Plan]] = {
    LedgerEntry: LedgerEntryPlan,
    Observation: ObservationPlan,
    Usage: UsagePlan,
}
