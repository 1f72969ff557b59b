"""What pages and API can be asked of standings and runs, all of it in the address."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from portfolio.common.filters import CodeInput, MomentField, MonthField, codes_in
from portfolio.common.pages import as_fields
from portfolio.rollup import reading
from portfolio.rollup.models import Run, Standing, Window
from products.catalog.models import Kind, Product, Stage, ValueStream
from products.value.models import Evidence


class CodesField(forms.CharField):
    """Codes of rows of one kind, several with commas; clean gives the rows, and names a code that nobody has."""

    def __init__(self, model: type, **options: Any):
        options.setdefault("widget", CodeInput(model))
        super().__init__(required=False, **options)
        self.model = model

    def clean(self, value: str) -> list[Any]:
        """Return the rows with these codes; none where none are given."""
        codes = codes_in(super().clean(value))
        if not codes:
            return []
        rows = list(self.model.objects.filter(code__in=codes))
        if missing := sorted(set(codes) - {row.code for row in rows}):
            kind = self.model._meta.verbose_name
            raise ValidationError(f"There is no {kind} with the code {', '.join(map(repr, missing))}.")
        return rows


class WindowForm(forms.Form):
    """A window, kept or from month to month, as known now or at a moment; `asked` is what is meant by it."""

    window = forms.ChoiceField(choices=[("", "12 months"), *Window.choices[1:]], required=False)
    known = MomentField()

    asked: reading.Asked | None = None  #: None also where there are no figures at all yet

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        # `from` is a word of the language, so these two cannot be declared above.
        self.fields["from"] = MonthField(required=False, label="From")
        self.fields["to"] = MonthField(required=False, label="To")
        self.fields["window"].choices = [("", "12 months"), *Window.choices]

    @property
    def found(self) -> str:
        """What is wrong, in one line."""
        return " ".join(message for errors in self.errors.values() for message in errors)

    def clean(self) -> dict[str, Any]:
        """Find the window; what is wrong with it is said beside the field it is about."""
        given = super().clean()
        if self.errors:
            return given
        try:
            self.asked = reading.asked(window=given["window"], first=given["from"], last=given["to"], at=given["known"])
        except ValidationError as error:
            self.add_error("to" if given["from"] else "from", as_fields(error)[None])
        return given


YES_NO = [("", "any"), ("yes", "yes"), ("no", "no")]


class StandingForm(WindowForm):
    """A window, and which products; `chosen` keeps the standings of those."""

    product = CodesField(Product, label="Product")
    value_stream = CodesField(ValueStream, label="Value stream")
    stage = forms.ChoiceField(choices=[("", "any"), *Stage.choices], required=False)
    kind = forms.ChoiceField(choices=[("", "any"), *Kind.choices], required=False)
    evidence = forms.ChoiceField(choices=[("", "any"), *Evidence.choices], required=False)
    valued = forms.ChoiceField(choices=YES_NO, required=False)
    search = forms.CharField(required=False, max_length=100, widget=forms.SearchInput)

    PRODUCTS = ("product", "value_stream", "stage", "kind", "evidence", "valued", "search")

    @property
    def is_narrowed(self) -> bool:
        """Whether some products may be left out."""
        return any(self.cleaned_data.get(name) for name in self.PRODUCTS)

    def chosen(self, standings: Iterable[Standing]) -> list[Standing]:
        """Return the standings of the products that are asked for; value streams count with all below them."""
        given = self.cleaned_data
        products = {row.pk for row in given["product"]}
        streams = (
            ValueStream.objects.subtree([row.pk for row in given["value_stream"]]) if given["value_stream"] else ()
        )
        words = given["search"].casefold().split()
        return [
            row
            for row in standings
            if row.product_id
            and (not products or row.product_id in products)
            and (not streams or row.product.value_stream_id in streams)
            and given["stage"] in ("", row.product.stage)
            and given["kind"] in ("", row.product.kind)
            and given["evidence"] in ("", row.evidence)
            and given["valued"] in ("", "yes" if row.is_valued else "no")
            and all(word in f"{row.product.name} {row.product.code}".casefold() for word in words)
        ]


class RunFilter(django_filters.FilterSet):
    """Filters of runs."""

    cause = django_filters.CharFilter(lookup_expr="icontains")
    is_full = django_filters.BooleanFilter(label="Full")
    has_held = django_filters.BooleanFilter(label="Sums held")

    class Meta:
        model = Run
        fields: list[str] = []
