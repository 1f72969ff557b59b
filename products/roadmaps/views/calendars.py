"""Calendars of roadmaps: somebody's own links, and what a link gives to who has it."""

from datetime import UTC
from hashlib import sha256

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from products.roadmaps import calendars
from products.roadmaps.models import CalendarLink, Roadmap

MOST_LINKS = 20  # a person's; more are forgotten ones


class LinkForm(forms.Form):
    """What a new link is about."""

    roadmap = forms.ModelChoiceField(
        Roadmap.objects.order_by("name", "pk"),
        to_field_name="code",
        required=False,
        empty_label="all that I am a member of",
        help_text="All that you are a member of follows as you join and leave.",
        error_messages={"invalid_choice": "There is no such roadmap. Choose one from the list."},
    )


def site_of(request: HttpRequest) -> str:
    """Return the address of the site, without a slash at its end: as it is set, else as it was asked for."""
    return settings.TWOFOLD_URL or request.build_absolute_uri("/").rstrip("/")


@never_cache
@require_safe
def calendar_list(request: HttpRequest) -> HttpResponse:
    """Show somebody their own links, and the form that makes one."""
    return _show(request, LinkForm())


@never_cache
@sensitive_variables("token", "address")
@require_POST
def calendar_add(request: HttpRequest) -> HttpResponse:
    """Make a link: its address is shown in this answer and never again."""
    form, address = LinkForm(request.POST), ""
    if form.is_valid():
        if CalendarLink.objects.filter(user=request.user, revoked_at=None).count() >= MOST_LINKS:
            form.add_error(None, f"You have {MOST_LINKS} links, the most there may be. Revoke one that is not used.")
        else:
            _, token = CalendarLink.begin(request.user, form.cleaned_data["roadmap"])  # type: ignore[arg-type]
            address = site_of(request) + reverse("roadmaps:calendar-feed", args=[token])
            messages.success(request, "The link is made. Copy it now: only its hash is kept.")
            form = LinkForm()
    return _show(request, form, address=address)


def _show(request: HttpRequest, form: LinkForm, *, address: str = "") -> HttpResponse:
    links = CalendarLink.objects.filter(user=request.user, revoked_at=None).select_related("roadmap")
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "links": links, "address": address}
    return render(request, "roadmaps/calendar_list.html", context, status=status)


@require_POST
def calendar_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of somebody's own links: from now on it gives nothing. A second time changes nothing."""
    link = get_object_or_404(CalendarLink.objects.select_related("roadmap"), user=request.user, pk=pk)
    CalendarLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now())
    messages.success(request, f"The link to {link} is revoked. A calendar that reads it gets nothing from now on.")
    return redirect("roadmaps:calendar-list")


@login_not_required  # calendar programs cannot sign in; the token is the secret
@cache_control(private=True, no_cache=True)
@sensitive_variables("token")
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Give the calendar that a token opens; 304 where nothing changed since it was read."""
    link = get_object_or_404(CalendarLink.objects.select_related("user", "roadmap").opened_by(token))
    day = timezone.now().astimezone(UTC).date()
    if link.last_used_on != day:  # written once a day, not each time a program looks
        CalendarLink.objects.filter(pk=link.pk).update(last_used_on=day)
    body = calendars.calendar_of(link, site_of(request))
    response = HttpResponse(body, content_type=calendars.TYPE)
    response.headers["Content-Disposition"] = 'inline; filename="roadmaps.ics"'
    etag = f'"{sha256(body).hexdigest()}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
