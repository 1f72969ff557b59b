"""The API of ideas: proposed and supported by anyone, answered in the open."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import CodeField, VisibleRows
from products.catalog.models import Insight
from products.roadmaps import idea_actions, review_exports
from products.roadmaps.models import Idea, IdeaEvent, Item, Roadmap
from products.roadmaps.review_filters import IdeaFilter


class IdeaSerializer(serializers.ModelSerializer):
    """What somebody proposes for a roadmap, and what became of it."""

    roadmap = CodeField(queryset=Roadmap.objects.all(), help_text="Code of a roadmap.")
    insight = serializers.PrimaryKeyRelatedField(
        queryset=Insight.objects.all(), required=False, allow_null=True,
        help_text="Key of what a customer said or did that it comes from.",
    )  # fmt: skip
    by = CodeField(slug_field="username", read_only=True, help_text="Name of an account.")
    decided_by = CodeField(slug_field="username", read_only=True, allow_null=True, help_text="Name of an account.")
    item = CodeField(read_only=True, allow_null=True, help_text="Code of the item that it became or was merged into.")
    support_count = serializers.SerializerMethodField(help_text="How many others stand behind it.")

    class Meta:
        model = Idea
        fields = [
            "id", "roadmap", "name", "text", "insight", "by", "at", "support_count", "status", "reason", "item",
            "merged_into", "decided_by", "decided_at",
        ]  # fmt: skip
        read_only_fields = ["at", "status", "reason", "merged_into", "decided_at"]

    def get_support_count(self, idea: Idea) -> int:
        """Return how many support it; one that was just proposed was not read with it."""
        return getattr(idea, "support_count", 0)


class IdeaEventSerializer(serializers.ModelSerializer):
    """What became of an idea, once."""

    by = CodeField(
        slug_field="username", read_only=True, allow_null=True, help_text="Name of an account; null is the operator."
    )
    item = CodeField(read_only=True, allow_null=True, help_text="Code of an item.")

    class Meta:
        model = IdeaEvent
        fields = ["status", "reason", "item", "merged_into", "by", "at"]
        read_only_fields = fields


class IdeaDetailSerializer(IdeaSerializer):
    """An idea with all that became of it, oldest first."""

    events = IdeaEventSerializer(many=True, read_only=True)

    class Meta(IdeaSerializer.Meta):
        fields = [*IdeaSerializer.Meta.fields, "events"]


class ReasonedAnswerSerializer(serializers.Serializer):
    """The reason, which everybody can read."""

    reason = serializers.CharField(max_length=2000, help_text="Everybody can read it, its author first.")


class ReasonedAcceptanceSerializer(ReasonedAnswerSerializer):
    """A yes."""

    item = CodeField(
        queryset=Item.objects.all(), required=False, allow_null=True, help_text="Code of the item that it became."
    )


class ReasonedMergerSerializer(ReasonedAnswerSerializer):
    """What an idea goes on in: another idea or an item."""

    into = serializers.PrimaryKeyRelatedField(
        queryset=Idea.objects.all(), required=False, allow_null=True, help_text="Key of the other idea."
    )
    item = CodeField(queryset=Item.objects.all(), required=False, allow_null=True, help_text="Code of the item.")


class NoBodySerializer(serializers.Serializer):
    """No body is needed."""


def _answers(body: type[serializers.Serializer]) -> Any:
    return extend_schema(request=body, responses=IdeaDetailSerializer)


class IdeaViewSet(
    VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet
):
    """Ideas. Whoever is signed in proposes and supports them; who may change the roadmap answers them."""

    queryset = Idea.objects.all()
    serializer_class = IdeaSerializer
    filterset_class = IdeaFilter
    export = review_exports.IDEAS
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def filter_queryset(self, queryset):
        """Filter lists only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def answer(self, idea: Idea) -> Response:
        """Return an idea with all that became of it."""
        found = self.get_queryset().prefetch_related("events__by", "events__item").get(pk=idea.pk)
        return Response(IdeaDetailSerializer(found, context=self.get_serializer_context()).data)

    def perform_create(self, serializer: Any):
        """Propose it."""
        request: Any = self.request
        serializer.instance = idea_actions.propose_idea(Idea(**serializer.validated_data), by=request.user)

    @extend_schema(responses=IdeaDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        """Show one idea with all that became of it."""
        return self.answer(self.get_object())

    def create(self, request, *args, **kwargs):
        """Propose an idea."""
        self.may_add()
        return super().create(request, *args, **kwargs)

    @_answers(NoBodySerializer)
    @action(detail=True, methods=["post"])
    def support(self, request, pk=None):
        """Stand behind somebody else's idea; a second time changes nothing."""
        return self.answer(idea_actions.support_idea(self.get_object(), by=request.user))

    @_answers(NoBodySerializer)
    @action(detail=True, methods=["post"])
    def unsupport(self, request, pk=None):
        """Stand behind an idea no longer."""
        return self.answer(idea_actions.unsupport_idea(self.get_object(), by=request.user))

    @_answers(ReasonedAcceptanceSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request, pk=None):
        """Say yes to an open idea, with the item that it became, if there is one yet."""
        return self._decided(ReasonedAcceptanceSerializer, idea_actions.accept_idea)

    @_answers(ReasonedMergerSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request, pk=None):
        """Say that an open idea goes on in another idea, or in an item."""
        return self._decided(ReasonedMergerSerializer, idea_actions.merge_idea)

    @_answers(ReasonedAnswerSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request, pk=None):
        """Say no to an open idea."""
        return self._decided(ReasonedAnswerSerializer, idea_actions.decline_idea)

    @_answers(ReasonedAnswerSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Open a decided idea again; the earlier answer stays readable."""
        return self._decided(ReasonedAnswerSerializer, idea_actions.reopen_idea)

    def _decided(self, serializer: type[ReasonedAnswerSerializer], change: Any) -> Response:
        idea = self.get_object()
        access.require(self.request.user, idea)
        given = serializer(data=self.request.data)
        given.is_valid(raise_exception=True)
        return self.answer(change(idea, by=self.request.user, **given.validated_data))


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("ideas", IdeaViewSet)]
