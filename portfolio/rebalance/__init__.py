"""Where the next dollar should go: scenarios, the decisions made of them, and whether they did what was predicted."""
