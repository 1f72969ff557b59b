"""Forms of elasticities and scenarios."""

from decimal import Decimal
from typing import Any

from django import forms

from funding.models import FundingStream
from portfolio.common import formats
from portfolio.common.money import base_currency
from portfolio.common.months import add_months, month_of, today
from portfolio.rebalance.amounts import typed_amount
from portfolio.rebalance.models import Elasticity, Scenario
from products.catalog.models import Product, ValueStream

NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
DAY = {"type": "date"}


class ElasticityForm(forms.ModelForm):
    """How much more value more money brings, of a product or by default of a stage."""

    class Meta:
        model = Elasticity
        fields = ["product", "stage", "low", "high", "evidence", "why", "is_illustrative"]
        labels = {"stage": "Or the default of a stage", "low": "From", "high": "To"}
        help_texts = {
            "product": "Whose own elasticity it is; empty for the default of a stage.",
            "low": "Between 0 and 1. 0.2: one percent more money brings 0.2 percent more value. "
            "Below it one time in twenty.",
        }
        widgets = {
            "low": forms.TextInput(attrs=NUMBER),
            "high": forms.TextInput(attrs=NUMBER),
            "why": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.fields["product"].empty_label = "None: the default of a stage"
        self.fields["stage"].choices = [("", "None: of a product"), *self.fields["stage"].choices[1:]]


class AmountField(forms.CharField):
    """An amount as people type it, such as 1.2m, in a currency; clean gives a Decimal, or None."""

    def __init__(self, *, currency: str = "", **options: Any):
        options.setdefault("widget", forms.TextInput(attrs=NUMBER))
        super().__init__(**options)
        self.currency = currency

    def prepare_value(self, value: Any) -> Any:
        """Return the amount as it is read."""
        return formats.money(value, self.currency or base_currency()) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Decimal | None:
        """Return the amount; the error says how to write one."""
        text = super().clean(value)
        return typed_amount(text, Decimal("0.00"), self.currency or base_currency()) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another amount was given."""
        return super().has_changed(self.prepare_value(initial), data)


class ScenarioForm(forms.ModelForm):
    """What a scenario begins with."""

    based_on = forms.ModelChoiceField(
        Scenario.objects.none(),
        required=False,
        empty_label="What is allotted on its day",
        label="Begin from",
        help_text="Another scenario's amounts, or what is allotted.",
    )
    budget = AmountField(
        required=False,
        label="Budget a month",
        help_text="What there is a month in all, in the base currency, such as 1.2m; empty is as much as today.",
    )

    field_order = ("name", "based_on", "value_stream", "starts", "budget", "note")

    class Meta:
        model = Scenario
        fields = ["name", "value_stream", "starts", "budget", "note"]
        labels = {"starts": "From which day on"}
        widgets = {
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.fields["based_on"].queryset = Scenario.objects.filter(archived_at=None).order_by("name", "pk")
        self.fields["value_stream"].empty_label = "The whole portfolio"
        self.fields["value_stream"].queryset = ValueStream.objects.order_by("name", "pk")
        self.fields["starts"].initial = add_months(month_of(today()), 1)

    def _post_clean(self) -> None:
        """Leave the rules to the action: the row it makes is not this form's."""


class ScenarioSettingsForm(forms.ModelForm):
    """What can be changed of a scenario besides its lines; `version` is the one that the form was shown for."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    budget = ScenarioForm.base_fields["budget"]

    class Meta:
        model = Scenario
        fields = ["name", "starts", "budget", "note"]
        labels = ScenarioForm.Meta.labels
        widgets = ScenarioForm.Meta.widgets

    def _post_clean(self) -> None:
        """Leave the rules to the action, which changes the row as it stands by then."""


class LineForm(forms.Form):
    """A line that is added: a stream that would pay a product."""

    stream = forms.ModelChoiceField(FundingStream.objects.none(), label="Stream")
    product = forms.ModelChoiceField(Product.objects.none(), label="Product")
    monthly_amount = forms.CharField(
        label="Amount a month",
        help_text="In the stream's currency, such as 250k.",
        widget=forms.TextInput(attrs=NUMBER),
    )

    def __init__(self, *args: Any, scenario: Scenario, **options: Any):
        super().__init__(*args, **options)
        products = Product.objects.order_by("name", "pk")
        if scenario.value_stream_id:
            products = products.filter(value_stream__in=ValueStream.objects.subtree([scenario.value_stream_id]))
        self.fields["product"].queryset = products
        self.fields["stream"].queryset = FundingStream.objects.order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        """Read the amount in the stream's currency."""
        given = super().clean() or {}
        if given.get("stream") and given.get("monthly_amount"):
            try:
                given["monthly_amount"] = typed_amount(
                    given["monthly_amount"], Decimal("0.00"), given["stream"].currency
                )
            except forms.ValidationError as error:
                self.add_error("monthly_amount", error)
        return given
