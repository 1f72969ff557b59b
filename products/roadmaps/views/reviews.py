"""Pages of reviews."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from products.roadmaps.models import Review


@require_GET
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Review.objects.visible_to(request.user), pk=pk)
    return render(request, "roadmaps/review_detail.html", {"review": row})
