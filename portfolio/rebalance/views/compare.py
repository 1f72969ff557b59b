"""Scenarios side by side, and beside leaving it as it is."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portfolio.rebalance.compare import MOST, compare
from portfolio.rebalance.models import Scenario
from portfolio.rollup.filters import WindowForm


@require_safe
def scenario_compare(request: HttpRequest) -> HttpResponse:
    """Compare up to four scenarios, named by `s`: amounts where they differ, effects, guardrails, teams, ties."""
    form = WindowForm(request.GET)
    keys = list(dict.fromkeys(key for key in request.GET.getlist("s") if key.isdecimal() and len(key) < 19))
    rows = Scenario.objects.visible_to(request.user)
    found = rows.select_related("value_stream", "made_by").in_bulk(list(map(int, keys)))
    chosen = [found[int(key)] for key in keys if int(key) in found]
    problem = ""
    if len(chosen) < len(keys):
        problem = "Some of the scenarios that are asked for are not there. Choose from those below."
    elif len(chosen) > MOST:
        problem = f"{len(chosen)} scenarios are asked for, and at most {MOST} fit side by side. Leave some out."
    elif not form.is_valid():
        problem = form.found
    others = rows.filter(archived_at=None).exclude(pk__in=[one.pk for one in chosen]).order_by("-edited_at", "-pk")
    context = {
        "form": form,
        "chosen": chosen,
        "others": others[:50],
        "problem": problem,
        "comparison": compare(chosen, form.asked) if chosen and not problem else None,
        "is_full": len(chosen) >= MOST,
    }
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    return render(request, "rebalance/scenario_compare.html", context, status=status)
