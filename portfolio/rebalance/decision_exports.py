"""Decisions, their predictions, and what to measure next, as files."""

from portfolio.common.exports import Export
from portfolio.rebalance.models import Decision

DECISIONS = Export(
    "decisions",
    Decision,
    "id title status value_stream starts why",
    "proposed_by proposed_at applied_by applied_at ended_by ended_at ended_why scenario scenario_version reverts "
    "known_at run seed digest",
)
