"""The page that a partner comes to: their roadmaps, what changed since they signed, and what is due."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from products.roadmaps.homes import home_of


@require_GET
def roadmap_home(request: HttpRequest) -> HttpResponse:
    """Show the reader what their roadmaps ask of them."""
    rows, elsewhere = home_of(request.user)
    return render(request, "roadmaps/roadmap_home.html", {"rows": rows, "elsewhere": elsewhere})
