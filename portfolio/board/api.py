"""This room's part of the API."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.response import Response

from portfolio.board.today import SOURCES, queue
from portfolio.common.months import today
from portfolio.common.pages import PAGE_SIZE
from products.roadmaps.models import Roadmap


class EntrySerializer(serializers.Serializer):
    """One thing that waits."""

    what = serializers.CharField()
    where = serializers.CharField(help_text="What it is part of.")
    since = serializers.DateField(help_text="Since when it waits, or when it was due.")
    href = serializers.CharField(help_text="Path of the page where it is done.")
    detail = serializers.CharField()


class GroupSerializer(serializers.Serializer):
    """What waits of one kind."""

    key = serializers.ChoiceField(choices=[source.key for source in SOURCES], source="source.key")
    title = serializers.CharField(source="source.title")
    count = serializers.IntegerField(help_text="How many wait in all.")
    entries = EntrySerializer(many=True, help_text=f"The first {PAGE_SIZE}.")


class TodayViewSet(viewsets.GenericViewSet):
    """What waits for whoever asks."""

    queryset = Roadmap.objects.none()  # it is read from many rooms; see `today.py`
    serializer_class = GroupSerializer
    pagination_class = None
    filter_backends: list = []

    @extend_schema(
        operation_id="today_list",
        responses=GroupSerializer(many=True),
        parameters=[
            OpenApiParameter("show", str, enum=[source.key for source in SOURCES], description="One kind alone."),
        ],
    )
    def list(self, request):
        """Tell what waits for you, by kind; of each kind the first 50, the most urgent first."""
        show = request.query_params.get("show", "")
        if show and show not in {source.key for source in SOURCES}:
            known = ", ".join(source.key for source in SOURCES)
            raise serializers.ValidationError({"show": f"{show!r} is no kind of thing that waits; there are {known}."})
        groups = queue(request.user, today(), show=show, span=slice(0, PAGE_SIZE))
        return Response(GroupSerializer(groups, many=True).data)


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("today", TodayViewSet)]
