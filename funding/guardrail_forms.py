"""Forms of guardrails and waivers."""

from django import forms
from django.conf import settings
from django.db.models import Q

from funding.forms import AMOUNT, CODE, DAY, ENDS
from funding.models import Guardrail, Waiver
from portfolio.common.money import base_currency
from portfolio.common.months import today


class GuardrailForm(forms.ModelForm):
    """A rule that a split of money must keep."""

    category = forms.ChoiceField(required=False, help_text="For a rule about a category of money.")

    class Meta:
        model = Guardrail
        fields = [
            "name",
            "why",
            "owner",
            "kind",
            "category",
            "value_stream",
            "stage",
            "stream",
            "product",
            "team",
            "bound",
            "amount",
            "share",
            "starts",
            "ends",
            "is_illustrative",
        ]
        labels = {
            "kind": "What it measures",
            "stream": "Funding stream",
            "bound": "Most or least",
            "amount": "Amount a month",
            "starts": "First day",
            "ends": "Ends before",
        }
        help_texts = {
            "ends": ENDS,
            "value_stream": "For a rule about a value stream; what lies below it counts.",
            "stage": "For a rule about a stage; or for a change, to hold the products of that stage alone.",
            "stream": "For a rule about a funding stream.",
            "product": "For spend on one product, or a change of one; none is any product.",
            "team": "For a team that is to stay whole; none is every team.",
            "bound": "A funding stream, one product and a change have a most, a team has a least; others either.",
        }
        widgets = {
            "name": forms.TextInput(attrs=CODE | {"autocapitalize": "none", "class": ""}),
            "amount": forms.TextInput(attrs=AMOUNT),
            "share": forms.TextInput(attrs=AMOUNT),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        categories = list(settings.TWOFOLD_FUNDING_CATEGORIES)
        if self.instance.category and self.instance.category not in categories:
            categories.append(self.instance.category)
        self.fields["category"].choices = [("", "—"), *((one, one) for one in categories)]
        self.fields["amount"].help_text = f"In {base_currency()}; or give a share."
        for name in ("value_stream", "stream", "product", "team"):
            self.fields[name].empty_label = "—"


class WaiverForm(forms.ModelForm):
    """Leave not to keep a guardrail for a while."""

    guardrail = forms.ChoiceField(help_text="The rule that is let go.")

    class Meta:
        model = Waiver
        fields = ["guardrail", "why", "person", "product", "value_stream", "starts", "ends", "is_illustrative"]
        labels = {"person": "Asked for by", "product": "Only for the product", "value_stream": "Only for the value "
                  "stream", "starts": "First day", "ends": "Ends before"}  # fmt: skip
        help_texts = {
            "ends": "The first day on which the rule holds again. A waiver always ends.",
            "product": "Where the rule holds each product by itself; empty lets the whole rule go.",
            "value_stream": "Its products and those of all below it; where the rule holds each product by itself.",
        }
        widgets = {
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        rules = Guardrail.objects.known().filter(Q(ends=None) | Q(ends__gt=today())).for_table()
        named = {rule.name: f"{rule.name}: {rule.in_words}" for rule in rules}
        if self.instance.guardrail:
            named.setdefault(self.instance.guardrail, self.instance.guardrail)
        self.fields["guardrail"].choices = [("", "Choose a guardrail"), *named.items()]
        for name in ("product", "value_stream"):
            self.fields[name].empty_label = "—"
