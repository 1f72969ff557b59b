"""Checks of what many writes come to together: made once, when the last of them is done and before they commit.

A row by itself is checked by its `guard`. What a split of money as a whole must keep can only be told of all its rows:
moving money from one product to another is two writes, of which the first alone may break a rule.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Check = Callable[[list[Any]], None]

#: What each check is to be given, in the order of the writes; None while nothing is checked together.
_waiting: ContextVar[dict[Check, list[Any]] | None] = ContextVar("waiting", default=None)


def check_afterwards(check: Check, what: Any) -> None:
    """Have `check` called with a list of all that it was asked for, `what` among it, at the end of the writes.

    RuntimeError outside of `checked_together`: a row that is only about to be written cannot be counted yet.
    """
    waiting = _waiting.get()
    if waiting is None:
        raise RuntimeError("Whoever writes such rows does it inside of checked_together, as the actions do.")
    waiting.setdefault(check, []).append(what)


@contextmanager
def checked_together(unless: Callable[[], Any] = lambda: False) -> Iterator[None]:
    """Make the checks that writes inside ask for once, at the end; inside another one, at the end of that.

    For writes in one transaction, which must be open already. What a check raises is raised here. What was asked for
    is forgotten where the writes failed: by an exception, or where `unless` says so at the end.
    """
    outer = _waiting.get()
    own: dict[Check, list[Any]] = {}
    token = _waiting.set(own)
    try:
        yield
    finally:
        _waiting.reset(token)
    if unless():
        return
    for check, given in own.items():
        if outer is None:
            check(given)
        else:
            outer.setdefault(check, []).extend(given)
