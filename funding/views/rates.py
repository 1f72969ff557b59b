"""Pages of exchange rates."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe

from funding import exports
from funding.filters import ExchangeRateTable
from funding.forms import ExchangeRateForm
from funding.models import ExchangeRate
from funding.views.common import CONFIRM, FORM, get_or_post
from portfolio.common import access, pages


@require_safe
def exchange_rate_list(request: HttpRequest) -> HttpResponseBase:
    """List the exchange rates."""
    rates = ExchangeRate.objects.visible_to(request.user).for_table()
    return pages.render_list(
        request,
        "funding/exchange_rate_list.html",
        ExchangeRateTable(request.GET, rates),
        export=exports.EXCHANGE_RATES,
        may_add=access.may_add(request.user, ExchangeRate),
    )


@require_GET
def exchange_rate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an exchange rate and how many ledger entries are converted at it."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    converted = 0 if rate.retracted_at else rate.converted()[0][0].count()
    return pages.render_recorded(request, "funding/exchange_rate_detail.html", rate, converted=converted)


@get_or_post
def exchange_rate_add(request: HttpRequest) -> HttpResponse:
    """Record an exchange rate."""
    pages.require_addable(request, ExchangeRate)
    given = {name: request.GET[name] for name in ("currency", "starts") if name in request.GET}
    return pages.record_form(
        request,
        ExchangeRateForm(request.POST or None, initial=given),
        FORM,
        to=ExchangeRate.get_absolute_url,
        title="Record an exchange rate",
        kicker="Exchange rates",
        submit="Record",
        cancel=reverse("funding:exchange-rate-list"),
    )


@get_or_post
def exchange_rate_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an exchange rate, and with it the ledger entries that are converted at it."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    return pages.correct_form(
        request,
        rate,
        ExchangeRateForm,
        FORM,
        to=ExchangeRate.get_absolute_url,
        title="Correct this exchange rate",
        kicker=str(rate),
        intro="Ledger entries converted at it are recorded again at the new rate; the old figures stay readable.",
        submit="Correct",
        cancel=rate.get_absolute_url(),
    )


@get_or_post
def exchange_rate_retract(request: HttpRequest, pk: int) -> HttpResponse:
    """Retract an exchange rate that no ledger entry needs."""
    rate = get_object_or_404(ExchangeRate.objects.visible_to(request.user), pk=pk)
    return pages.retract_form(
        request,
        rate,
        CONFIRM,
        to=ExchangeRate.get_absolute_url,
        title="Retract this exchange rate",
        kicker=str(rate),
        what="It was never the rate. Retracting is refused while a ledger entry is converted at it; correct it then.",
        submit="Retract",
        cancel=rate.get_absolute_url(),
    )
