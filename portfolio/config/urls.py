"""Every address: one line a room, so that a reader finds the view in two steps."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from portfolio.common import tokens
from portfolio.config.api import router
from portfolio.config.health import health, live, ready
from portfolio.config.reference import reference
from portfolio.config.telemetry import telemetry

handler404 = "portfolio.config.errors.not_found"
handler500 = "portfolio.config.errors.server_error"

# The admin signs in where everyone does: one door, throttled.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("portfolio.board.urls")),
    path("network/", include("portfolio.network.urls")),
    path("products/", include("products.catalog.urls")),
    path("feedback/", include("products.catalog.feedback_urls")),
    path("metrics", telemetry, name="telemetry"),  # for Prometheus; the page of metrics has a slash at its end
    path("metrics/", include("products.value.urls")),
    path("roadmaps/", include("products.roadmaps.urls")),
    path("services/", include("products.health.urls")),
    path("teams/", include("teams.urls")),
    path("funding/closes/", include("portfolio.rollup.closing_urls")),
    path("funding/", include("funding.urls")),
    path("rebalance/", include("portfolio.rebalance.urls")),
    path("runs/", include("portfolio.rollup.urls")),
    path("import/", include("portfolio.intake.urls")),
    path("accounts/tokens/", tokens.tokens, name="account-tokens"),
    path("accounts/tokens/<slug:key>/revoke/", tokens.token_revoke, name="account-token-revoke"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    path("health/live/", live, name="health-live"),
    path("health/ready/", ready, name="health-ready"),
    path("api/", reference, name="api"),
    path("api/v1/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
]
if settings.TWOFOLD_DEMO:
    urlpatterns.append(path("demo/", include("portfolio.demo.urls")))
