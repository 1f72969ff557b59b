"""The page of what waits for whoever is signed in."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portfolio.board.today import SHOWN, SOURCES, Group, queue
from portfolio.common import months
from portfolio.common.pages import PAGE_SIZE


@never_cache
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show what waits: ten of each kind, or with `?show=metrics` all of one kind, by page."""
    show = request.GET.get("show", "")
    source = next((one for one in SOURCES if one.key == show), None)
    if show and source is None:
        raise Http404(f"Nothing is called {show!r} here; there are {', '.join(one.key for one in SOURCES)}.")
    number = max(1, int(text)) if (text := request.GET.get("page", "1")).isdecimal() and len(text) < 7 else 1
    span = slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE) if source else slice(0, SHOWN)
    groups = queue(request.user, months.today(), show=show, span=span)
    context = {"groups": groups, "source": source, "count": sum(group.count for group in groups)}
    if source:
        context["page"] = _page(groups, number)
    return render(request, "board/today.html", context)


def _page(groups: list[Group], number: int):
    """Return what the pagination shows: the entries are read by page already."""
    return Paginator(range(sum(group.count for group in groups)), PAGE_SIZE).get_page(number)
