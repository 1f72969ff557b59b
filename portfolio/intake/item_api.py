"""Items of roadmaps by the file, by the API: what it would do, or done, or every bad row explained."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.parsers import TooLarge
from portfolio.intake.actions import load_one_by_one
from portfolio.intake.api import PROBLEM, READERS, BatchProblem, media_type, raw_parsers, refused
from portfolio.intake.bodies import body_of
from portfolio.intake.errors import Problem, Unreadable
from portfolio.intake.files import Row
from portfolio.intake.kinds import KINDS
from portfolio.intake.reports import CORRECTED, Report
from portfolio.intake.streams import Chunk
from products.roadmaps.item_api import ItemSerializer
from products.roadmaps.models import Item

KIND = KINDS["roadmap-items"]
MOST_ITEMS = 5_000
EXAMPLE = (
    "code,roadmap,product,name,metric,metric_from,metric_low,metric_high,by_when,effort_low,effort_high,"
    "business_champion,technology_champion,needs\n"
    "by-phone,ahead,vehicle-tax,Renew by phone,renewals,100,120,140,2017-12-31,4,8,bea,ted,identity-checks\n"
)


class ImportedItem(serializers.Serializer):
    """What a row does."""

    row = serializers.IntegerField(help_text="In CSV as a spreadsheet counts (the header is 1), in JSON from 1.")
    code = serializers.CharField()
    outcome = serializers.ChoiceField(choices=["added", "changed", "unchanged"])


class ImportAnswer(serializers.Serializer):
    """What a file of items came to, or, dry, would come to."""

    rows = serializers.IntegerField(help_text="Rows that were read.")
    added = serializers.IntegerField(help_text="Items that are new.")
    changed = serializers.IntegerField(help_text="Items of which a row says something else.")
    unchanged = serializers.IntegerField(help_text="Items that stand just so.")
    is_dry_run = serializers.BooleanField(help_text="Whether nothing was written.")
    items = ImportedItem(many=True)


class ItemImport(viewsets.GenericViewSet):
    """Items by the file."""

    queryset = Item.objects.all()
    serializer_class = ItemSerializer
    parser_classes = raw_parsers("application/json", "text/csv")
    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="roadmap_items_import_create",
        summary=f"Add and change up to {MOST_ITEMS:,} items at once: all of them, or none",
        description=(
            f"Adds and changes up to {MOST_ITEMS:,} items in one transaction: all of them, or none and every bad row "
            "is told, with its column, what was found and how to mend it. With `dry_run=true` it answers the same and "
            "writes nothing. Items are known by their code: the same file again changes nothing, and so does a file "
            "that was exported. A column, or field, that is not given stays as it is; an empty one takes away. `needs` "
            "are codes with a space between them, of items that may stand anywhere in the file. The `state` of an item "
            "is read to be compared, and changed by no file.\n\n"
            f"CSV has the columns {', '.join(KIND.by_name)} in its first row."
        ),
        parameters=[OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Write nothing, and tell the same.")],
        request={
            "application/json": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
            "text/csv": OpenApiTypes.STR,
        },
        responses={
            200: OpenApiResponse(ImportAnswer, "Done, done already, or what would be done."),
            (400, PROBLEM): OpenApiResponse(BatchProblem, "Nothing was written: these rows have to be mended."),
            (413, PROBLEM): OpenApiResponse(BatchProblem, f"More than {MOST_ITEMS:,} rows, or too many bytes."),
            (415, PROBLEM): OpenApiResponse(BatchProblem, "Another type or encoding than these."),
        },
        examples=[OpenApiExample("CSV", EXAMPLE, media_type="text/csv", request_only=True)],
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="import", url_name="import")
    def load(self, request: Request) -> Response:
        """Add and change many items at once."""
        if not access.may_add(request.user, Item):
            access.require(request.user, Item())
        is_dry_run = asked_dry(request)
        of = media_type(request)
        with body_of(request._request) as body:
            try:
                rows, problems = rows_of(READERS[of](body.plain(), KIND))
            except Unreadable as error:
                return refused(Report(KIND.name, errors=error.problems))
        source = f"{len(rows)} rows by the API"
        report = load_one_by_one(KIND, rows, problems, by=request.user, dry_run=is_dry_run, source=source)
        if report.errors:
            return refused(report)
        return Response(_answer(report, rows))


def asked_dry(request: Request) -> bool:
    """Return whether nothing is to be written; ParseError where that is not clear."""
    given = request.query_params.get("dry_run", "false")
    try:
        return {"true": True, "1": True, "false": False, "0": False}[given.lower()]
    except KeyError:
        raise ParseError(f"dry_run is {given[:40]!r}; write true or false.") from None


def rows_of(chunks: Iterator[Chunk]) -> tuple[list[Row], list[Problem]]:
    """Return the rows of a body, and what is wrong with those that cannot be told; TooLarge for too many."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for chunk in chunks:
        # What the header of a file must have, each object of JSON must have as a field.
        missing = [column.name for column in KIND.columns if column.is_in_header and column.name not in chunk.columns]
        names = [*chunk.columns, *missing]
        for number, cells in chunk.rows() if chunk.columns else ((number, []) for number in chunk.numbers):
            rows.append(Row(number, zip(names, [*cells, *(None for _ in missing)], strict=True)))
        problems += chunk.problems
        if len(rows) > MOST_ITEMS:
            raise TooLarge(f"The body has more than {MOST_ITEMS:,} rows, the most of one call. Send it in parts.")
    return rows, problems


def _answer(report: Report, rows: list[Row]) -> dict[str, Any]:
    outcomes = {CORRECTED: "changed"}
    items = [
        {"row": row.number, "code": (row["code"] or "").strip(), "outcome": outcomes.get(outcome, outcome)}
        for row in rows
        if (outcome := report.outcomes.get(row.number))
    ]
    return {
        "rows": report.rows,
        "added": report.added,
        "changed": report.corrected,
        "unchanged": report.unchanged,
        "is_dry_run": report.is_dry_run,
        "items": items,
    }


#: Address under /api/v1/ and the viewset that answers `import/` below it.
routes: list = [("roadmap-items", ItemImport)]
