"""Pages of roadmaps."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_safe

from products.roadmaps.models import Roadmap


@require_safe
def roadmap_list(request: HttpRequest) -> HttpResponse:
    """List the roadmaps."""
    rows = Roadmap.objects.visible_to(request.user).for_table()
    return render(request, "roadmaps/roadmap_list.html", {"rows": rows})


@require_GET
def roadmap_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Roadmap.objects.visible_to(request.user), code=code)
    return render(request, "roadmaps/roadmap_detail.html", {"roadmap": row})
