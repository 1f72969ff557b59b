"""What every page says about its figures: how fresh they are."""

from django.utils.functional import SimpleLazyObject

from portfolio.rollup.freshness import freshness as read_freshness


def freshness(request) -> dict:
    """Return `freshness`, read only where a template shows it, and only to who is signed in."""
    user = getattr(request, "user", None)  # an error before sign-in is read has none
    if user is None or not user.is_authenticated:
        return {}
    return {"freshness": SimpleLazyObject(read_freshness)}
