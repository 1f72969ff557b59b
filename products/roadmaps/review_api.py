"""The API of reviews, and of the agendas that they are held by."""

from typing import Any

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common.api import CodeField, RecordedSerializer, RecordedViewSet
from products.roadmaps import review_exports
from products.roadmaps.agenda import agenda_of
from products.roadmaps.models import Review, Roadmap
from products.roadmaps.review_actions import checked_decisions, hold_review
from products.roadmaps.review_filters import ReviewFilter
from products.roadmaps.review_forms import KnownForm


class ReviewDecisionSerializer(serializers.Serializer):
    """What a review decided."""

    text = serializers.CharField(help_text="What was decided.")
    who = serializers.CharField(required=False, allow_blank=True, help_text="Whose it is.")
    due_on = serializers.DateField(required=False, allow_null=True, help_text="The day by which it is to be done.")
    done_on = serializers.DateField(required=False, allow_null=True, help_text="The day on which it was done.")


class AgendaRowSerializer(serializers.Serializer):
    """One thing to look at."""

    name = serializers.CharField()
    detail = serializers.CharField()
    href = serializers.CharField(help_text="The address of its page.")
    figure = serializers.CharField(help_text="What a comment on it is anchored to; empty where it is no figure.")
    is_urgent = serializers.BooleanField()


class AgendaSectionSerializer(serializers.Serializer):
    """A part of an agenda."""

    key = serializers.CharField()
    title = serializers.CharField()
    nothing = serializers.CharField(help_text="What it says where it has no rows.")
    rows = AgendaRowSerializer(many=True)


class AgendaSerializer(serializers.Serializer):
    """An agenda, the same for everyone."""

    on = serializers.DateField()
    known = serializers.DateTimeField(allow_null=True, help_text="As known at this moment; null is that of asking.")
    since = serializers.DateField(allow_null=True, help_text="The day of the last review before.")
    baseline = serializers.CharField(help_text="The latest baseline, by number and name; empty where there is none.")
    sections = AgendaSectionSerializer(many=True)


class ReviewSerializer(RecordedSerializer):
    """A review that was held: what was said and decided. A single one has the agenda of that day, too."""

    baseline = serializers.IntegerField(
        source="baseline.number", read_only=True, allow_null=True, default=None, help_text="Number of the latest one."
    )
    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of a roadmap.")
    decisions = ReviewDecisionSerializer(many=True, required=False)

    class Meta:
        model = Review
        fields = ["roadmap", "held_on", "baseline", "present", "minutes", "decisions", "is_illustrative"]

    def validate_decisions(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the decisions as they are kept."""
        try:
            return checked_decisions(rows)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error

    def create(self, validated_data: dict[str, Any]) -> Review:
        """Record a review, with the agenda of its day."""
        return hold_review(Review(**validated_data), by=self.context["request"].user)


class ReviewDetailSerializer(ReviewSerializer):
    """A review with the agenda as it was."""

    agenda = serializers.SerializerMethodField(help_text="As everyone saw it; null where none was kept.")

    class Meta(ReviewSerializer.Meta):
        fields = [*ReviewSerializer.Meta.fields, "agenda"]

    @extend_schema_field(AgendaSerializer(allow_null=True))
    def get_agenda(self, review: Review) -> dict[str, Any] | None:
        """Return the agenda that it keeps."""
        return AgendaSerializer(review.agenda).data if review.agenda else None


class ReviewViewSet(RecordedViewSet):
    """Reviews of roadmaps. A correction changes what was written; the agenda stays as it was."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    export = review_exports.REVIEWS

    @extend_schema(responses=ReviewDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one review, for ever, with its agenda as it was."""
        return Response(ReviewDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(
        responses=AgendaSerializer,
        parameters=[
            OpenApiParameter("roadmap", OpenApiTypes.STR, required=True, description="Code of a roadmap."),
            OpenApiParameter("known", OpenApiTypes.STR, description="As known at a moment, such as 2016-09-30T17:00Z."),
        ],
        filters=False,
    )
    @action(detail=False, pagination_class=None)
    def agenda(self, request):
        """Show the agenda of a roadmap's next review, the same for everyone."""
        form = KnownForm(request.query_params)
        if not form.is_valid():
            raise exceptions.ValidationError({"known": [str(words) for words in form.errors["known"]]})
        code = request.query_params.get("roadmap", "")
        if not code or "\x00" in code:
            raise exceptions.ValidationError({"roadmap": "Name the roadmap by its code: ?roadmap=vehicle-tax."})
        roadmap = get_object_or_404(Roadmap.objects.visible_to(request.user), code=code)
        return Response(AgendaSerializer(agenda_of(roadmap, known=form.cleaned_data["known"]).as_json()).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("reviews", ReviewViewSet)]
