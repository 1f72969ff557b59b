"""The API of scenarios: read with an ETag, changed with If-Match, so that nobody overwrites what they have not seen."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import CodeField, VisibleRows, etag, if_match, version_asked
from portfolio.common.money import base_currency
from portfolio.rebalance import compare, exports, panel, studio
from portfolio.rebalance import scenario_actions as actions
from portfolio.rebalance.amounts import typed_amount
from portfolio.rebalance.decision_api import ProposeAction
from portfolio.rebalance.filters import ScenarioFilter
from portfolio.rebalance.models import Scenario, ScenarioLine
from portfolio.rebalance.scenario_actions import Edited
from portfolio.rebalance.suggest import suggest
from portfolio.rollup.filters import WindowForm
from products.catalog.models import ValueStream

IF_MATCH = if_match("scenario")
MAY_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="Needed to take the suggestion."
)
WINDOW = [
    OpenApiParameter("window", OpenApiTypes.STR, description="t12m (by default), quarter or fiscal_year."),
    OpenApiParameter("from", OpenApiTypes.STR, description="First month of any other window, such as 2016-04."),
    OpenApiParameter("to", OpenApiTypes.STR, description="Its last month."),
]
KNOWN = OpenApiParameter(
    "known", OpenApiTypes.STR, description="Figures and amounts as known at this moment, such as 2016-09-30T17:00Z."
)


class TypedAmountField(serializers.CharField):
    """An amount as text, such as `1200000.00`, `1.2m`, `+5%` or `-10000`; JSON numbers are taken, too."""

    def to_internal_value(self, data: Any) -> str:
        """Return what was typed."""
        if isinstance(data, bool) or not isinstance(data, (str, int, float)):
            self.fail("invalid")
        text = str(data) if isinstance(data, str) else f"{Decimal(repr(data)):f}"
        # Without a sign a number is an amount; a negative one would be read as a change.
        if not isinstance(data, str) and data < 0:
            raise serializers.ValidationError("An amount cannot be negative. For a change, write it as text: “-10000”.")
        return super().to_internal_value(text)


class ScenarioLineSerializer(serializers.ModelSerializer):
    """What a stream would pay a product a month, in the stream's currency; `base_amount` is what it paid."""

    stream = CodeField(read_only=True, help_text="Code of a funding stream.")
    product = CodeField(read_only=True, help_text="Code of a product.")
    currency = serializers.CharField(source="stream.currency", read_only=True)

    class Meta:
        model = ScenarioLine
        fields = ["id", "stream", "product", "base_amount", "monthly_amount", "currency", "is_locked"]


class ScenarioSerializer(serializers.ModelSerializer):
    """A proposed split of money from a day on; `version` goes up with every step."""

    value_stream = CodeField(
        queryset=ValueStream.objects.all(), required=False, allow_null=True,
        help_text="Code of the value stream whose products change, with all below it; null is the whole portfolio.",
    )  # fmt: skip
    based_on = serializers.PrimaryKeyRelatedField(
        queryset=Scenario.objects.all(), required=False, allow_null=True,
        help_text="Key of the scenario whose amounts it begins with.",
    )  # fmt: skip
    made_by = CodeField(slug_field="username", read_only=True, help_text="Name of an account.")

    class Meta:
        model = Scenario
        fields = [
            "id", "name", "note", "value_stream", "starts", "budget", "based_on", "version", "made_by", "made_at",
            "edited_at", "taken_at", "archived_at",
        ]  # fmt: skip
        read_only_fields = ["version", "made_at", "edited_at", "taken_at", "archived_at"]


class ScenarioDetailSerializer(ScenarioSerializer):
    """A scenario with its lines."""

    lines = ScenarioLineSerializer(many=True, read_only=True)

    class Meta(ScenarioSerializer.Meta):
        fields = [*ScenarioSerializer.Meta.fields, "lines"]


class LineChangeSerializer(serializers.Serializer):
    """What changes of a line."""

    line = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="The line's `id`.")
    monthly_amount = TypedAmountField(
        required=False, max_length=40, help_text="In the stream's currency: 1200000.00, 1.2m, +5% or -10000."
    )
    is_locked = serializers.BooleanField(required=False, help_text="Whether suggestions leave it as it is.")


