"""Forms of this room."""

from django import forms
from django.conf import settings

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common.money import base_currency

DAY = {"type": "date"}
AMOUNT = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
CODE = {"class": "short", "autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
ENDS = "The first day that no longer counts. Leave empty for an open end."


class CurrencyField(forms.CharField):
    """An ISO 4217 code; small letters are taken for capitals."""

    def __init__(self, **options):
        super().__init__(max_length=3, widget=forms.TextInput(attrs=CODE), **options)

    def to_python(self, value) -> str:
        """Return the code in capitals."""
        return super().to_python(value).upper()


def category_choices() -> list[tuple[str, str]]:
    """Return the kinds of money of the organisation, after none."""
    return [("", "No category"), *((name, name) for name in settings.TWOFOLD_FUNDING_CATEGORIES)]


class FundingStreamForm(forms.ModelForm):
    """A funding stream; its code is fixed once it is saved, because addresses and imports use it."""

    currency = CurrencyField(help_text="ISO code of the money it pays in, such as GBP.")
    category = forms.ChoiceField(
        choices=category_choices, required=False, help_text=FundingStream._meta.get_field("category").help_text
    )

    class Meta:
        model = FundingStream
        fields = [
            "code",
            "name",
            "purpose",
            "sponsor",
            "currency",
            "category",
            "review_months",
            "reviewed_on",
            "is_illustrative",
        ]
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "reviewed_on": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]
        self.fields["sponsor"].empty_label = "No sponsor yet"


class AllocationForm(forms.ModelForm):
    """Money a month from a stream to a product."""

    class Meta:
        model = Allocation
        fields = ["stream", "product", "monthly_amount", "starts", "ends", "why", "is_illustrative"]
        labels = {"monthly_amount": "Amount a month", "starts": "First day", "ends": "Ends before"}
        help_texts = {"ends": ENDS}
        widgets = {
            "monthly_amount": forms.TextInput(attrs=AMOUNT),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


class AllocationChangeForm(forms.ModelForm):
    """Another amount from a day on; what was allocated before ends there."""

    field_order = ["monthly_amount", "starts", "why"]

    class Meta:
        model = Allocation
        fields = ["monthly_amount", "starts", "why"]
        labels = {"monthly_amount": "New amount a month", "starts": "From this day on"}
        help_texts = {"why": "Stays readable in the history of the stream and of the product."}
        widgets = {
            "monthly_amount": forms.TextInput(attrs=AMOUNT),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "why": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, allocation: Allocation, **options):
        super().__init__(*args, **options)
        currency = allocation.stream.currency
        self.fields["monthly_amount"].help_text = f"In {currency}, per month. 0 stops it from that day on."
        self.fields["why"].required = True

    def validate_constraints(self) -> None:
        """Leave constraints to the action: this form has no whole row."""


class LedgerEntryForm(forms.ModelForm):
    """An actual cost."""

    currency = CurrencyField(help_text="ISO code; it is converted at the exchange rate of the first day.")
    field_order = ["reference", "product", "stream", "amount", "currency", "starts", "ends"]

    class Meta:
        model = LedgerEntry
        fields = [
            "reference",
            "product",
            "stream",
            "amount",
            "currency",
            "starts",
            "ends",
            "account",
            "includes_labour",
            "is_capital",
            "memo",
            "is_illustrative",
        ]
        labels = {
            "starts": "First day",
            "ends": "Ends before",
            "includes_labour": "Includes the product's own people",
            "is_capital": "Capital expense",
        }
        help_texts = {
            "is_capital": "It makes something that lasts. Otherwise it is an operating expense.",
            "starts": "The day of the cost, or the first of those it is spread over.",
            "ends": "The first day that no longer counts: for a single day, the day after; for a month, the first of "
            "the next. The amount is spread evenly over the days.",
        }
        widgets = {
            "amount": forms.TextInput(attrs=AMOUNT),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "memo": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["stream"].empty_label = "Not drawn from a stream"


class ExchangeRateForm(forms.ModelForm):
    """What one unit of a currency is in the base currency."""

    currency = CurrencyField(help_text="ISO code of the other currency.")

    class Meta:
        model = ExchangeRate
        fields = ["currency", "rate", "starts", "ends", "is_illustrative"]
        labels = {"starts": "First day", "ends": "Ends before"}
        help_texts = {"ends": ENDS}
        widgets = {
            "rate": forms.TextInput(attrs=AMOUNT),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["rate"].help_text = f"What one unit of it is in {base_currency()}, such as 0.85."
