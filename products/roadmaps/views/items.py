"""Pages of items."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from products.roadmaps.models import Item


@require_GET
def item_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Item.objects.visible_to(request.user), code=code)
    return render(request, "roadmaps/item_detail.html", {"item": row})
