"""Where money comes from, what it is allotted to, and what was spent: streams, allocations, ledger, exchange rates."""
