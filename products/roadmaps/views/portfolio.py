"""The portfolio's roadmap: the items of all roadmaps on one page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portfolio.common import pages
from products.roadmaps import across
from products.roadmaps.across_filters import AcrossFilter
from products.roadmaps.models import Item


@require_safe
def roadmap_portfolio(request: HttpRequest) -> HttpResponse:
    """Show what is to be done on all roadmaps, grouped and filtered by the address; for htmx, the groups alone."""
    filterset = AcrossFilter(request.GET, Item.objects.visible_to(request.user).open(), request=request)
    found = across.read(
        filterset.qs, filterset.grouped_by, group=request.GET.get("group", ""), page=request.GET.get("page")
    )
    context = {"filter": filterset, "across": found, "page": found.page}
    response = render(request, pages.page_or_fragment(request, "roadmaps/roadmap_portfolio_list.html"), context)
    response.headers["Vary"] = "HX-Request, Cookie"
    return response
