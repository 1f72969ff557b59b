"""A page of a team that draws on the network: what it could become once it is past its limit."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portfolio.network.splits import proposal
from teams.models import Team


@require_GET
def team_split(request: HttpRequest, code: str) -> HttpResponse:
    """Show how a team could be parted, and what it could pull from other teams instead."""
    team = get_object_or_404(Team.objects.visible_to(request.user), code=code)
    return render(request, "network/team_split.html", {"team": team, "proposal": proposal(team)})
