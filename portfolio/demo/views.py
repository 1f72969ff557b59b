"""One click to sign in as somebody: in the demonstration, and nowhere else."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portfolio.common.models import User
from portfolio.demo.provenance import CAUTION, SERVICES
from portfolio.demo.users import USERS

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """List the people of the demonstration, and sign in as the one whose button was pressed.

    Outside the demonstration the address does not exist; should it ever be mounted, this answers 404 all the same.
    """
    if not settings.TWOFOLD_DEMO:
        raise Http404("There is no demonstration here.")
    people = {person.username: person for person in USERS}
    username = request.POST.get("username", "")
    if username in people:
        # Only who cannot sign in otherwise: an account with a password is somebody's own.
        user = User.objects.filter(username=username, is_active=True).first()
        if user and not user.has_usable_password():
            login(request, user, backend=BACKEND)
            return redirect(_next(request))
        messages.error(
            request, f"{people[username].first_name} is not here yet: load the demonstration with `make demo`."
        )
    context = {"people": USERS, "next": request.GET.get("next", ""), "source": SERVICES, "caution": CAUTION}
    return render(request, "demo/sign_in.html", context)


def _next(request: HttpRequest) -> str:
    """Return the page that sent the visitor here, if it is one of ours."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)
