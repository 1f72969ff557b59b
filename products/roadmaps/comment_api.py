"""The API of comments."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common.api import CodeField, VisibleRows
from products.roadmaps import comment_actions
from products.roadmaps.agreement_api import ACCOUNT
from products.roadmaps.agreement_exports import COMMENTS
from products.roadmaps.agreement_filters import CommentFilter
from products.roadmaps.models import Baseline, Comment, Item, Roadmap


class RoadmapCommentSerializer(serializers.ModelSerializer):
    """What somebody said about a roadmap, or about one item, baseline or figure of it."""

    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of a roadmap.")
    item = CodeField(queryset=Item.objects.all(), required=False, allow_null=True, help_text="Code of an item of it.")
    baseline = serializers.PrimaryKeyRelatedField(
        queryset=Baseline.objects.all(), required=False, allow_null=True, help_text="Key of a baseline of it."
    )
    answers = serializers.PrimaryKeyRelatedField(
        queryset=Comment.objects.all(), required=False, allow_null=True, help_text="Key of the comment it answers."
    )
    text = serializers.CharField(max_length=comment_actions.LONGEST, help_text="Name people with @ and their account.")
    mentions = CodeField(**ACCOUNT, many=True, help_text="The accounts that it asks.")
    by = CodeField(**ACCOUNT, help_text="Name of the account.")
    resolved_by = CodeField(**ACCOUNT, allow_null=True, help_text="Name of the account; null while it is open.")

    class Meta:
        model = Comment
        fields = [
            "id", "roadmap", "item", "baseline", "figure", "answers", "text", "mentions", "by", "at", "resolved_by",
            "resolved_at",
        ]  # fmt: skip
        read_only_fields = ["at", "resolved_at"]


class RoadmapSaidSerializer(RoadmapCommentSerializer):
    """A comment that was made, with the names after an @ that are no account's."""

    unknown = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta(RoadmapCommentSerializer.Meta):
        fields = [*RoadmapCommentSerializer.Meta.fields, "unknown"]


class CommentViewSet(VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Comments. Their words never change; they are resolved and reopened."""

    queryset = Comment.objects.all()
    serializer_class = RoadmapCommentSerializer
    filterset_class = CommentFilter
    export = COMMENTS
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter lists only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(responses={201: RoadmapSaidSerializer})
    def create(self, request, *args, **kwargs):
        """Say something; whoever is signed in may. `unknown` are names after an @ that are no account's."""
        self.may_add()
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        words: dict[str, Any] = dict(given.validated_data)
        said = comment_actions.add_comment(words.pop("roadmap"), by=request.user, **words)
        return Response(self._told(said.comment) | {"unknown": list(said.unknown)}, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resolve(self, request, pk=None):
        """Say that what it asks is settled: its author, whom it asks, or who edits the roadmap."""
        return Response(self._told(comment_actions.resolve_comment(self.get_object(), by=request.user)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Say that it is not settled after all."""
        return Response(self._told(comment_actions.reopen_comment(self.get_object(), by=request.user)))

    def _told(self, comment: Comment) -> dict[str, Any]:
        return dict(self.get_serializer(comment).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("comments", CommentViewSet)]
