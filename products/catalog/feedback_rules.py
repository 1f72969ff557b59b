"""The rules of a public form, over plain values: how much it takes in how much time, and what looks like spam.

Nobody signs in to say how it went, so that anybody, and anything, can send. What is sent is taken up to a bounded rate,
and beyond it refused with the time after which it will be taken; what looks like spam is kept apart, not refused, since
a customer may well name an address.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

LEAST_SECONDS = 3  #: from opening the form to sending it: who reads a question needs more
LONGEST = timedelta(hours=12)  #: that a form may lie open before it is sent
_LINK = re.compile(r"https?:|www\.|\[url|<a\s|\b[a-z0-9-]+\.(?:com|net|org|info|biz|ru|cn|top|xyz|shop|online)\b", re.I)


@dataclass(frozen=True)
class Limit:
    """At most so many in any span of time."""

    most: int
    per: timedelta

    def wait(self, latest: Sequence[datetime], now: datetime) -> int:
        """Return the whole seconds until one more may come; 0 where it may at once.

        `latest` are the moments of those that came last, latest first, at least `most` of them where there are so many.
        The span slides: no minute, wherever it begins, has more than `most`.
        """
        if self.most < 1:
            return ceil(self.per.total_seconds())
        if len(latest) < self.most:
            return 0
        free_at = latest[self.most - 1] + self.per
        return max(0, ceil((free_at - now).total_seconds()))


def has_link(text: str) -> bool:
    """Return whether a text names an address of the web."""
    return bool(_LINK.search(text))


def looks_like_spam(text: str, *, trap: str, seconds: float) -> bool:
    """Return whether what was sent is to be kept apart from what customers say.

    `trap` is what stands in a field that people do not see; `seconds` is how long the form was open.
    """
    return bool(trap.strip()) or seconds < LEAST_SECONDS or has_link(text)


def sender_of(address: str, day: date, *, key: str) -> str:
    """Return by what senders are told apart on a day: a keyed hash, from which the address cannot be had again.

    On another day it is another. Of an IPv6 address only the network counts, since a household has a whole one.
    """
    try:
        found = ip_address(address.strip())
    except ValueError:
        plain = address.strip()
    else:
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        plain = str(mapped or (found if found.version == 4 else IPv6Address(int(found) >> 64 << 64)))
    return hmac.new(key.encode(), f"feedback {day} {plain}".encode(), "sha256").hexdigest()
