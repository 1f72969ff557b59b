"""The API of decisions, of their record, and of what to measure next.

A decision is read with an ETag, of what it froze and of how far it is; each step names it in If-Match, so that nobody
approves or applies what they have not seen.
"""

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import CodeField, Exported, VisibleRows
from portfolio.common.errors import Moved, NeedsVersion
from portfolio.rebalance import calibration, decision_actions, decision_exports
from portfolio.rebalance.decision_filters import DecisionFilter
from portfolio.rebalance.measuring import KINDS, needs
from portfolio.rebalance.measuring_forms import MeasureForm
from portfolio.rebalance.models import Approval, Decision, DecisionLine, Prediction, Scenario

_ETAG = re.compile(r'\s*(?:W/)?"([0-9a-z-]{1,100})"\s*')
_VERSION = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the decision as it was seen. Without it the answer is 428; where the decision has moved "
    "on, 412 with its status now.",
)


class Stale(Moved):
    """The decision moved on since the caller saw it."""

    def __init__(self, decision: Decision):
        self.found = {"decision_status": decision.status, "etag": etag_of(decision)}
        super().__init__(
            f"{decision} is {decision.get_status_display().lower()} now. Read it again, and send its ETag in If-Match."
        )


def etag_of(decision: Decision) -> str:
    """Return what changes whenever a decision does: what it froze, its status, and how many have said something."""
    return f'"{decision.digest[:16]}-{decision.status}-{decision.approvals.count()}"'


# -- How they are told -----------------------------------------------------------------------------------------------


class DecisionLineSerializer(serializers.ModelSerializer):
    """What one stream pays one product a month, before and after, in the stream's currency."""

    stream = CodeField(read_only=True, help_text="Code of a funding stream.")
    product = CodeField(read_only=True, help_text="Code of a product.")
    currency = serializers.CharField(source="stream.currency", read_only=True)

    class Meta:
        model = DecisionLine
        fields = ["stream", "product", "currency", "before", "after", "allocation"]
        extra_kwargs = {"allocation": {"help_text": "Key of the allocation that came of it; null until applied."}}


class ApprovalSerializer(serializers.ModelSerializer):
    """What somebody said of a proposal, in the role that covers it."""

    by = CodeField(slug_field="username", read_only=True, help_text="Name of an account.")

    class Meta:
        model = Approval
        fields = ["by", "role", "is_approval", "comment", "at"]


class PredictionSerializer(serializers.ModelSerializer):
    """What was predicted of the whole (no product), a product or a metric, and what came of it, once that is known."""

    product = CodeField(read_only=True, allow_null=True, help_text="Code of a product; null is the whole.")
    metric = CodeField(read_only=True, allow_null=True, help_text="Code of a metric.")
    is_inside = serializers.BooleanField(read_only=True, allow_null=True, help_text="Whether it fell in the range.")

    class Meta:
        model = Prediction
        fields = [
            "quarters", "first_month", "last_month", "product", "metric", "measure", "estimator", "unchanged", "low",
            "middle", "high", "factor", "due_on", "outcome", "by_correction", "by_network", "score", "is_inside",
            "checked_at",
        ]  # fmt: skip


class DecisionSerializer(serializers.ModelSerializer):
    """A decision: what was proposed, by whom and why, and how far it is."""

    value_stream = CodeField(read_only=True, allow_null=True, help_text="Code; null is the whole portfolio.")
    proposed_by = CodeField(slug_field="username", read_only=True, help_text="Name of an account.")
    applied_by = CodeField(slug_field="username", read_only=True, allow_null=True, help_text="Name of an account.")
    ended_by = CodeField(slug_field="username", read_only=True, allow_null=True, help_text="Name of an account.")

    class Meta:
        model = Decision
        fields = [
            "id", "title", "why", "status", "value_stream", "starts", "scenario", "scenario_version", "reverts",
            "proposed_by", "proposed_at", "applied_by", "applied_at", "ended_by", "ended_at", "ended_why", "known_at",
            "run", "seed", "digest",
        ]  # fmt: skip

    def to_representation(self, instance: Decision) -> dict[str, Any]:
        """Return it with the status of the moment that is asked for."""
        return super().to_representation(instance) | {"status": getattr(instance, "state", instance.status)}


