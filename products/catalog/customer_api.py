"""The API of themes, public forms, and the feedback that comes in by them."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import ActionSerializer, CodeField, DescribedViewSet, VisibleRows
from products.catalog import exports, feedback_actions
from products.catalog.customer_filters import FeedbackFilter, FeedbackFormFilter, ThemeFilter
from products.catalog.feedback_rules import has_link
from products.catalog.models import Feedback, FeedbackForm, Segment, Theme


class ThemeSerializer(ActionSerializer):
    """What customers of a product say again and again, with by how many insights and people."""

    insight_count = serializers.SerializerMethodField(help_text="How many insights say it.")
    people = serializers.SerializerMethodField(help_text="How many people said it.")
    last_said_on = serializers.SerializerMethodField(help_text="When it was last said.")

    class Meta:
        model = Theme
        fields = [
            "code", "product", "name", "summary", "insight_count", "people", "last_said_on", "is_illustrative",
        ]  # fmt: skip

    def get_insight_count(self, theme: Theme) -> int:
        """Return how many insights say it; one that was just added was not read with them."""
        return getattr(theme, "insight_count", 0)

    def get_people(self, theme: Theme) -> int:
        """Return how many people said it."""
        return getattr(theme, "people", 0)

    def get_last_said_on(self, theme: Theme) -> date | None:
        """Return when it was last said."""
        return getattr(theme, "last_said_on", None)


class FeedbackFormSerializer(ActionSerializer):
    """The public form of a product, at /feedback/ and its code."""

    class Meta:
        model = FeedbackForm
        fields = ["code", "product", "name", "is_open", "intro", "thanks", "is_illustrative"]


class FeedbackSerializer(serializers.ModelSerializer):
    """What a customer said, and what became of it; `text` is null for who does not answer for the product."""

    form = CodeField(queryset=FeedbackForm.objects.all(), help_text="Code of a form.")
    product = CodeField(source="form.product", read_only=True, help_text="Code of a product.")
    satisfaction = serializers.IntegerField(read_only=True, allow_null=True, help_text="1, very dissatisfied, to 5.")
    ease = serializers.IntegerField(read_only=True, allow_null=True, help_text="1, very hard, to 5, very easy.")
    text = serializers.SerializerMethodField(help_text="What they wrote; null for who may not read it.")

    class Meta:
        model = Feedback
        fields = [
            "id", "form", "product", "received_at", "satisfaction", "ease", "is_done", "text", "may_quote", "consent",
            "state", "is_from_api", "is_illustrative",
        ]  # fmt: skip
        read_only_fields = fields

    def get_text(self, feedback: Feedback) -> str | None:
        """Return what they wrote, to who may read it."""
        may_read = getattr(feedback, "may_read", None)
        if may_read is None:
            may_read = access.may_write(self.context["request"].user, feedback)
        return feedback.text if may_read else None


class NewFeedbackSerializer(serializers.Serializer):
    """What a customer said elsewhere; any of the answers may be left out, but not all."""

    form = CodeField(queryset=FeedbackForm.objects.select_related("product"), help_text="Code of a form.")
    satisfaction = serializers.IntegerField(
        min_value=1, max_value=5, required=False, allow_null=True, help_text="1, very dissatisfied, to 5."
    )
    ease = serializers.IntegerField(
        min_value=1, max_value=5, required=False, allow_null=True, help_text="1, very hard, to 5, very easy."
    )
    is_done = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether they did what they came for."
    )
    text = serializers.CharField(max_length=4000, required=False, allow_blank=True, help_text="Their own words.")
    may_quote = serializers.BooleanField(required=False, help_text="Whether they agreed to be quoted.")
    consent = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="What they agreed to, as it was shown to them."
    )
    key = serializers.CharField(
        max_length=120, required=False, allow_null=True, help_text="Of your choice: sent again, it counts once."
    )
    is_illustrative = serializers.BooleanField(required=False)


class KeepSerializer(serializers.Serializer):
    """How a piece of feedback is kept as an insight."""

    text = serializers.CharField(
        max_length=4000, required=False, allow_blank=True,
        help_text="How it is told; in their own words by default, where they agreed to be quoted.",
    )  # fmt: skip
    theme = CodeField(queryset=Theme.objects.all(), required=False, allow_null=True, help_text="Code of a theme.")
    segment = CodeField(queryset=Segment.objects.all(), required=False, allow_null=True, help_text="Code of a segment.")


class NoFeedbackBodySerializer(serializers.Serializer):
    """No body is needed."""


class ThemeViewSet(DescribedViewSet):
    """Themes: what customers say again and again."""

    queryset = Theme.objects.all()
    serializer_class = ThemeSerializer
    filterset_class = ThemeFilter
    export = exports.THEMES


class FeedbackFormViewSet(DescribedViewSet):
    """The public forms of products."""

    queryset = FeedbackForm.objects.all()
    serializer_class = FeedbackFormSerializer
    filterset_class = FeedbackFormFilter
    export = exports.FEEDBACK_FORMS


class FeedbackViewSet(
    VisibleRows, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet
):
    """Feedback. Whoever is signed in may send it and see how it was answered; its words are for who keeps it."""

    queryset = Feedback.objects.all()
    serializer_class = FeedbackSerializer
    filterset_class = FeedbackFilter
    export = exports.FEEDBACK
    lookup_value_regex = "[0-9]{1,18}"
    http_method_names = ["get", "post", "head", "options"]

    def get_queryset(self):
        """Return the rows, each with whether the caller may read its words."""
        return super().get_queryset().for_reader(self.request.user)

    def filter_queryset(self, queryset):
        """Filter lists only."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    @extend_schema(request=NewFeedbackSerializer, responses={201: FeedbackSerializer})
    def create(self, request, *args, **kwargs):
        """Send what a customer said. With a `key` that was used before the answer is the first row, and nothing more.

        The form takes a bounded rate; beyond it the answer is 429 with Retry-After.
        """
        self.may_add()
        given = NewFeedbackSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        answers: dict[str, Any] = dict(given.validated_data)
        taken = feedback_actions.take(
            answers.pop("form"),
            answers,
            key=answers.pop("key", None),
            consent=answers.pop("consent", ""),
            is_spam=has_link(answers.get("text", "")),
            is_from_api=True,
        )
        return Response(self.get_serializer(taken).data, status=201)

    def _writable(self) -> Feedback:
        feedback = self.get_object()
        access.require(self.request.user, feedback)
        return feedback

    def _answer(self, feedback: Feedback) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=feedback.pk)).data)

    @extend_schema(request=KeepSerializer, responses=FeedbackSerializer)
    @action(detail=True, methods=["post"])
    def keep(self, request, pk=None):
        """Keep it as an insight of its product; a second time changes nothing."""
        feedback = self._writable()
        given = KeepSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        about = dict(given.validated_data)
        feedback_actions.keep(feedback, text=about.pop("text", ""), about=about, by=request.user)
        return self._answer(feedback)

    @extend_schema(request=NoFeedbackBodySerializer, responses=FeedbackSerializer)
    @action(detail=True, methods=["post"])
    def spam(self, request, pk=None):
        """Say that no customer sent it: it counts nowhere, and its insight, if any, is retracted."""
        return self._answer(feedback_actions.mark_as_spam(self._writable(), by=request.user))

    @extend_schema(request=NoFeedbackBodySerializer, responses=FeedbackSerializer)
    @action(detail=True, methods=["post"], url_path="set-aside")
    def set_aside(self, request, pk=None):
        """Set it aside: it counts in the scores, and is no insight."""
        return self._answer(feedback_actions.set_aside(self._writable(), by=request.user))


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [
    ("themes", ThemeViewSet),
    ("feedback-forms", FeedbackFormViewSet),
    ("feedback", FeedbackViewSet),
]
