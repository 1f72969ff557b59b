"""What can be asked of the list of what to measure next, all of it in the address."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms

from portfolio.rebalance.measuring import KINDS, Need
from portfolio.rollup.filters import CodesField, WindowForm
from products.catalog.models import Product, ValueStream

SORTS: dict[str, Callable[[Need], Any]] = {
    "name": lambda row: row.name.lower(),
    "product": lambda row: row.product.name.lower(),
    "kind": lambda row: row.kind,
    "value": lambda row: row.value,
    "probability": lambda row: row.probability,
    "moved": lambda row: row.moved,
}


class MeasureForm(WindowForm):
    """A window, and which of the list: by kind, product, value stream or words; and in which order."""

    kind = forms.ChoiceField(choices=[("", "any"), *KINDS], required=False, label="Kind")
    product = CodesField(Product, label="Product")
    value_stream = CodesField(ValueStream, label="Value stream")
    search = forms.CharField(required=False, max_length=100, widget=forms.SearchInput)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_sort(self) -> str:
        """Return the order; one that is not known is that of the list."""
        asked = self.cleaned_data["sort"]
        return asked if asked.removeprefix("-") in SORTS else ""

    def chosen(self, rows: Iterable[Need]) -> list[Need]:
        """Return what is asked for, in the order that is asked for."""
        given = self.cleaned_data
        products = {row.pk for row in given["product"]}
        streams = (
            set(ValueStream.objects.subtree([row.pk for row in given["value_stream"]]))
            if given["value_stream"]
            else None
        )
        words = given["search"].lower()
        found = [
            row
            for row in rows
            if (not given["kind"] or row.kind == given["kind"])
            and (not products or row.product.pk in products)
            and (streams is None or row.product.value_stream_id in streams)
            and (not words or words in row.name.lower() or words in row.product.name.lower())
        ]
        if sort := given["sort"]:
            found.sort(key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))
        return found
