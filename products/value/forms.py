"""Forms of this room."""

from datetime import timedelta

from django import forms

from portfolio.common.money import base_currency
from products.value.models import Confirmation, Metric, Observation, Valuation

NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
CODE = {"class": "short", "autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


def day_input() -> forms.DateInput:
    """Return a box for a day."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class MetricChoice(forms.ModelChoiceField):
    """Chooses a metric; metrics of different products often share a name, so each says whose it is."""

    def __init__(self, **options):
        metrics = Metric.objects.select_related("product").order_by("product__name", "name", "pk")
        super().__init__(queryset=metrics, **options)

    def label_from_instance(self, metric: Metric) -> str:
        """Return the metric's name after its product's."""
        return f"{metric.product} · {metric} ({metric.unit})"


class MetricForm(forms.ModelForm):
    """A metric; its code is fixed once it is saved, because addresses and imports use it."""

    class Meta:
        model = Metric
        fields = [
            "name",
            "code",
            "product",
            "behaviour",
            "unit",
            "is_higher_better",
            "target",
            "cadence_days",
            "felt_by",
            "asks",
            "unvalued_reason",
            "is_illustrative",
        ]
        labels = {
            "cadence_days": "Days between observations",
            "asks": "What customers are asked",
            "unvalued_reason": "Why it has no worth",
        }
        help_texts = {
            "behaviour": "A flow adds up over a month, such as completed renewals; a level holds at a moment, such as "
            "satisfaction.",
            "asks": "Of a score: it is recorded with how many answered, and shown with its interval. Completion is a "
            "percentage; satisfaction and effort are means of 1 to 5. Leave empty for anything else.",
            "target": "In the metric's unit; leave empty where there is none.",
            "cadence_days": "After so many days without an observation it is overdue, and its range widens.",
        }
        widgets = {
            "target": forms.TextInput(attrs=NUMBER),
            "cadence_days": forms.TextInput(attrs=NUMBER | {"inputmode": "numeric"}),
            "unvalued_reason": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]


class ObservationForm(forms.ModelForm):
    """A metric's value for a day or for several."""

    metric = MetricChoice()
    ends = forms.DateField(
        required=False,
        widget=day_input(),
        label="Ends before",
        help_text="The first day that no longer counts: for a month, the first of the next. Leave empty for one day; a "
        "level is always for one day and carries on until the next.",
    )
    field_order = ["metric", "value", "starts", "ends", "source", "is_illustrative"]

    class Meta:
        model = Observation
        fields = ["metric", "value", "starts", "ends", "source", "is_illustrative"]
        labels = {"starts": "First day"}
        widgets = {"value": forms.TextInput(attrs=NUMBER), "starts": day_input()}

    def clean(self) -> dict:
        """Take one day where no end is given."""
        given = super().clean()
        if given.get("starts") and not given.get("ends") and "ends" not in self.errors:
            given["ends"] = given["starts"] + timedelta(days=1)
        return given


class ValuationForm(forms.ModelForm):
    """What one unit of a metric is worth."""

    metric = MetricChoice()
    currency = forms.CharField(
        max_length=3, initial=base_currency, widget=forms.TextInput(attrs=CODE), help_text="ISO code, such as GBP."
    )
    field_order = ["metric", "low", "high", "currency", "baseline", "evidence", "asserted_by", "source"]

    class Meta:
        model = Valuation
        fields = [
            "metric",
            "low",
            "high",
            "currency",
            "baseline",
            "evidence",
            "asserted_by",
            "source",
            "starts",
            "ends",
            "is_illustrative",
        ]
        labels = {
            "low": "One unit is worth at least",
            "high": "and at most",
            "starts": "First month starts on",
            "ends": "Ends before",
        }
        help_texts = {
            "low": "The 90% range: one time in twenty it is worth less than this.",
            "high": "One time in twenty it is worth more than this.",
            "baseline": "For a level only: the value from which it is worth something, each month.",
            "evidence": "Measured: from an experiment or the books. Estimated: worked out from published figures. "
            "Asserted: a judgement.",
            "starts": "The first of a month: a worth holds for whole months.",
            "ends": "The first of the month that no longer counts. Leave empty for an open end.",
        }
        widgets = {
            "low": forms.TextInput(attrs=NUMBER),
            "high": forms.TextInput(attrs=NUMBER),
            "baseline": forms.TextInput(attrs=NUMBER),
            "source": forms.Textarea(attrs={"rows": 2}),
            "starts": day_input(),
            "ends": day_input(),
        }

    def clean_currency(self) -> str:
        """Take small letters for capitals."""
        return self.cleaned_data["currency"].upper()


class ConfirmationForm(forms.ModelForm):
    """Someone else's word that a valuation is sound."""

    class Meta:
        model = Confirmation
        fields = ["comment"]
        help_texts = {"comment": "What you checked, for those who read it later."}
        widgets = {"comment": forms.Textarea(attrs={"rows": 3})}
