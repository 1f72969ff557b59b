"""Pages of baselines."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from products.roadmaps.models import Baseline


@require_GET
def baseline_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Baseline.objects.visible_to(request.user), pk=pk)
    return render(request, "roadmaps/baseline_detail.html", {"baseline": row})
