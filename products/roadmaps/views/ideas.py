"""Pages of ideas."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from products.roadmaps.models import Idea


@require_GET
def idea_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Idea.objects.visible_to(request.user), pk=pk)
    return render(request, "roadmaps/idea_detail.html", {"idea": row})
