"""Forms of commitments, transfers and what is carried forward."""

from django import forms

from funding.forms import AMOUNT, DAY, CurrencyField
from funding.models import CarryForward, Commitment, Transfer


def _day() -> forms.DateInput:
    return forms.DateInput(attrs=DAY, format="%Y-%m-%d")


class CommitmentForm(forms.ModelForm):
    """A cost that is agreed and not in the books yet."""

    currency = CurrencyField(help_text="ISO code; it is converted at the exchange rate of the first day.")
    field_order = ["reference", "product", "stream", "supplier", "amount", "currency", "starts", "ends"]

    class Meta:
        model = Commitment
        fields = [
            "reference",
            "product",
            "stream",
            "supplier",
            "amount",
            "currency",
            "starts",
            "ends",
            "account",
            "is_capital",
            "settled_on",
            "memo",
            "is_illustrative",
        ]
        labels = {
            "starts": "First day",
            "ends": "Ends before",
            "is_capital": "Capital expense",
            "settled_on": "In the books since",
        }
        help_texts = {
            "starts": "The day the cost falls due, or the first of those it is spread over.",
            "ends": "The first day that no longer counts: for a single day, the day after. The amount is spread evenly "
            "over the days.",
        }
        widgets = {
            "amount": forms.TextInput(attrs=AMOUNT),
            "starts": _day(),
            "ends": _day(),
            "settled_on": _day(),
            "memo": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["stream"].empty_label = "Not drawn from a stream"


class TransferForm(forms.ModelForm):
    """Money from one stream to another."""

    class Meta:
        model = Transfer
        fields = ["from_stream", "to_stream", "amount", "moved_on", "why", "is_illustrative"]
        labels = {"moved_on": "Day", "why": "Why"}
        widgets = {
            "amount": forms.TextInput(attrs=AMOUNT),
            "moved_on": _day(),
            "why": forms.Textarea(attrs={"rows": 2}),
        }


class CarryForwardForm(forms.ModelForm):
    """Money of a stream from one fiscal year to the next."""

    class Meta:
        model = CarryForward
        fields = ["stream", "year", "amount", "why", "is_illustrative"]
        widgets = {
            "amount": forms.TextInput(attrs=AMOUNT),
            "year": _day(),
            "why": forms.Textarea(attrs={"rows": 2}),
        }
