"""Every address: one line a room, so that a reader finds the view in two steps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from portfolio.config.api import router

urlpatterns = [
    path("", include("portfolio.board.urls")),
    path("network/", include("portfolio.network.urls")),
    path("products/", include("products.catalog.urls")),
    path("metrics/", include("products.value.urls")),
    path("teams/", include("teams.urls")),
    path("funding/", include("funding.urls")),
    path("runs/", include("portfolio.rollup.urls")),
    path("import/", include("portfolio.intake.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(router.urls)),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
]
if settings.TWOFOLD_DEMO:
    urlpatterns.append(path("demo/", include("portfolio.demo.urls")))
