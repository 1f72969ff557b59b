"""Decisions, their predictions, and what to measure next, as files."""

from functools import cached_property

from portfolio.common import sheets
from portfolio.common.exports import Column, Export
from portfolio.rebalance.models import Decision

DECISIONS = Export(
    "decisions",
    Decision,
    "id title status value_stream starts why",
    "proposed_by proposed_at applied_by applied_at ended_by ended_at ended_why scenario scenario_version reverts "
    "known_at run seed digest",
)


class _Needs(Export):
    """What is worked out, and stands in no table: its columns are named by hand."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the file's order."""
        return (
            Column("kind", "kind", sheets.CODE),
            Column("code", "code", sheets.CODE),
            Column("name", "name", sheets.TEXT),
            Column("product", "product_code", sheets.CODE),
            Column("value_stream", "value_stream", sheets.CODE),
            Column("value_a_month", "value", sheets.RATIO),
            Column("probability", "probability", sheets.RATIO),
            Column("moved_a_month", "moved", sheets.RATIO),
            Column("low", "low", sheets.RATIO),
            Column("high", "high", sheets.RATIO),
            Column("method", "method", sheets.TEXT),
        )


NEEDS = _Needs("measure-next", Decision, "")
