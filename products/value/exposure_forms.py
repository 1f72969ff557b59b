"""The form of exposures: which part of a product's customers had a feature, and when."""

from django import forms

from products.value.forms import NUMBER, MetricChoice, day_input
from products.value.models import Exposure


class ExposureForm(forms.ModelForm):
    """A feature flag that was open to a share of a product's customers."""

    metric = MetricChoice(required=False, help_text="Of this product. Leave empty for the charts of all its metrics.")
    field_order = ["product", "flag", "share", "starts", "ends", "metric", "is_illustrative"]

    class Meta:
        model = Exposure
        fields = ["product", "flag", "share", "starts", "ends", "metric", "is_illustrative"]
        labels = {"flag": "Feature flag", "share": "Share of customers", "starts": "First day", "ends": "Ends before"}
        help_texts = {
            "share": "Such as 0.25 for a quarter. Where the share changes, end this row there and record another.",
            "ends": "The first day that no longer counts. Leave empty while it is open.",
        }
        widgets = {"share": forms.TextInput(attrs=NUMBER), "starts": day_input(), "ends": day_input()}
