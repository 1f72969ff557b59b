"""Parts of pages that are the same for all who may read, kept for as long as the figures they show are the latest.

A part is rendered without the request's user, session or messages: nothing of one reader can reach another, and no
CSRF token is kept. What differs between readers, and what is of this moment (how fresh the figures are), is rendered
around the parts.
"""

from hashlib import blake2b
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from portfolio.common.context import twofold
from portfolio.common.months import today
from portfolio.rollup.pulse import Pulse

KEPT_FOR = 900  # seconds after which reasons that lean on the clock are told anew

Parts = dict[str, Any]


def key(name: str, request: HttpRequest, beat: Pulse, *more: object) -> str:
    """Return the key of a page's parts: which figures, for which day, everything that the address asks, and more.

    `more` is what else the parts depend on, told by its `repr`.
    """
    asked = (request.path, request.GET.urlencode())
    told = (*asked, *sorted(twofold(None).items()), settings.TWOFOLD_FISCAL_YEAR_START, *more)
    return f"parts:{name}:{beat.key}:{today():%Y%m%d}:{blake2b(repr(told).encode(), digest_size=16).hexdigest()}"


def kept(key: str) -> Parts | None:
    """Return parts that were kept."""
    return cache.get(key)


def keep(key: str, parts: Parts) -> None:
    """Keep parts."""
    cache.set(key, parts, KEPT_FOR)


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Compress a page of figures, for who takes it so: a tenth of its bytes.

    Only pages that show nothing secret that stays the same are compressed (their CSRF tokens are masked anew each
    time), and Django adds a random length, so that nothing can be guessed from how well they compress (BREACH).
    """
    return _gzip.process_response(request, response)


_gzip = GZipMiddleware(lambda request: HttpResponse())


def render(template: str, request: HttpRequest, context: dict[str, Any]) -> SafeString:
    """Render a part: of the request it is told the address alone."""
    address = SimpleNamespace(GET=request.GET, path=request.path)
    return render_to_string(template, twofold(None) | context | {"request": address})


def parted(template: str, request: HttpRequest, context: dict[str, Any]) -> tuple[SafeString, SafeString]:
    """Render a part, and return what stands before and after its `seam`: there comes what is of this moment."""
    seam = SafeString("<!-- seam -->")
    before, _, after = render(template, request, context | {"seam": seam}).partition(seam)
    return SafeString(before), SafeString(after)