class ScenarioChangeSerializer(serializers.ModelSerializer):
    """What changes of a scenario: settings, lines or both, as one step."""

    lines = LineChangeSerializer(many=True, required=False)
    merge = serializers.BooleanField(
        default=False, help_text="Make it on top of what others changed since, if they changed nothing of the same."
    )

    class Meta:
        model = Scenario
        fields = ["name", "note", "starts", "budget", "lines", "merge"]
        extra_kwargs = {name: {"required": False} for name in ("name", "note", "starts", "budget")}


class PreviewSerializer(serializers.Serializer):
    """Amounts to try out, by line; lines that are not named stay as the scenario has them."""

    lines = LineChangeSerializer(many=True, required=False)


class SuggestSerializer(serializers.Serializer):
    """Whether the suggestion is taken; without, nothing is changed."""

    take = serializers.BooleanField(default=False, help_text="Take it as one step; needs If-Match.")


class NothingSerializer(serializers.Serializer):
    """No body is needed."""


class ScenarioViewSet(ProposeAction, VisibleRows, mixins.ListModelMixin, viewsets.GenericViewSet):
    """Scenarios: proposed splits of money, to try out together."""

    queryset = Scenario.objects.all()
    serializer_class = ScenarioSerializer
    filterset_class = ScenarioFilter
    export = exports.SCENARIOS
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "patch", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter lists only: a single scenario is readable also when it is archived."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def answer(self, scenario: Scenario, status: int = 200, **more: Any) -> Response:
        """Return a scenario with its lines and its ETag."""
        scenario = self.get_queryset().get(pk=scenario.pk)
        scenario.lines_read = list(scenario.lines.select_related("stream", "product").order_by("pk"))
        data = ScenarioSerializer(scenario, context=self.get_serializer_context()).data
        data["lines"] = ScenarioLineSerializer(scenario.lines_read, many=True).data
        return Response(data | more, status=status, headers={"ETag": etag(scenario)})

    def edited(self, edited: Edited) -> Response:
        """Return what became of a change: the scenario, and what others had changed meanwhile."""
        return self.answer(edited.scenario, merged=[step.as_json() for step in edited.merged])

    @extend_schema(responses=ScenarioDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one scenario with its lines. Its ETag is what If-Match takes."""
        return self.answer(self.get_object())

    @extend_schema(request=ScenarioSerializer, responses={201: ScenarioDetailSerializer})
    def create(self, request, *args, **kwargs):
        """Begin a scenario from what is allotted on its day, or from another scenario."""
        self.may_add()
        given = ScenarioSerializer(data=request.data, context=self.get_serializer_context())
        given.is_valid(raise_exception=True)
        return self.answer(actions.begin_scenario(**given.validated_data, by=request.user), status=201)

    @extend_schema(request=ScenarioChangeSerializer, responses=ScenarioDetailSerializer, parameters=[IF_MATCH])
    def partial_update(self, request, *args, **kwargs):
        """Change settings and lines as one step, which can be undone.

        Where others changed something else meanwhile, `merge` makes it on top; where both changed the same it is
        refused with both values.
        """
        scenario = self.get_object()
        access.require(request.user, scenario)
        version = version_asked(request, "scenario")
        given = ScenarioChangeSerializer(scenario, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        settings = {name: value for name, value in given.validated_data.items() if name not in ("lines", "merge")}
        changes = self._changes(scenario, given.validated_data.get("lines", []), version)
        edited = actions.edit(
            scenario,
            version=version,
            changes=changes,
            settings=settings,
            merge=given.validated_data.get("merge", False),
            by=request.user,
        )
        return self.edited(edited)

    @staticmethod
    def _changes(scenario: Scenario, given: list[dict], version: int | None = None) -> dict[int, dict[str, Any]]:
        """Return changes by line, amounts read over what the line had at the version that was seen."""
        lines = scenario.lines.select_related("stream").in_bulk([line["line"] for line in given])
        is_known = version is not None and 1 <= version <= scenario.version
        seen = studio.as_seen(scenario, lines.values(), version if is_known and version else scenario.version)
        changes: dict[int, dict[str, Any]] = {}
        for line in given:
            key = line["line"]
            if key not in lines:
                raise ValidationError({"lines": f"Scenario {scenario.pk} has no line {key}. Read it for its lines."})
            change = {name: value for name, value in line.items() if name != "line"}
            if "monthly_amount" in change:
                try:
                    change["monthly_amount"] = typed_amount(
                        change["monthly_amount"], seen[key][0], lines[key].stream.currency
                    )
                except ValidationError as error:
                    raise ValidationError({"lines": f"Line {key}: {error.messages[0]}"}) from error
            changes.setdefault(key, {}).update(change)
        return changes

    @extend_schema(request=PreviewSerializer, responses=OpenApiTypes.OBJECT, parameters=[*WINDOW, KNOWN])
    @action(detail=True, methods=["get", "post"])
    def preview(self, request, pk=None):
        """Tell what the split would do: value per unit of cost of the whole, of value streams and of neighbours in the
        network, guardrails, teams. A POST tries out other amounts; nothing is changed."""
        scenario = self.get_object()
        form = self._window(request)
        given = PreviewSerializer(data=request.data if request.method == "POST" else {})
        given.is_valid(raise_exception=True)
        found = studio.study(scenario, at=form.cleaned_data["known"])
        changes = self._changes(scenario, given.validated_data.get("lines", []))
        amounts = {key: change["monthly_amount"] for key, change in changes.items() if "monthly_amount" in change}
        tried = found.with_amounts(amounts) if amounts else found
        answer = panel.read(tried, form.asked).as_json()
        answer |= {"version": scenario.version, "left_to_give": str(tried.left), "budget": str(tried.budget)}
        return Response(answer, headers={"ETag": etag(scenario)})

    @extend_schema(
        request=SuggestSerializer,
        responses=OpenApiTypes.OBJECT,
        parameters=[*WINDOW, MAY_MATCH],
    )
    @action(detail=True, methods=["post"])
    def suggest(self, request, pk=None):
        """Work out the best split under the guardrails, with what each of them costs. Nothing is changed unless it is
        taken."""
        scenario = self.get_object()
        given = SuggestSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        is_taken = given.validated_data["take"]
        if is_taken:
            access.require(request.user, scenario)
        version = version_asked(request, "scenario") if is_taken else None
        form = self._window(request)
        found = suggest(studio.study(scenario), form.asked)
        answer = found.as_json() | {"currency": base_currency(), "version": scenario.version, "taken": False}
        if version is not None:
            edited = actions.take_suggestion(scenario, version=version, amounts=found.changes, by=request.user)
            answer |= {"taken": True, "version": edited.scenario.version}
            scenario = edited.scenario
        return Response(answer, headers={"ETag": etag(scenario)})

    @extend_schema(request=NothingSerializer, responses=ScenarioDetailSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request, pk=None):
        """Undo your own latest step that stands; that is a step as well."""
        return self.edited(actions.undo(self.get_object(), by=request.user, version=self._version_or_none(request)))

    @extend_schema(request=NothingSerializer, responses=ScenarioDetailSerializer)
    @action(detail=True, methods=["post"])
    def redo(self, request, pk=None):
        """Take again the step that you undid last."""
        return self.edited(actions.redo(self.get_object(), by=request.user, version=self._version_or_none(request)))

    @extend_schema(
        responses=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("s", OpenApiTypes.INT, many=True, required=True, description="Keys, up to four."),
            *WINDOW,
            KNOWN,
        ],
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def compare(self, request):
        """Set up to four scenarios beside each other and beside leaving it as it is."""
        keys = list(dict.fromkeys(key for text in request.query_params.getlist("s") for key in text.split(",") if key))
        if not keys or len(keys) > compare.MOST or not all(key.isdecimal() and len(key) < 19 for key in keys):
            raise ValidationError({"s": f"Give the keys of one to {compare.MOST} scenarios, as in ?s=1&s=2."})
        form = self._window(request)
        found = self.get_queryset().in_bulk([int(key) for key in keys])
        if missing := [key for key in keys if int(key) not in found]:
            raise ValidationError({"s": f"There is no scenario {missing[0]}."})
        return Response(compare.compare([found[int(key)] for key in keys], form.asked).as_json())

    @staticmethod
    def _window(request: Any) -> WindowForm:
        form = WindowForm(request.query_params)
        if not form.is_valid():
            raise ValidationError({name: list(errors) for name, errors in form.errors.items()})
        return form

    @staticmethod
    def _version_or_none(request: Any) -> int | None:
        return version_asked(request, "scenario") if request.headers.get("If-Match") else None
