"""The page on which order a roadmap's items would return most, and whether its teams can do them."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portfolio.common import access
from products.roadmaps import capacity, chains, priorities
from products.roadmaps.models import Horizon, Roadmap


class HorizonForm(forms.Form):
    """Which horizon is shown; all of them by default."""

    horizon = forms.ChoiceField(choices=[("", "all"), *Horizon.choices], required=False)


@require_GET
def roadmap_order(request: HttpRequest, code: str) -> HttpResponse:
    """Show the order by value for effort beside that by hand, what waiting costs, and what is asked of the teams."""
    rows = Roadmap.objects.visible_to(request.user).prefetch_related("products")
    roadmap = get_object_or_404(rows, code=code)
    form = HorizonForm(request.GET)
    horizon = form.cleaned_data["horizon"] if form.is_valid() else ""
    found = chains.around(roadmap)
    suggested = priorities.suggestions(roadmap, found=found)
    own = [item for item in found.items.values() if item.roadmap_id == roadmap.pk]
    return render(
        request,
        "roadmaps/roadmap_order.html",
        {
            "roadmap": roadmap,
            "form": form,
            "suggestions": [one for one in suggested if horizon in ("", one.horizon)],
            "spans": [one for one in capacity.spans(roadmap, own) if horizon in ("", one.horizon)],
            "slips": chains.slips(found, roadmap=roadmap.pk),
            "may_write": access.may_write(request.user, roadmap),
        },
        status=200 if form.is_valid() else 400,
    )
