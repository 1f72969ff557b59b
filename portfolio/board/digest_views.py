"""Pages of the mail digest: how often somebody gets it, and stopping it from the mail itself."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from portfolio.board import digests
from portfolio.board.models import Digest, Every


class DigestForm(forms.Form):
    """How often."""

    every = forms.ChoiceField(label="Send it", choices=Every.choices, widget=forms.RadioSelect)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def digest(request: HttpRequest) -> HttpResponse:
    """Show how often whoever is signed in gets their digest, and change it."""
    held = Digest.objects.filter(user=request.user).first() or Digest(user=request.user)
    form = DigestForm(request.POST or None, initial={"every": held.every})
    if request.method == "POST" and form.is_valid():
        chosen = digests.choose(request.user, form.cleaned_data["every"])
        messages.success(request, f"Your digest is sent: {chosen.get_every_display().lower()}.")
        return redirect("board:digest")
    context = {"form": form, "digest": held, "has_site": bool(settings.TWOFOLD_URL), "nav": "board:today"}
    return render(request, "board/digest_form.html", context, status=422 if form.is_bound and form.errors else 200)


@csrf_exempt  # mail programs post here without a cookie or a token; the key is the secret
@login_not_required
@never_cache
@sensitive_variables("key")
@require_http_methods(["GET", "HEAD", "POST"])
def digest_stop(request: HttpRequest, key: str) -> HttpResponse:
    """Stop a digest: looking at the page does nothing, because mail scanners follow links; its button does."""
    held = get_object_or_404(Digest, key=key)
    if request.method == "POST":
        digests.stop(held)
        held.every = Every.OFF
    return render(
        request, "board/digest_stop.html", {"digest": held, "is_stopped": held.every == Every.OFF, "nav": "board:today"}
    )
