"""Forms of journeys, their steps and passages, incidents, their impacts, failure modes and drills."""

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from portfolio.common.filters import MonthField
from products.catalog.forms import DAY, ENDS, DescribedForm
from products.health.models import Drill, FailureMode, Impact, Incident, Journey, Passage, Step
from products.value.models import Behaviour, Metric

NUMBER = {"inputmode": "decimal", "class": "short", "autocomplete": "off"}
WHOLE = {"inputmode": "numeric", "class": "short", "autocomplete": "off"}


def _day() -> forms.DateInput:
    return forms.DateInput(attrs=DAY, format="%Y-%m-%d")


class MetricChoice(forms.ModelChoiceField):
    """Chooses a metric, each with the product that it is of."""

    def label_from_instance(self, metric: Metric) -> str:
        """Return the metric's name after its product's."""
        return f"{metric.product} · {metric}"


def _flows() -> QuerySet:
    return Metric.objects.filter(behaviour=Behaviour.FLOW).select_related("product").order_by("product__name", "name")


class JourneyForm(DescribedForm):
    """A journey and its budgets."""

    metric = MetricChoice(
        queryset=_flows(),
        required=False,
        empty_label="None yet",
        help_text="What is counted when it is completed, of the same product; its worth weighs what is lost.",
    )
    field_order = [
        "product", "name", "code", "purpose", "process", "availability", "response_ms", "metric", "is_illustrative",
    ]  # fmt: skip

    class Meta:
        model = Journey
        fields = [
            "product", "name", "code", "purpose", "process", "availability", "response_ms", "metric", "is_illustrative",
        ]  # fmt: skip
        labels = {"response_ms": "Response time, in milliseconds"}
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 2}),
            "availability": forms.TextInput(attrs=NUMBER),
            "response_ms": forms.TextInput(attrs=WHOLE),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["process"].empty_label = "None"


class StepForm(forms.ModelForm):
    """A step of a journey."""

    class Meta:
        model = Step
        fields = [
            "journey", "position", "name", "service", "availability", "response_ms", "is_fixed", "starts", "ends",
            "is_illustrative",
        ]  # fmt: skip
        labels = {
            "position": "Which step",
            "response_ms": "Response time, in milliseconds",
            "starts": "First day",
            "ends": "Ends before",
        }
        help_texts = {"ends": ENDS}
        widgets = {
            "position": forms.TextInput(attrs=WHOLE),
            "availability": forms.TextInput(attrs=NUMBER),
            "response_ms": forms.TextInput(attrs=WHOLE),
            "starts": _day(),
            "ends": _day(),
        }


class PassageForm(forms.ModelForm):
    """How many entered a step in a month, and completed it."""

    month = MonthField()
    field_order = ["journey", "position", "month", "entered", "completed", "is_illustrative"]

    class Meta:
        model = Passage
        fields = ["journey", "position", "month", "entered", "completed", "is_illustrative"]
        labels = {"position": "Which step"}
        widgets = {name: forms.TextInput(attrs=WHOLE) for name in ("position", "entered", "completed")}


class FailureModeForm(DescribedForm):
    """A way in which a service can fail."""

    class Meta:
        model = FailureMode
        fields = ["service", "name", "code", "effect", "detection", "response", "is_illustrative"]
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("effect", "detection", "response")}


class DrillForm(forms.ModelForm):
    """That a failure mode was tried on purpose."""

    class Meta:
        model = Drill
        fields = ["failure_mode", "held_on", "has_passed", "minutes", "notes", "is_illustrative"]
        labels = {"has_passed": "It went as planned"}
        widgets = {
            "held_on": _day(),
            "minutes": forms.TextInput(attrs=WHOLE),
            "notes": forms.Textarea(attrs={"rows": 3}),
        }


class MomentInput(forms.DateTimeInput):
    """A day and a time, as browsers ask for them."""

    input_type = "datetime-local"

    def __init__(self):
        super().__init__(format="%Y-%m-%dT%H:%M")


class IncidentForm(DescribedForm):
    """A time in which a service did not do what customers count on."""

    class Meta:
        model = Incident
        fields = [
            "service", "name", "code", "severity", "started_at", "detected_at", "restored_at", "failure_mode", "cause",
            "is_harmless", "is_illustrative",
        ]  # fmt: skip
        labels = {
            "started_at": "Started",
            "detected_at": "Noticed",
            "restored_at": "Restored",
            "failure_mode": "Failure mode known in advance",
        }
        widgets = {
            "started_at": MomentInput(),
            "detected_at": MomentInput(),
            "restored_at": MomentInput(),
            "cause": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        modes = self.fields["failure_mode"]
        modes.empty_label = "Not known in advance"
        service = self.instance.service if self.instance.pk else self.initial.get("service")
        if service:
            modes.queryset = FailureMode.objects.filter(service=service).order_by("name")
        zone = timezone.get_current_timezone_name()
        self.fields["started_at"].help_text = f"When customers first felt it, in {zone} time."


class ImpactForm(forms.ModelForm):
    """What an incident cost customers."""

    metric = MetricChoice(queryset=_flows(), help_text="What was lost, such as completed payments.")
    field_order = [
        "incident", "metric", "journey", "starts", "ends", "lost", "late", "late_share", "is_in_figures", "note",
        "is_illustrative",
    ]  # fmt: skip

    class Meta:
        model = Impact
        fields = [
            "incident", "metric", "journey", "starts", "ends", "lost", "late", "late_share", "is_in_figures", "note",
            "is_illustrative",
        ]  # fmt: skip
        labels = {
            "lost": "How many were lost",
            "late": "How many came late",
            "late_share": "Part of its worth that lateness cost",
            "starts": "First day",
            "ends": "Ends before",
            "note": "How it is known",
        }
        widgets = {
            "starts": _day(),
            "ends": _day(),
            "lost": forms.TextInput(attrs=NUMBER),
            "late": forms.TextInput(attrs=NUMBER),
            "late_share": forms.TextInput(attrs=NUMBER),
        }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["journey"].empty_label = "Divide it over the journeys that use the service"
