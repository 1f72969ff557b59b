"""This room's part of the API: facts by the batch."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from funding.api import LedgerEntrySerializer
from funding.models import LedgerEntry
from portfolio.common.api import VisibleRows
from portfolio.common.locks import hold
from portfolio.common.models import User
from portfolio.common.parsers import TooLarge
from portfolio.intake.batches import insist, load_within
from portfolio.intake.bodies import Body, body_of
from portfolio.intake.files import csv_chunks
from portfolio.intake.kinds import KINDS, Kind
from portfolio.intake.models import Answered
from portfolio.intake.reports import Report
from portfolio.intake.streams import Chunk, json_chunks, ndjson_chunks
from portfolio.network.api import UsageSerializer
from portfolio.network.models import Usage
from products.value.api import ObservationSerializer
from products.value.models import Observation

MOST_ROWS = 100_000
MOST_KEY = 255
PROBLEM = "application/problem+json"
READERS: dict[str, Callable[..., Iterator[Chunk]]] = {
    "application/json": json_chunks,
    "application/x-ndjson": ndjson_chunks,
    "application/ndjson": ndjson_chunks,
    "application/jsonl": ndjson_chunks,
    "text/csv": csv_chunks,
}
TYPES = ("application/json", "application/x-ndjson", "text/csv")


class KeyUsedOtherwise(APIException):
    """An Idempotency-Key that another call was made with."""

    status_code = 422
    default_code = "key_used_otherwise"
    default_detail = (
        "Another call was made with this Idempotency-Key: its address, type or body was another. Send that one again "
        "as it was, or take a new key for this one."
    )


class BatchAnswer(serializers.Serializer):
    """What a batch came to."""

    rows = serializers.IntegerField(help_text="Rows that were read.")
    added = serializers.IntegerField(help_text="Rows that are new.")
    corrected = serializers.IntegerField(help_text="Rows that replaced one with the same key and other facts.")
    unchanged = serializers.IntegerField(help_text="Rows that stood already, just so.")


class RowProblem(serializers.Serializer):
    """What is wrong with one row."""

    row = serializers.IntegerField(
        required=False,
        help_text="In CSV as a spreadsheet counts (the header is 1), in NDJSON the line, in JSON the place from 1; 0 "
        "is the body as a whole.",
    )
    attr = serializers.CharField(allow_null=True, help_text="The column; null is the row as a whole.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="What was found, what was needed and how to mend it.")


class BatchProblem(serializers.Serializer):
    """A batch that was refused: the first 1,000 errors, and how many there are."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = RowProblem(many=True)
    error_count = serializers.IntegerField(required=False, help_text="All errors, listed or not.")
    bad_rows = serializers.IntegerField(required=False, help_text="Rows with an error.")


class Raw(BaseParser):
    """Stands for bodies that are read as a stream: none is parsed beforehand."""

    def parse(self, stream, media_type=None, parser_context=None):
        """Read nothing."""
        return {}


def raw_parsers(*types: str) -> list[type[Raw]]:
    """Return what stands for bodies of these types."""
    return [type("Raw", (Raw,), {"media_type": of}) for of in types]


def described(kind: str, serializer: type[serializers.Serializer], example: str) -> Callable:
    """Return the description of a batch endpoint."""
    found = KINDS[kind]
    return extend_schema(
        operation_id=f"{kind.replace('-', '_')}_batch_create",
        summary=f"Record up to {MOST_ROWS:,} {kind} at once: all of them, or none",
        description=(
            f"Records up to {MOST_ROWS:,} {kind} in one transaction: all of them, or none and every bad row is told "
            f"(the first 1,000, and how many there are). The body is a JSON array, NDJSON or CSV, by its "
            "`Content-Type`, in UTF-8, and may be sent with `Content-Encoding: gzip`.\n\n"
            f"Rows are known by {' and '.join(found.key)}. One that stands already just so is left as it is; one that "
            "stands with other facts is corrected: retracted and recorded anew. So a batch may be sent again. With an "
            "`Idempotency-Key` the same call within a week does nothing and gets the first answer again.\n\n"
            f"CSV has the columns {', '.join(found.by_name)} in its first row."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
                description="Up to 255 letters, digits and signs of your choice, new for each batch.",
            ),
        ],
        request={
            "application/json": serializer(many=True),
            "application/x-ndjson": OpenApiTypes.STR,
            "text/csv": OpenApiTypes.STR,
        },
        responses={
            200: OpenApiResponse(BatchAnswer, "Done, or done already."),
            (400, "application/problem+json"): OpenApiResponse(
                BatchProblem, "Nothing was recorded: these rows have to be mended."
            ),
            (413, PROBLEM): OpenApiResponse(BatchProblem, f"More than {MOST_ROWS:,} rows, or too many bytes."),
            (415, PROBLEM): OpenApiResponse(BatchProblem, description="Another type or encoding than these."),
            (422, PROBLEM): OpenApiResponse(BatchProblem, description="The Idempotency-Key was used for another call."),
        },
        examples=[OpenApiExample("CSV", example, media_type="text/csv", request_only=True)],
    )  # fmt: skip


class BatchViewSet(VisibleRows, viewsets.GenericViewSet):
    """Records many rows of one kind at once."""

    kind = ""
    parser_classes = raw_parsers(*READERS)
    http_method_names = ["post", "options"]

    def record(self, request: Request) -> Response:
        """Record the rows of the body: all of them, or none."""
        self.may_add()
        of = media_type(request)
        key = idempotency_key(request)
        with body_of(request._request) as body:
            call = Call(kind=KINDS[self.kind], of=of, body=body, by=request.user, key=key, address=request.path)
            answer = insist(call.answer)
        if isinstance(answer, Report):
            return refused(answer)
        return Response(answer)


