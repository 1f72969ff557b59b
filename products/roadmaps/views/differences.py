"""The page of what changed between two versions of a roadmap."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from products.roadmaps.agreement_forms import DifferenceForm
from products.roadmaps.comparing import SIGNED, NoSuchVersion, asked_for, compare, ground_of, summed_up
from products.roadmaps.difference import MATERIAL
from products.roadmaps.models import SignOff, Verdict
from products.roadmaps.telling import Names
from products.roadmaps.views.baselines import is_member, roadmap_named

FIRST_SHOWN = 12  #: entries on the first screen, what matters first; `?whole=1` shows them all


@require_GET
def roadmap_difference(request: HttpRequest, code: str) -> HttpResponse:
    """Show what changed: from a baseline, by number, or from what the reader signed last, to another or to now."""
    roadmap = roadmap_named(request, code)
    baselines = list(roadmap.baselines.defer("content").order_by("-number"))
    signed = SignOff.objects.filter(baseline__roadmap=roadmap, by=request.user, verdict=Verdict.SIGNED).exists()
    asked = {name: request.GET.get(name, "").strip() for name in ("from", "to")}
    context = {
        "roadmap": roadmap,
        "baselines": baselines,
        "material": MATERIAL,
        "is_signed": asked["from"] == SIGNED,
        "may_say": is_member(request, roadmap),
    }
    try:
        old, new = asked_for(roadmap, asked["from"], asked["to"], reader=request.user)
    except NoSuchVersion as error:
        form = DifferenceForm(request.GET or None, baselines=baselines, has_signed=signed, found=None, names=Names())
        agreement = reverse("roadmaps:roadmap-agreement", args=[roadmap.code])
        context |= {"form": form, "error": str(error), "agreement": agreement}
        # With nothing asked there is nothing wrong with the address: there is no baseline yet.
        return render(request, "roadmaps/roadmap_difference.html", context, status=400 if any(asked.values()) else 200)
    ground = ground_of([roadmap.pk], [old.document, new.document], since=old.number)
    found = compare(roadmap, old, new, ground)
    form = DifferenceForm(request.GET or None, baselines=baselines, has_signed=signed, found=found, names=ground.names)
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    kind, product = chosen.get("kind", ""), chosen.get("product", "")
    shown = found.only(kind=kind, product=product)
    context |= {
        "form": form,
        "found": found,
        "shown": shown,
        "entries": shown if request.GET.get("whole") else shown[:FIRST_SHOWN],
        "is_part": bool(kind or product),
        "roadmap_parts": () if kind or product else found.roadmap,
        "words": summed_up(shown, is_roadmap=bool(found.roadmap) and not (kind or product)),
    }
    return render(request, "roadmaps/roadmap_difference.html", context, status=400 if form.errors else 200)
