"""Forms of this room."""

from django import forms

from portfolio.common.filters import MomentField
from teams.models import Absence, Discipline, Membership, Person, Rate, Team, Thanks

DAY = {"type": "date"}
NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
FIRST, LAST = "First day", "Ends before"
ENDS = "The first day that no longer counts. Leave empty for an open end."


class DescribedForm(forms.ModelForm):
    """A described row; its code is fixed once it is saved, because addresses and imports use it."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]


class DisciplineForm(DescribedForm):
    """A discipline."""

    class Meta:
        model = Discipline
        fields = ["name", "code", "is_illustrative"]


class PersonForm(DescribedForm):
    """Someone who works in teams."""

    class Meta:
        model = Person
        fields = ["name", "code", "user", "is_illustrative"]
        labels = {"user": "Signs in as"}
        help_texts = {"user": "The account of this person, if they have one. It gives no rights."}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["user"].empty_label = "No account"
        self.fields["user"].queryset = self.fields["user"].queryset.filter(is_active=True).order_by("username")


class TeamForm(DescribedForm):
    """A team."""

    class Meta:
        model = Team
        fields = ["name", "code", "purpose", "is_illustrative"]
        widgets = {"purpose": forms.Textarea(attrs={"rows": 3})}


class MembershipForm(forms.ModelForm):
    """A person in a team."""

    class Meta:
        model = Membership
        fields = ["person", "team", "discipline", "fte", "starts", "ends", "is_embedded", "is_illustrative"]
        labels = {"starts": FIRST, "ends": LAST}
        help_texts = {"ends": ENDS}
        widgets = {
            "fte": forms.TextInput(attrs=NUMBER),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


class AbsenceForm(forms.ModelForm):
    """Days on which somebody is away, learns or has quiet time."""

    class Meta:
        model = Absence
        fields = ["person", "kind", "share", "starts", "ends", "is_illustrative"]
        labels = {"starts": FIRST, "ends": LAST}
        help_texts = {"ends": "The first day on which they are back at work."}
        widgets = {
            "share": forms.TextInput(attrs=NUMBER),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


class ThanksForm(forms.ModelForm):
    """Thanks to a team or to a person."""

    class Meta:
        model = Thanks
        fields = ["team", "person", "text", "is_open"]
        labels = {"team": "A team", "person": "Or a person", "text": "What for"}
        help_texts = {"team": "Thank either a team or a person."}
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}


class RateForm(forms.ModelForm):
    """What an FTE of a discipline costs a month."""

    class Meta:
        model = Rate
        fields = ["discipline", "monthly_amount", "currency", "starts", "ends", "is_illustrative"]
        labels = {"monthly_amount": "Amount a month", "starts": FIRST, "ends": LAST}
        help_texts = {
            "monthly_amount": "Per FTE, with what the employer pays on top.",
            "currency": "ISO code, such as GBP.",
            "ends": ENDS,
        }
        widgets = {
            "monthly_amount": forms.TextInput(attrs=NUMBER),
            "currency": forms.TextInput(attrs={"class": "short", "autocomplete": "off", "spellcheck": "false"}),
            "starts": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
            "ends": forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        }


class AsOfForm(forms.Form):
    """On which day to look at a team, and as known when."""

    on = forms.DateField(
        required=False, label="On", widget=forms.DateInput(attrs=DAY | {"class": "short"}, format="%Y-%m-%d")
    )
    known = MomentField()
