"""API tokens: how programs sign in as a user, who makes and revokes them on a page."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from portfolio.common.models import ApiToken

MOST_TOKENS = 20  # a user's; more are forgotten ones
LIVES = {"7": "A week", "30": "30 days", "90": "90 days", "365": "A year"}


class BearerTokens(TokenAuthentication):
    """Signs in by `Authorization: Bearer ...`; a header that no token can look like is refused, not an error."""

    def authenticate_credentials(self, token: bytes):
        """Return the user and the token, or say what is wrong with it."""
        if not token.isalnum() or not token.isascii() or len(token) > 2 * CONSTANTS.DIGEST_LENGTH:
            raise AuthenticationFailed("This is not a token of ours. Make one under your name, at API tokens.")
        return super().authenticate_credentials(token)


class BearerScheme(KnoxTokenScheme):
    """How the API's description names it."""

    target_class = "portfolio.common.tokens.BearerTokens"
    name = "token"

    def get_security_definition(self, auto_schema) -> dict:
        """Return the security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`Authorization: Bearer ...` with a token made under your name, at API tokens.",
        }


class TokenForm(forms.Form):
    """What a new token is for, and how long it lives."""

    name = forms.CharField(max_length=80, help_text=ApiToken._meta.get_field("name").help_text)
    days = forms.ChoiceField(
        label="Ends after", choices=list(LIVES.items()), initial="90", help_text="Then make another; nothing renews it."
    )


@never_cache
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the user's tokens, and make one: it is shown in this answer and never again."""
    held = ApiToken.objects.filter(user=request.user)
    form, token = TokenForm(request.POST or None), ""
    if form.is_valid():
        now = timezone.now()
        held.filter(expiry__lt=now).delete()
        if held.count() >= MOST_TOKENS:
            form.add_error(None, f"You have {MOST_TOKENS} tokens, the most there may be. Revoke one that is not used.")
        else:
            life = timedelta(days=int(form.cleaned_data["days"]))
            made, token = ApiToken.objects.create(request.user, expiry=life, name=form.cleaned_data["name"])
            messages.success(request, f"{made.name} is made. Copy the token now: only its hash is kept.")
            form = TokenForm()
    status = 422 if form.is_bound and form.errors else 200
    context = {"form": form, "token": token, "tokens": held, "now": timezone.now()}
    return render(request, "account/tokens.html", context, status=status)


@require_POST
def token_revoke(request: HttpRequest, key: str) -> HttpResponse:
    """Revoke one of the user's own tokens: from now on it signs nobody in."""
    token = get_object_or_404(ApiToken, user=request.user, token_key=key)
    token.delete()
    messages.success(request, f"{token.name} is revoked.")
    return redirect("account-tokens")