class DecisionDetailSerializer(DecisionSerializer):
    """A decision with all that it froze, what was said of it, and what came of it."""

    lines = DecisionLineSerializer(many=True, read_only=True)
    approvals = ApprovalSerializer(many=True, read_only=True)
    predictions = PredictionSerializer(many=True, read_only=True)
    frozen = serializers.DictField(
        read_only=True, help_text="What was predicted, guardrails, alternatives considered, assumptions."
    )

    class Meta(DecisionSerializer.Meta):
        fields = [*DecisionSerializer.Meta.fields, "lines", "approvals", "predictions", "frozen"]


class CommentSerializer(serializers.Serializer):
    """What is said with a yes."""

    comment = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class NoSerializer(serializers.Serializer):
    """Why not."""

    comment = serializers.CharField(max_length=500, help_text="Why not.")


class WhySerializer(serializers.Serializer):
    """Why a proposal is withdrawn."""

    why = serializers.CharField(max_length=500)


class RevertSerializer(serializers.Serializer):
    """Why a decision is taken back, and from when on."""

    why = serializers.CharField(max_length=5000)
    starts = serializers.DateField(required=False, help_text="The first day; today by default.")


class NothingSerializer(serializers.Serializer):
    """Nothing has to be said."""


class ProposalSerializer(serializers.Serializer):
    """What a scenario is proposed as."""

    title = serializers.CharField(max_length=120)
    why = serializers.CharField(max_length=5000, help_text="Why the money should move.")
    alternatives = serializers.PrimaryKeyRelatedField(
        queryset=Scenario.objects.all(), many=True, required=False, help_text="Keys of scenarios also considered."
    )


# -- Decisions -------------------------------------------------------------------------------------------------------


