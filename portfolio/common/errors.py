"""The base of every refusal. A message says what was found, what was needed and how to mend it."""

from collections.abc import Mapping
from typing import Any


class TwofoldError(Exception):
    """Something the user can mend; pages and API show the message as it is."""


class NotAllowed(TwofoldError):
    """The user's roles do not cover this change."""


class Busy(TwofoldError):
    """As much of this is under way already as can be at once; it is worth trying again in a while."""

    RETRY_AFTER = 30  # seconds


class Unavailable(TwofoldError):
    """The database does not answer, or has no connection left to give."""

    RETRY_AFTER = 5  # seconds

    def __init__(self) -> None:
        super().__init__(
            "The database does not answer at the moment. What you sent may not have been saved: look, or send it again."
        )


class AlreadyRetracted(TwofoldError):
    """The row was corrected or retracted by someone else in the meantime."""


class Moved(TwofoldError):
    """The row is not at the version any more that the caller saw; `found` says what changed, for programs to read."""

    found: Mapping[str, Any] = {}


class NeedsVersion(TwofoldError):
    """A change that must name the version that it is made to names none."""
