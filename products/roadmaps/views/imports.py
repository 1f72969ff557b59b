"""The way to the import of items: the page that takes files of every kind."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe


@require_safe
def item_import(request: HttpRequest) -> HttpResponse:
    """Go to where files are uploaded, with items chosen."""
    return redirect(f"{reverse('intake:import')}?kind=roadmap-items")
