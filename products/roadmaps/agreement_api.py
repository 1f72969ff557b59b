"""The API of what is agreed: baselines, what members said to them, and where items stand."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from portfolio.common.api import CodeField, Exported, VisibleRows
from products.roadmaps import agreement_exports as exports
from products.roadmaps import baseline_actions, content
from products.roadmaps.agreement import agreement, as_rows, said_of
from products.roadmaps.agreement_filters import BaselineFilter, SignOffFilter
from products.roadmaps.models import Baseline, Roadmap, Side, SignOff

ACCOUNT: dict[str, Any] = {"slug_field": "username", "read_only": True}


# -- Baselines --------------------------------------------------------------------------------------------------------


class BaselineSerializer(serializers.ModelSerializer):
    """A roadmap as it was at one moment, frozen."""

    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of a roadmap.")
    name = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    why = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    made_by = CodeField(**ACCOUNT, allow_null=True, help_text="Name of the account; null is the operator.")

    class Meta:
        model = Baseline
        fields = ["id", "roadmap", "number", "name", "why", "version", "content_hash", "made_by", "at"]
        read_only_fields = ["number", "version", "content_hash", "at"]

    def create(self, validated_data: dict[str, Any]) -> Baseline:
        """Take it."""
        roadmap = validated_data.pop("roadmap")
        return baseline_actions.take_baseline(roadmap, by=self.context["request"].user, **validated_data)


class BaselineDetailSerializer(BaselineSerializer):
    """A baseline with all that it froze, and whether that still has its hash."""

    content = serializers.DictField(source="document", read_only=True)
    is_intact = serializers.SerializerMethodField(help_text="Whether the hash of the content, worked out now, is its.")

    class Meta(BaselineSerializer.Meta):
        fields = [*BaselineSerializer.Meta.fields, "content", "is_intact"]

    def get_is_intact(self, row: Baseline) -> bool:
        """Return whether nobody changed what is stored."""
        return content.hash_of(row.content) == row.content_hash


class AgreedStandingSerializer(serializers.Serializer):
    """What one side says to one item that is still to be done."""

    item = serializers.CharField(help_text="Code of the item.")
    side = serializers.ChoiceField(choices=Side.choices)
    mark = serializers.ChoiceField(choices=["signed", "void", "declined", "unsigned"])
    by = serializers.CharField(allow_null=True, help_text="Account of the member whose word it rests on.")
    at = serializers.DateTimeField(allow_null=True)
    baseline = serializers.IntegerField(allow_null=True, help_text="Number of the baseline that the word was said to.")
    comment = serializers.CharField(allow_blank=True)


class BaselineViewSet(
    VisibleRows,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    viewsets.GenericViewSet,
):
    """Baselines: roadmaps as they were, frozen, to be signed."""

    queryset = Baseline.objects.all()
    serializer_class = BaselineSerializer
    filterset_class = BaselineFilter
    export = exports.BASELINES
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self):
        """Return the baselines; a single one with what it froze."""
        if self.action == "list":
            return super().get_queryset()
        return Baseline.objects.visible_to(self.request.user).select_related("roadmap", "made_by")

    def filter_queryset(self, queryset):
        """Filter lists only: a single baseline is readable for ever."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(responses=BaselineDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one baseline with all that it froze."""
        return Response(BaselineDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    def create(self, request, *args, **kwargs):
        """Freeze a roadmap as it is; refused where nothing changed since its latest baseline."""
        self.may_add()
        return super().create(request, *args, **kwargs)

    @extend_schema(responses=AgreedStandingSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def agreement(self, request, pk=None):
        """Tell where the items stand as this baseline has them, given all that members said until today."""
        baseline = self.get_object()
        return Response(AgreedStandingSerializer(_standings(baseline.roadmap, baseline.document), many=True).data)


def _standings(roadmap: Roadmap, document: content.Document) -> list[dict[str, Any]]:
    said = said_of(SignOff.objects.filter(baseline__roadmap=roadmap).to_read())
    return as_rows(agreement(document, said))


# -- What members said ------------------------------------------------------------------------------------------------


class SignOffSerializer(serializers.ModelSerializer):
    """What one member said to one baseline, for good."""

    roadmap = serializers.CharField(source="baseline.roadmap.code", read_only=True, help_text="Code of the roadmap.")
    baseline = serializers.PrimaryKeyRelatedField(queryset=Baseline.objects.all(), help_text="Key of a baseline.")
    number = serializers.IntegerField(source="baseline.number", read_only=True, help_text="The baseline's number.")
    by = CodeField(**ACCOUNT, help_text="Name of the account.")
    comment = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=2000, help_text="Where it is declined, the reason."
    )
    about = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, default=list, max_length=1000,
        help_text="Codes of the items that are declined; none is the whole baseline.",
    )  # fmt: skip

    class Meta:
        model = SignOff
        fields = ["id", "roadmap", "baseline", "number", "by", "side", "verdict", "comment", "about", "at"]
        read_only_fields = ["side", "at"]

    def create(self, validated_data: dict[str, Any]) -> SignOff:
        """Say it."""
        baseline = validated_data.pop("baseline")
        return baseline_actions.say(baseline, by=self.context["request"].user, **validated_data)


class SignOffViewSet(VisibleRows, mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    """What members said to baselines."""

    queryset = SignOff.objects.all()
    serializer_class = SignOffSerializer
    filterset_class = SignOffFilter
    export = exports.SIGN_OFFS
    http_method_names = ["get", "post", "head", "options"]

    def create(self, request, *args, **kwargs):
        """Sign the latest baseline, or decline it, or some items of it; only members of the roadmap may."""
        return super().create(request, *args, **kwargs)


# -- Where items stand ------------------------------------------------------------------------------------------------

ROADMAP = OpenApiParameter("roadmap", OpenApiTypes.STR, required=True, description="Code of a roadmap.")


def roadmap_asked(query: QueryDict, user: Any) -> Roadmap:
    """Return the roadmap that a call asks for; ValidationError, with what to send, where there is none."""
    code = query.get("roadmap", "")
    found = Roadmap.objects.visible_to(user).filter(code=code).first() if code and "\x00" not in code else None
    if found is None:
        what = f"There is no roadmap {code!r}." if code else "Which roadmap is missing."
        raise ValidationError({"roadmap": [f"{what} Give the code of one, such as ?roadmap=vehicle-tax."]})
    return found


@dataclass(frozen=True)
class Standing:
    """A row of the agreement as a file has it."""

    item: str
    side: str
    mark: str
    by: str | None
    at: Any
    baseline: int | None
    comment: str


class AgreementViewSet(Exported, viewsets.GenericViewSet):
    """Where the items of a roadmap stand with both sides, as it is now."""

    queryset = SignOff.objects.none()
    serializer_class = AgreedStandingSerializer
    pagination_class = None
    filter_backends: list = []
    export = exports.AGREEMENT

    @extend_schema(parameters=[ROADMAP], responses=AgreedStandingSerializer(many=True))
    def list(self, request):
        """Tell, by item and side, whether it is signed as it is, signed and void since, declined, or never signed."""
        roadmap = roadmap_asked(request.query_params, request.user)
        rows = _standings(roadmap, content.document_of(roadmap))
        if self.asked_form:
            return self.exported([Standing(**row) for row in rows], ["roadmap"])
        return Response(AgreedStandingSerializer(rows, many=True).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("baselines", BaselineViewSet),
    ("sign-offs", SignOffViewSet),
    ("agreement", AgreementViewSet),
]
