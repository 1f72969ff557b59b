"""How people come in: accounts are made by an administrator, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter


class ClosedSignup(DefaultAccountAdapter):
    """Sign-in without sign-up."""

    def is_open_for_signup(self, request) -> bool:
        """Return False: an administrator makes the accounts."""
        return False
