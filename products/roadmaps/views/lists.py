"""The items of all roadmaps as one list, and a roadmap as a document."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from portfolio.common import access, pages
from products.roadmaps import exports, markdown
from products.roadmaps.item_filters import PLACE, ItemTable
from products.roadmaps.models import Item, Roadmap


@require_safe
def item_list(request: HttpRequest) -> HttpResponseBase:
    """List the items of all roadmaps, roadmap by roadmap in their order."""
    items = Item.objects.visible_to(request.user).for_table().annotate(place=PLACE)
    return pages.render_list(
        request,
        "roadmaps/item_list.html",
        ItemTable(request.GET, items.order_by("roadmap__name", "roadmap", "place", "rank", "pk")),
        export=exports.ITEMS,
        may_import=access.may_add(request.user, Item),
    )


@require_safe
def roadmap_markdown(request: HttpRequest, code: str) -> HttpResponse:
    """Give a roadmap as a document to read, in Markdown."""
    roadmap = get_object_or_404(Roadmap.objects.visible_to(request.user).for_table(), code=code)
    name = f"roadmap-{roadmap.code}_{timezone.now():%Y-%m-%dT%H%MZ}.md"
    return HttpResponse(
        markdown.document(roadmap),
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
