"""Pages of results."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from products.roadmaps.models import Experiment


@require_GET
def result_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one."""
    row = get_object_or_404(Experiment.objects.visible_to(request.user), pk=pk)
    return render(request, "roadmaps/result_detail.html", {"result": row})
