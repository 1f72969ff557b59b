"""Pages of thanks: to a team or to a person, in the open or in private."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from portfolio.common import access, pages
from teams import exports
from teams.filters import ThanksTable
from teams.forms import ThanksForm
from teams.models import Person, Rate, Team, Thanks

FORM, CONFIRM = "components/page_form.html", "components/page_confirm.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def thanks_list(request: HttpRequest) -> HttpResponseBase:
    """List the thanks that the user may read: those in the open, those they gave, and those given to them."""
    return pages.render_list(
        request,
        "teams/thanks_list.html",
        ThanksTable(request.GET, Thanks.objects.visible_to(request.user).for_table()),
        export=exports.THANKS,
        may_add=access.may_add(request.user, Thanks),
        may_read_rates=access.may_add(request.user, Rate),
    )


@require_GET
def thanks_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show thanks to who may read them."""
    thanks = get_object_or_404(Thanks.objects.visible_to(request.user), pk=pk)
    return pages.render_recorded(request, "teams/thanks_detail.html", thanks)


@get_or_post
def thanks_add(request: HttpRequest) -> HttpResponse:
    """Thank a team or a person."""
    pages.require_addable(request, Thanks)
    given = pages.rows_named(request, team=Team, person=Person)
    start = given.get("team") or given.get("person")
    return pages.record_form(
        request,
        ThanksForm(request.POST or None, initial=given),
        FORM,
        to=lambda row: (row.team or row.person).get_absolute_url(),
        title="Give thanks",
        kicker=start.name if start else "Teams",
        intro="Say what for. In the open everyone reads it; in private only you and who it is for.",
        submit="Give thanks",
        cancel=start.get_absolute_url() if start else reverse("teams:thanks-list"),
    )


@get_or_post
def thanks_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Take thanks back."""
    thanks = get_object_or_404(Thanks.objects.visible_to(request.user).for_table(), pk=pk)
    return pages.retract_form(
        request,
        thanks,
        CONFIRM,
        to=Thanks.get_absolute_url,
        title="Take these thanks back",
        kicker=str(thanks),
        what="They no longer show on the page of the team or person.",
        submit="Take back",
        cancel=thanks.get_absolute_url(),
    )