class ObservationBatch(BatchViewSet):
    """Observations by the batch."""

    kind = "observations"
    queryset = Observation.objects.all()
    serializer_class = ObservationSerializer

    @described(
        "observations",
        ObservationSerializer,
        "metric,starts,ends,value,source\nvehicle-tax-online,2017-03-01,2017-04-01,2450000,Service statistics\n",
    )
    @action(detail=False, methods=["post"], url_name="record")
    def batch(self, request: Request) -> Response:
        """Record many at once."""
        return self.record(request)


class LedgerEntryBatch(BatchViewSet):
    """Ledger entries by the batch."""

    kind = "ledger-entries"
    queryset = LedgerEntry.objects.all()
    serializer_class = LedgerEntrySerializer

    @described(
        "ledger-entries",
        LedgerEntrySerializer,
        "reference,product,starts,ends,amount,currency\nGL-2017-000123,vehicle-tax,2017-03-01,2017-04-01,385120.55,GBP\n",
    )
    @action(detail=False, methods=["post"], url_name="record")
    def batch(self, request: Request) -> Response:
        """Record many at once."""
        return self.record(request)


class UsageBatch(BatchViewSet):
    """Usage by the batch."""

    kind = "usage"
    queryset = Usage.objects.all()
    serializer_class = UsageSerializer

    @described("usage", UsageSerializer, "supplier,consumer,month,quantity\nidentity,vehicle-tax,2017-03,120000\n")
    @action(detail=False, methods=["post"], url_name="record")
    def batch(self, request: Request) -> Response:
        """Record many at once."""
        return self.record(request)


def media_type(request: Request) -> str:
    """Return the type of the body, which must be one that is read here, in UTF-8."""
    message = (
        f"The body is {request.content_type[:80]!r}; send one of {', '.join(TYPES)}."
        if request.content_type
        else (f"The body has no Content-Type; name one of {', '.join(TYPES)}.")
    )
    of, _, options = (request.content_type or "").partition(";")
    if of.strip().lower() not in READERS:
        raise UnsupportedMediaType(of, message)
    charset = next((one.strip()[8:].strip('"') for one in options.split(";") if one.strip()[:8] == "charset="), "utf-8")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaType(of, f"The body is in {charset[:40]!r}; send it in UTF-8.")
    return of.strip().lower()


def idempotency_key(request: Request) -> str:
    """Return the key of the call, empty where it has none."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not (0 < len(key) <= MOST_KEY and key.isascii() and key.isprintable()):
        raise ParseError(
            f"An Idempotency-Key has 1 to {MOST_KEY} printable ASCII characters; this one has {len(key):,}, or others "
            "among them. A new UUID for each batch will do."
        )
    return key


@dataclass(frozen=True, kw_only=True)
class Call:
    """A batch that was sent: its rows and who sent it, and the key by which the same call is known again, if any."""

    kind: Kind
    of: str
    body: Body
    by: User
    key: str
    address: str

    def answer(self) -> dict[str, Any] | Report:
        """Record the rows and return the answer, or what is wrong with them; must run inside a transaction.

        With a key that was answered already it does nothing and returns that answer.
        """
        if not self.key:
            return self._recorded()
        hold(f"idempotency key {self.by.pk} {self.key}")  # of two at once one waits, and finds the other's answer
        if known := Answered.objects.filter(user=self.by, key=self.key).first():
            if known.request != self.request:
                raise KeyUsedOtherwise
            return known.answer
        answer = self._recorded()
        if isinstance(answer, dict):
            Answered.objects.forget_old()
            Answered.objects.create(user=self.by, key=self.key, request=self.request, answer=answer)
        return answer

    @property
    def request(self) -> str:
        """What makes it the same call."""
        parts = "\n".join([self.address, self.of, self.body.encoding, self.body.digest])
        return hashlib.sha256(parts.encode()).hexdigest()

    def _recorded(self) -> dict[str, Any] | Report:
        report = load_within(self.kind, self._chunks, by=self.by, reason=f"Batch {self.key}".strip())
        if report.errors:
            return report
        return {name: getattr(report, name) for name in ("rows", "added", "corrected", "unchanged")}

    def _chunks(self) -> Iterator[Chunk]:
        count = 0
        for chunk in READERS[self.of](self.body.plain(), self.kind):
            count += len(chunk.numbers)
            if count > MOST_ROWS:
                raise TooLarge(f"The batch has more than {MOST_ROWS:,} rows, the most of one call. Send it in parts.")
            yield chunk


def refused(report: Report) -> Response:
    """Return the problem document of a batch: forbidden where nothing but roles is in its way."""
    is_forbidden = {problem.code for problem in report.errors} == {"permission_denied"}
    status = HTTPStatus.FORBIDDEN if is_forbidden else HTTPStatus.BAD_REQUEST
    errors = [
        {"row": problem.row, "attr": problem.column or None, "code": problem.code, "detail": problem.message}
        for problem in report.errors
    ]
    rest = f", of which these are the first {len(errors):,}" if report.error_count > len(errors) else ""
    return Response(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "detail": f"{report}{rest}. Mend these rows and send the batch again.",
            "errors": errors,
            "error_count": report.error_count,
            "bad_rows": report.bad_rows,
        },
        status=status,
        content_type=PROBLEM,
    )


#: Address under /api/v1/ and the viewset that answers `batch/` below it.
routes: list = [("observations", ObservationBatch), ("ledger-entries", LedgerEntryBatch), ("usage", UsageBatch)]
