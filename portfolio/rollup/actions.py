"""Bringing standings up to date."""


def refresh_standings() -> None:
    """Claim the stale marks and bring their product-months up to date."""
