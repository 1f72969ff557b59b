"""Catalogues by the API: what files would do, or have done, or everything that is broken in them."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from portfolio.common import access
from portfolio.common.api import CodeField
from portfolio.common.parsers import JsonParser, TooLarge
from portfolio.intake.api import PROBLEM
from portfolio.intake.catalogues.findings import Finding, Weight
from portfolio.intake.catalogues.formats import FORMATS, Files
from portfolio.intake.catalogues.forms import MOST_BYTES, MOST_FILES
from portfolio.intake.catalogues.sessions import CatalogueReport
from portfolio.intake.errors import MOST_PROBLEMS
from products.catalog.models import Product, ValueStream
from products.health.models import Service

EXAMPLE = (
    "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: {name: checkout}\n"
    "spec: {type: service, owner: group:payments, dependsOn: [component:ledger]}\n"
)


class CatalogueFile(serializers.Serializer):
    """One file."""

    name = serializers.CharField(max_length=200, help_text="As it is called in what is told of it.")
    text = serializers.CharField(trim_whitespace=False, allow_blank=True, help_text="Its content.")


class CatalogueCall(serializers.Serializer):
    """Files of one format, and what to do with them."""

    format = serializers.ChoiceField(choices=list(FORMATS))
    files = serializers.ListField(child=CatalogueFile(), allow_empty=False, max_length=MOST_FILES)
    value_stream = CodeField(
        queryset=ValueStream.objects.all(), required=False, allow_null=True, default=None,
        help_text="Where systems that are new become products.",
    )  # fmt: skip
    product = CodeField(
        queryset=Product.objects.all(), required=False, allow_null=True, default=None,
        help_text="Where services that are new and have no system go.",
    )  # fmt: skip
    dry_run = serializers.BooleanField(default=False, help_text="Write nothing, and tell the same.")
    leave_out = serializers.BooleanField(default=False, help_text="Take what is sound, and leave out what is broken.")


class CatalogueUpload(serializers.Serializer):
    """The same as a form of files."""

    format = serializers.ChoiceField(choices=list(FORMATS))
    files = serializers.ListField(child=serializers.FileField(), allow_empty=False, max_length=MOST_FILES)
    value_stream = CatalogueCall().fields["value_stream"]
    product = CatalogueCall().fields["product"]
    dry_run = serializers.BooleanField(default=False)
    leave_out = serializers.BooleanField(default=False)


class CatalogueRows(serializers.Serializer):
    """What came of the rows of one kind."""

    kind = serializers.CharField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    left_out = serializers.IntegerField()


class CatalogueFinding(serializers.Serializer):
    """One thing that somebody should know."""

    weight = serializers.ChoiceField(choices=[str(weight) for weight in Weight])
    code = serializers.CharField(help_text="What sort of thing it is, such as duplicate_name.")
    file = serializers.CharField()
    document = serializers.IntegerField(help_text="In the file, from 1; 0 is all of it.")
    line = serializers.IntegerField(help_text="In the file, from 1; 0 is all of it.")
    attr = serializers.CharField(help_text="What it is about, such as component:default/checkout.")
    detail = serializers.CharField(help_text="What was found, what was needed and how to mend it.")
    left_out = serializers.CharField(help_text="What goes missing where what is broken is left out.")


class CatalogueError(CatalogueFinding):
    """Why files were refused: of what is in them all of it, of the call itself what, and how to mend it."""

    weight = serializers.ChoiceField(choices=[str(weight) for weight in Weight], required=False)
    file = serializers.CharField(required=False)
    document = serializers.IntegerField(required=False)
    line = serializers.IntegerField(required=False)
    left_out = serializers.CharField(required=False)


class CatalogueEffect(serializers.Serializer):
    """A component whose support ends on another day."""

    component = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class CatalogueAnswer(serializers.Serializer):
    """What the files came to, or, dry, would come to."""

    is_dry_run = serializers.BooleanField(help_text="Whether nothing was written.")
    rows = CatalogueRows(many=True)
    findings = CatalogueFinding(many=True, help_text=f"The first {MOST_PROBLEMS:,}.")
    effects = CatalogueEffect(many=True)


class CatalogueProblem(serializers.Serializer):
    """Files that were refused: what is broken in them, the first 1,000 and how many there are."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = CatalogueError(many=True)
    error_count = serializers.IntegerField(required=False)