class DecisionViewSet(VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Decisions: proposals with frozen predictions, who approved and applied them, and what came of it."""

    queryset = Decision.objects.all()
    serializer_class = DecisionSerializer
    filterset_class = DecisionFilter
    export = decision_exports.DECISIONS
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self):
        """Return the decisions; a single one with its parts."""
        rows = super().get_queryset()
        if self.action == "list":
            return rows
        return (
            Decision.objects.visible_to(self.request.user)
            .select_related("value_stream", "proposed_by", "applied_by", "ended_by")
            .prefetch_related("lines__stream", "lines__product", "approvals__by", "predictions__product")
            .prefetch_related("predictions__metric")
        )

    def filter_queryset(self, queryset):
        """Filter lists only: a single decision is readable for ever."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(responses=DecisionDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one decision with all that it froze; its ETag goes in If-Match of the steps."""
        return self._told(self.get_object())

    @extend_schema(parameters=[IF_MATCH], request=CommentSerializer, responses=DecisionDetailSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request, pk=None):
        """Say yes, in a role held over all that it changes; never the proposer."""
        decision = self._seen()
        given = self._given(CommentSerializer)
        return self._told(decision_actions.approve(decision, comment=given["comment"], by=request.user))

    @extend_schema(parameters=[IF_MATCH], request=NoSerializer, responses=DecisionDetailSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request, pk=None):
        """Say no, which ends the proposal; needs a `comment`."""
        decision = self._seen()
        given = self._given(NoSerializer)
        return self._told(decision_actions.decline(decision, comment=given["comment"], by=request.user))

    @extend_schema(parameters=[IF_MATCH], request=WhySerializer, responses=DecisionDetailSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, pk=None):
        """Take a proposal back; whoever proposed it may."""
        decision = self._seen(is_proposers=True)
        given = self._given(WhySerializer)
        return self._told(decision_actions.withdraw(decision, why=given["why"], by=request.user))

    @extend_schema(parameters=[IF_MATCH], request=NothingSerializer, responses=DecisionDetailSerializer)
    @action(detail=True, methods=["post"])
    def apply(self, request, pk=None):
        """Change all allocations, or none: 412 with `differences` where the ground moved since it was proposed."""
        return self._told(decision_actions.apply(self._seen(), by=request.user))

    @extend_schema(parameters=[IF_MATCH], request=RevertSerializer, responses={201: DecisionDetailSerializer})
    @action(detail=True, methods=["post"])
    def revert(self, request, pk=None):
        """Propose to give every amount back, as a decision of its own. Returns that one."""
        decision = self._seen()
        given = self._given(RevertSerializer)
        made = decision_actions.revert(decision, why=given["why"], starts=given.get("starts"), by=request.user)
        return self._told(made, status=201)

    def _seen(self, *, is_proposers: bool = False) -> Decision:
        """Return the decision, where the caller may change it and has seen it as it is."""
        decision = self.get_object()
        if not is_proposers or decision.proposed_by_id != self.request.user.pk:
            access.require(self.request.user, decision)
        header = self.request.headers.get("If-Match", "")
        found = _ETAG.fullmatch(header)
        if not found:
            raise NeedsVersion(
                "This call needs If-Match with the ETag of the decision as you saw it. Read it first, then send its "
                "ETag along."
            )
        if f'"{found[1]}"' != etag_of(decision):
            raise Stale(decision)
        return decision

    def _given(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:
        given = serializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        return given.validated_data

    def _told(self, decision: Decision, status: int = 200) -> Response:
        return told(decision, self.get_serializer_context(), status=status)


def told(decision: Decision, context: dict[str, Any], *, status: int = 200) -> Response:
    """Return the answer with a decision as it is stored now, and its ETag."""
    fresh = Decision.objects.get(pk=decision.pk)
    data = DecisionDetailSerializer(fresh, context=context).data
    return Response(data, status=status, headers={"ETag": etag_of(fresh)})


class ProposeAction:
    """What the viewset of scenarios takes to have them proposed."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "If-Match",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description='The ETag of the scenario\'s version that was seen, such as `"7"`.',
            )
        ],
        request=ProposalSerializer,
        responses={201: DecisionDetailSerializer},
    )
    @action(detail=True, methods=["post"])
    def propose(self, request, pk=None):
        """Freeze the scenario as it is at the version of If-Match, and put it to those who must approve it."""
        scenario = self.get_object()  # type: ignore[attr-defined]
        access.require(request.user, scenario)
        found = _VERSION.fullmatch(request.headers.get("If-Match", ""))
        if not found:
            raise NeedsVersion(
                "This call needs If-Match with the ETag of the scenario as you saw it. Read it first, then send its "
                "ETag along."
            )
        given = ProposalSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        words = given.validated_data
        made = decision_actions.propose(
            scenario,
            version=int(found[1]),
            title=words["title"],
            why=words["why"],
            alternatives=words.get("alternatives", ()),
            by=request.user,
        )
        return told(made, {"request": request}, status=201)


# -- The record ------------------------------------------------------------------------------------------------------


class RecordSerializer(serializers.Serializer):
    """How the ranges of one kind did."""

    by = serializers.ChoiceField(choices=["all", "estimator", "measure", "quarters", "metric"])
    key = serializers.CharField(help_text="Of the kind, such as stated, value, 4, or the code of a metric.")
    name = serializers.CharField()
    count = serializers.IntegerField(help_text="Outcomes that are known.")
    inside = serializers.IntegerField(help_text="Those that fell inside their 90 % range.")
    share = serializers.FloatField(allow_null=True)
    share_low = serializers.FloatField(help_text="Lower end of Wilson's 90 % interval of the share.")
    share_high = serializers.FloatField(help_text="Its upper end.")
    score = serializers.FloatField(allow_null=True, help_text="Mean interval score, as a part of what was to be.")
    unchanged_score = serializers.FloatField(allow_null=True, help_text="The same of leaving it as it is.")
    factor = serializers.FloatField(allow_null=True, help_text="By which the next ranges of an estimator are widened.")


class CalibrationViewSet(viewsets.GenericViewSet):
    """The record of all predictions."""

    queryset = Prediction.objects.none()
    serializer_class = RecordSerializer
    pagination_class = None
    filter_backends: list = []

    @extend_schema(responses=RecordSerializer(many=True))
    def list(self, request):
        """Tell how often the truth fell inside the stated ranges, over all decisions."""
        rows = list(Prediction.objects.scored().select_related("metric", "product").order_by("pk"))
        kinds = (
            ("all", [calibration.record("all", "All predictions", rows)]),
            ("estimator", calibration.by_estimator(rows)),
            ("measure", calibration.by_measure(rows)),
            ("quarters", calibration.by_quarters(rows)),
            ("metric", calibration.by_metric(rows)),
        )
        return Response([_record(by, found) for by, records in kinds for found in records])


def _record(by: str, found: calibration.Record) -> dict[str, Any]:
    covered = found.covered
    return {
        "by": by,
        "key": found.key,
        "name": found.name,
        "count": covered.count,
        "inside": covered.inside,
        "share": covered.share if covered.count else None,
        "share_low": covered.low,
        "share_high": covered.high,
        "score": found.score,
        "unchanged_score": found.unchanged_score,
        "factor": found.factor,
    }


# -- What to measure next --------------------------------------------------------------------------------------------


class NeedSerializer(serializers.Serializer):
    """One thing that might be measured, and what knowing it would be worth a month, in the base currency."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="The worth of a metric's unit, or a product's elasticity.")
    code = serializers.CharField(help_text="Of the metric, or of the product.")
    name = serializers.CharField()
    product = serializers.CharField(source="product_code", help_text="Code of the product whose money it would move.")
    value = serializers.FloatField(help_text="What knowing it would be worth a month, at most.")
    probability = serializers.FloatField(help_text="Chance that more than 1 % of the money would go elsewhere.")
    moved = serializers.FloatField(help_text="Money a month that would go elsewhere, on average.")
    low = serializers.FloatField(help_text="5th percentile of what is known now.")
    high = serializers.FloatField(help_text="95th percentile.")
    words = serializers.CharField(help_text="What it would change, in a sentence.")
    method = serializers.CharField(help_text="How to find out.")


class MeasureNextViewSet(Exported, viewsets.GenericViewSet):
    """What it would be worth to know exactly, what is worth most first."""

    queryset = Decision.objects.none()
    serializer_class = NeedSerializer
    pagination_class = None
    filter_backends: list = []
    export = decision_exports.NEEDS

    @extend_schema(
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, description=words)
            for name, words in (
                ("window", "t12m (by default), quarter or fy."),
                ("from", "First month of any other window, such as 2016-04."),
                ("to", "Its last month."),
                ("known", "As known at this moment, such as 2016-09-30T17:00Z."),
                ("kind", "worth or elasticity."),
                ("product", "Codes of products, with commas."),
                ("value_stream", "Codes of value streams, with commas; each with all below it."),
                ("search", "Words in the name."),
                ("sort", "name, product, kind, value, probability or moved; with a minus, largest first."),
            )
        ],
        responses=NeedSerializer(many=True),
    )
    def list(self, request):
        """List what to measure next."""
        form = MeasureForm(request.query_params)
        if not form.is_valid():
            raise ValidationError({name: [str(error) for error in errors] for name, errors in form.errors.items()})
        rows = form.chosen(needs(form.asked).rows) if form.asked else []
        if self.asked_form:
            return self.exported(rows, form.fields)
        return Response(NeedSerializer(rows, many=True).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("decisions", DecisionViewSet),
    ("calibration", CalibrationViewSet),
    ("measure-next", MeasureNextViewSet),
]
