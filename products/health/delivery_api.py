"""Delivery by the API: what a pipeline posts, once whatever happens on the way, and what comes of it."""

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import APIException, ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import RecordedSerializer, RecordedViewSet
from portfolio.common.models import User
from products.health.delivery_actions import KeyUsedOtherwise, post_events
from products.health.delivery_exports import DELIVERY_EVENTS
from products.health.delivery_filters import DeliveryEventFilter
from products.health.models import DeliveryEvent

MOST_EVENTS = 1_000


class DeliveryEventSerializer(RecordedSerializer):
    """A deployment of a service, a failure that it caused, or the end of one."""

    class Meta:
        model = DeliveryEvent
        fields = [
            "service",
            "kind",
            "happened_at",
            "begun_at",
            "reference",
            "caused_by",
            "key",
            "is_illustrative",
        ]


class UsedOtherwise(APIException):
    """A key that stands for another event."""

    status_code = 422
    default_code = "key_used_otherwise"


#: One row, or a list of them: what is sent, and what comes back.
ONE_OR_MANY = PolymorphicProxySerializer(
    "DeliveryEventOrMany",
    [DeliveryEventSerializer, DeliveryEventSerializer(many=True)],
    resource_type_field_name=None,
    many=False,
)


class DeliveryEventViewSet(RecordedViewSet):
    """Deployments, failures and restores, as pipelines and people post them."""

    queryset = DeliveryEvent.objects.all()
    serializer_class = DeliveryEventSerializer
    filterset_class = DeliveryEventFilter
    export = DELIVERY_EVENTS

    @extend_schema(
        summary="Record an event, or a list of them",
        description=(
            f"Records one event, or a list of up to {MOST_EVENTS:,}, all of them or none. An event that bears a `key`, "
            "or comes with an `Idempotency-Key`, counts once: sent again just so it is answered with the first one and "
            "status 200; the same key with something else is refused with 422. In a list each event bears its own "
            "`key`. The answer is 201 where anything was new."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="Stands for the field `key` of a single event, such as the number of a pipeline's run.",
            )
        ],
        request=ONE_OR_MANY,
        responses={
            201: ONE_OR_MANY,
            200: OpenApiResponse(ONE_OR_MANY, "All of it was recorded before."),
        },
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Record an event, or several."""
        self.may_add()
        is_list = isinstance(request.data, list)
        if is_list and len(request.data) > MOST_EVENTS:
            raise ParseError(f"The list has {len(request.data):,} events; send at most {MOST_EVENTS:,} at once.")
        given = self.get_serializer(data=_keyed(request, is_list), many=is_list)
        given.is_valid(raise_exception=True)
        facts = given.validated_data if is_list else [given.validated_data]
        rows = [DeliveryEvent(**one) for one in facts]
        for row in rows:
            access.require(request.user, row)
        try:
            answers = post_events(rows, by=cast(User, request.user))
        except KeyUsedOtherwise as error:
            raise UsedOtherwise(str(error)) from error
        told = self.get_serializer([event for event, _ in answers], many=True).data
        status = 201 if any(is_new for _, is_new in answers) else 200
        return Response(told if is_list else told[0], status=status)


def _keyed(request: Request, is_list: bool) -> Any:
    """Return the body, with the key of the header in it where there is one."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return request.data
    if is_list:
        raise ParseError(
            "This is a list, and Idempotency-Key stands for one event. Give each event of the list its own `key`, and "
            "leave the header out."
        )
    given = request.data.get("key") if isinstance(request.data, dict) else None
    if given not in (None, "", header):
        raise ParseError(
            f"The header Idempotency-Key is {header[:40]!r} and the field key {str(given)[:40]!r}; give one."
        )
    return {**request.data, "key": header} if isinstance(request.data, dict) else request.data


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("delivery-events", DeliveryEventViewSet)]