class CatalogueImports(viewsets.GenericViewSet):
    """Catalogues that others keep."""

    queryset = Service.objects.all()
    serializer_class = CatalogueCall
    parser_classes = [JsonParser, MultiPartParser]
    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="catalogue_imports_create",
        summary="Take over a catalogue of Backstage, OpenSLO or endoflife.date: all of it, or nothing",
        description=(
            "Takes files over in one transaction, under the caller's roles: all of them, or nothing and all that "
            "is broken is told at once, with its file, document and line. With `dry_run` it tells the same and writes "
            "nothing; with `leave_out` it takes what is sound and tells what went missing. The same files again change "
            "nothing. `format` is `backstage` (YAML), `openslo` (YAML of openslo/v1) or `endoflife` (CSV or JSON). "
            f"At most {MOST_FILES} files of {MOST_BYTES // 1024**2} MB together, as JSON or as a form of files."
        ),
        request={"application/json": CatalogueCall, "multipart/form-data": CatalogueUpload},
        responses={
            200: OpenApiResponse(CatalogueAnswer, "Done, done already, or what would be done."),
            (400, PROBLEM): OpenApiResponse(CatalogueProblem, "Nothing was written: this has to be mended."),
            (413, PROBLEM): OpenApiResponse(description="Too many bytes."),
        },
        examples=[
            OpenApiExample(
                "A service",
                {
                    "format": "backstage", "files": [{"name": "catalog.yaml", "text": EXAMPLE}], "product": "shop",
                    "dry_run": True,
                },
                request_only=True, media_type="application/json",
            )
        ],
        filters=False,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Take files over."""
        given, files = read_call(request)
        of = FORMATS[given["format"]]
        if not access.may_add(request.user, of.model):
            access.require(request.user, of.model())
        report = of.run(
            files, value_stream=given["value_stream"], product=given["product"], by=request.user,
            dry_run=given["dry_run"], leave_out=given["leave_out"],
        )  # fmt: skip
        return refused(report) if report.is_refused else Response(answer(report))


def read_call(request: Request) -> tuple[dict[str, Any], Files]:
    """Return what was asked for, and the files; TooLarge for more than are taken at once."""
    is_form = bool(request.content_type) and request.content_type.startswith("multipart/")
    call = (CatalogueUpload if is_form else CatalogueCall)(data=request.data)
    call.is_valid(raise_exception=True)
    given = call.validated_data
    if is_form:
        sizes = [file.size for file in given["files"]]
        files = [(file.name, file) for file in given["files"]]
    else:
        files = [(file["name"], file["text"].encode()) for file in given["files"]]
        sizes = [len(data) for _, data in files]
    if sum(sizes) > MOST_BYTES:
        raise TooLarge(f"The files have {sum(sizes):,} bytes; at most {MOST_BYTES:,} go in at once. Send fewer.")
    return given, [(name, data.read()) if is_form else (name, data) for name, data in files]


def answer(report: CatalogueReport) -> dict[str, Any]:
    """Return what a report says."""
    return {
        "is_dry_run": report.is_dry_run,
        "rows": [
            {
                "kind": tally.kind, "added": tally.added, "changed": tally.corrected, "unchanged": tally.unchanged,
                "left_out": tally.left_out,
            }
            for tally in report.tallies
        ],
        "findings": [_finding(finding) for finding in report.findings[:MOST_PROBLEMS]],
        "effects": [{"component": one.code, "before": one.before, "after": one.after} for one in report.effects],
    }  # fmt: skip


def refused(report: CatalogueReport) -> Response:
    """Return the problem document: forbidden where nothing but roles is in the way."""
    status = HTTPStatus.FORBIDDEN if report.is_only_roles else HTTPStatus.BAD_REQUEST
    return Response(
        {
            "type": "about:blank",
            "title": status.phrase,
            "status": int(status),
            "detail": f"{report}. Mend the files, or send leave_out to take what is sound.",
            "errors": [_finding(finding) for finding in report.stopping[:MOST_PROBLEMS]],
            "error_count": len(report.stopping),
        },
        status=status,
        content_type=PROBLEM,
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "weight": str(finding.weight),
        "code": finding.topic.lower().replace(" ", "_"),
        "file": finding.place.file,
        "document": finding.place.document,
        "line": finding.place.line,
        "attr": finding.about,
        "detail": finding.message,
        "left_out": finding.left_out,
    }


#: Address under /api/v1/ and the viewset that answers it.
routes: list = [("catalogue-imports", CatalogueImports)]
