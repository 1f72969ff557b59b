"""A product's neighbourhood in the network: whom it pulls from, who pulls from it, and what flows between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from portfolio.board import live
from portfolio.board.figures import window_in_words
from portfolio.board.statements import Line, Statement, neighbours, read_months, statement
from portfolio.common import access, charts
from portfolio.common.money import base_currency
from portfolio.common.months import month_range
from portfolio.common.spreading import from_cents
from portfolio.network.models import Link
from portfolio.rollup import reading
from portfolio.rollup.filters import WindowForm
from portfolio.rollup.models import Basis
from products.catalog.models import Product

MOST_LISTED = 20  # on each side, until all are asked for


@dataclass(frozen=True)
class Side:
    """The neighbours on one side, those with most cost and value first; amounts in cents."""

    lines: list["Neighbouring"]
    is_all_asked: bool

    @property
    def shown(self) -> list["Neighbouring"]:
        """The neighbours that are listed: one that would be left out alone is not."""
        is_whole = self.is_all_asked or len(self.lines) <= MOST_LISTED + 1
        return self.lines if is_whole else self.lines[:MOST_LISTED]

    @property
    def rest(self) -> list["Neighbouring"]:
        """The neighbours that are not listed."""
        return self.lines[len(self.shown) :]

    @property
    def rest_cost(self):
        """What the neighbours that are not listed have of the cost."""
        return from_cents(sum(line.cost_cents for line in self.rest))

    @property
    def rest_value(self):
        """What they have of the value."""
        return from_cents(sum(line.value_cents for line in self.rest))

    @property
    def cost(self):
        """All cost that flows on this side."""
        return from_cents(sum(line.cost_cents for line in self.lines))

    @property
    def value(self):
        """All value that flows on this side."""
        return from_cents(sum(line.value_cents for line in self.lines))


@dataclass(frozen=True)
class Neighbouring:
    """One neighbour: the cost that goes one way between the two, and the value that goes the other."""

    product: Product
    share: float | None
    basis: str
    cost_cents: int
    value_cents: int

    @property
    def cost(self):
        """The cost, in the base currency."""
        return from_cents(self.cost_cents)

    @property
    def value(self):
        """The value, in the base currency."""
        return from_cents(self.value_cents)

    @property
    def basis_label(self) -> str:
        """What the share rests on, in words."""
        return Basis(self.basis).label if self.basis else ""


@require_GET
def network_product(request: HttpRequest, code: str) -> HttpResponse:
    """Show what flows between a product and its neighbours, one step each way, as a picture and as tables."""
    product = get_object_or_404(Product.objects.visible_to(request.user).for_table(), code=code)
    form = WindowForm(request.GET)
    is_valid = form.is_valid()
    context: dict[str, Any] = {"product": product, "form": form, "is_valid": is_valid, "nav": "network"}
    if is_valid:
        context |= live.shown_run(request, form.asked.at if form.asked else None)
    if is_valid and form.asked:
        context |= neighbourhood(product, form.asked, is_all_asked="all" in request.GET)
        context |= {"asked": form.asked, "window": window_in_words(form.asked)}
    context["may_link"] = access.may_write(request.user, Link(supplier=product, consumer=product))
    status = HTTPStatus.OK if is_valid else HTTPStatus.BAD_REQUEST
    return render(request, "board/network_product.html", context, status=status)


def neighbourhood(product: Product, asked: reading.Asked, *, is_all_asked: bool = False) -> dict[str, Any]:
    """Return `statement`, `suppliers`, `consumers` and `picture` (None where it stands alone) over a window.

    The same number of queries whatever the number of neighbours; sums are those of the product's statement.
    """
    figures = read_months(product, list(month_range(asked.first, asked.last)), asked.at)
    told = statement(product, figures, Product.objects.in_bulk(neighbours(figures)))
    suppliers = Side(_side(told.pulled, told.upstream), is_all_asked)
    consumers = Side(_side(told.passed, told.through), is_all_asked)
    return {
        "statement": told,
        "suppliers": suppliers,
        "consumers": consumers,
        "picture": _picture(product, told, suppliers, consumers) if suppliers.lines or consumers.lines else None,
    }


def _side(costs: Sequence[Line], values: Sequence[Line]) -> list[Neighbouring]:
    value_of = {line.product.pk: line.cents for line in values if line.product}
    found = [
        Neighbouring(line.product, line.share, line.basis, line.cents, value_of.get(line.product.pk, 0))
        for line in costs
        if line.product
    ]
    return sorted(found, key=lambda one: (-abs(one.cost_cents) - abs(one.value_cents), one.product.name))


def _picture(product: Product, told: Statement, suppliers: Side, consumers: Side) -> charts.Chart:
    return charts.neighbourhood(
        product.name,
        *([_drawn(line) for line in side.lines] for side in (suppliers, consumers)),
        currency=base_currency(),
        own_cost=told.own / 100,
        own_value=told.made / 100,
        kept_cost=told.retained / 100,
    )


def _drawn(line: Neighbouring) -> charts.Neighbour:
    # From one neighbourhood to the next: the network is walked, not shown at once.
    address = reverse("board:network-product", args=[line.product.code])
    return charts.Neighbour(line.product.name, line.cost_cents / 100, line.value_cents / 100, address)
