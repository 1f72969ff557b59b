"""Forms of this room."""

from django import forms

from portfolio.common.filters import MonthField
from portfolio.network.models import Link, Usage

DAY = {"type": "date"}
NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}


class LinkForm(forms.ModelForm):
    """An agreement by which a consumer pulls a service from a supplier."""

    class Meta:
        model = Link
        fields = ["supplier", "consumer", "service", "share", "starts", "ends", "is_illustrative"]
        labels = {"share": "Agreed share", "starts": "First month", "ends": "Ends before"}
        help_texts = {
            "supplier": "The product that is pulled from.",
            "consumer": "The product that pulls.",
            "starts": "The first day of the first month in which it holds.",
            "ends": "The first day of the first month that no longer counts. Leave empty for an open end.",
        }
        widgets = {
            "share": forms.TextInput(attrs=NUMBER),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


class UsageForm(forms.ModelForm):
    """How much of a supplier's output was used in a month."""

    month = MonthField(help_text="The month it was metered in, such as 2016-04.")

    class Meta:
        model = Usage
        fields = ["supplier", "consumer", "month", "quantity", "is_illustrative"]
        help_texts = {"quantity": "In the supplier's usage unit. It is compared with the supplier's other usage."}
        widgets = {"quantity": forms.TextInput(attrs=NUMBER)}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["consumer"].empty_label = "Customers outside"
