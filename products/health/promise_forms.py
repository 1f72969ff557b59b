"""Forms of what is promised: objectives and what was measured, requirements and their evidence."""

from datetime import timedelta

from django import forms

from products.health.models import Evidence, Measurement, Objective, Requirement

NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
COUNT = NUMBER | {"inputmode": "numeric"}


def day_input() -> forms.DateInput:
    """Return a box for a day."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ObjectiveForm(forms.ModelForm):
    """An objective; its code is fixed once it is saved, because addresses and imports use it."""

    class Meta:
        model = Objective
        fields = [
            "name",
            "code",
            "service",
            "kind",
            "target",
            "window_days",
            "threshold",
            "source",
            "is_illustrative",
        ]
        labels = {"window_days": "Days of the window", "source": "Where it is counted"}
        help_texts = {
            "target": "The part that must be good, such as 0.999: what is left, 0.001, is the error budget.",
            "window_days": "The days it looks back over, today not included: 28 are four whole weeks.",
            "threshold": "For latency, milliseconds within which an answer counts as good; for freshness, minutes.",
        }
        widgets = {
            "target": forms.TextInput(attrs=NUMBER),
            "window_days": forms.TextInput(attrs=COUNT),
            "threshold": forms.TextInput(attrs=NUMBER),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]


class MeasurementForm(forms.ModelForm):
    """What was good of all there was, on a day or over several."""

    ends = forms.DateField(
        required=False,
        widget=day_input(),
        label="Ends before",
        help_text="The first day that no longer counts. Leave empty for one day.",
    )
    field_order = ["objective", "starts", "ends", "good", "total", "is_illustrative"]

    class Meta:
        model = Measurement
        fields = ["objective", "starts", "ends", "good", "total", "is_illustrative"]
        labels = {"starts": "First day", "good": "Good", "total": "Of all"}
        widgets = {
            "starts": day_input(),
            "good": forms.TextInput(attrs=COUNT),
            "total": forms.TextInput(attrs=COUNT),
        }

    def clean(self) -> dict:
        """Take one day where no end is given."""
        given = super().clean() or {}
        if given.get("starts") and not given.get("ends") and "ends" not in self.errors:
            given["ends"] = given["starts"] + timedelta(days=1)
        return given


class RequirementForm(forms.ModelForm):
    """A requirement; its code is fixed once it is saved, because addresses and imports use it."""

    class Meta:
        model = Requirement
        fields = ["name", "code", "service", "kind", "statement", "baselined_on", "is_illustrative"]
        labels = {"statement": "What must hold", "baselined_on": "Agreed on"}
        help_texts = {
            "statement": "So that it can be tested: restored within 4 hours of a lost data centre.",
            "baselined_on": "The day everybody agreed on it, best before the service is first deployed. Leave empty "
            "for a draft.",
        }
        widgets = {"statement": forms.Textarea(attrs={"rows": 3}), "baselined_on": day_input()}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            del self.fields["code"]


class EvidenceForm(forms.ModelForm):
    """That a requirement was tested, and until when that counts."""

    class Meta:
        model = Evidence
        fields = ["requirement", "verified_on", "has_passed", "expires_on", "source", "is_illustrative"]
        labels = {
            "verified_on": "Tested on",
            "has_passed": "It held",
            "expires_on": "Counts until before",
            "source": "Where it can be looked up",
        }
        help_texts = {
            "has_passed": "Leave out where it failed: that is worth recording too.",
            "expires_on": "The first day on which it must have been tested again.",
        }
        widgets = {"verified_on": day_input(), "expires_on": day_input()}
