"""Pages of the import: upload a file, see what it would do or what is wrong with it, load it."""

import csv
import io
from itertools import islice

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portfolio.common import access
from portfolio.intake.actions import load_file
from portfolio.intake.errors import MOST_PROBLEMS
from portfolio.intake.files import csv_chunks, template_rows
from portfolio.intake.forms import UploadForm, kinds_for
from portfolio.intake.kinds import KINDS
from portfolio.intake.models import Upload
from portfolio.intake.reports import Report

FIRST_ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest) -> HttpResponse:
    """Choose a kind and upload a file; on the way to its preview nothing is loaded."""
    kinds = kinds_for(request.user)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            upload = Upload.objects.keep(
                user=request.user,
                kind=form.cleaned_data["kind"],
                name=form.cleaned_data["file"].name,
                content=form.content,
            )
            return redirect(upload)
    else:
        form = UploadForm(user=request.user, initial={"kind": request.GET.get("kind", "")})
    context = {"form": form, "kinds": kinds, "waiting": Upload.objects.visible_to(request.user).defer("content")}
    return render(request, "intake/import.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what an uploaded file would do, and load it on a POST, if it still does just that."""
    upload = get_object_or_404(Upload.objects.visible_to(request.user), pk=pk)
    if not access.may_add(request.user, upload.of_kind.model):
        raise PermissionDenied(f"Your roles no longer let you add {upload.kind}. Ask a leader to grant one that does.")
    if request.method != "POST":
        return _show(request, upload, _load(request, upload, dry_run=True))
    with transaction.atomic():
        report = _load(request, upload, dry_run=False)
        has_changed = report.is_applied and request.POST.get("shown") != _shown(upload, report)
        if has_changed:
            transaction.set_rollback(True)
        elif report.is_applied:
            upload.delete()
    if has_changed:
        messages.error(
            request,
            "Nothing was loaded: since the preview, rows were recorded that change what this file does. "
            "Look at it again.",
        )
        return redirect(upload)
    if report.errors:
        return _show(request, upload, report)
    messages.success(request, f"{upload.name} is loaded: {report}.")
    return redirect("intake:import")


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget an uploaded file."""
    upload = get_object_or_404(Upload.objects.visible_to(request.user), pk=pk)
    upload.delete()
    messages.success(request, f"{upload.name} is discarded; nothing was loaded.")
    return redirect("intake:import")


@require_GET
def template(request: HttpRequest, kind: str) -> HttpResponse:
    """Give an empty file of a kind: its header and one example."""
    if kind not in KINDS:
        raise Http404(f"There is no kind {kind!r}.")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    csv.writer(response).writerows(template_rows(KINDS[kind]))
    return response


def _load(request: HttpRequest, upload: Upload, *, dry_run: bool) -> Report:
    return load_file(upload.kind, upload.data, by=request.user, dry_run=dry_run, source=upload.name)


def _shown(upload: Upload, report: Report) -> str:
    """Return what a preview promises: this content, with these counts."""
    return ".".join([upload.digest, *map(str, report.counts)])


def _show(request: HttpRequest, upload: Upload, report: Report) -> HttpResponse:
    first = next(csv_chunks(io.BytesIO(upload.data), upload.of_kind))
    context = {
        "upload": upload,
        "kind": upload.of_kind,
        "report": report,
        "problems": report.errors[:MOST_PROBLEMS],
        "columns": list(first.columns),
        "rows": [(number, report.outcomes.get(number), cells) for number, cells in islice(first.rows(), FIRST_ROWS)],
        "row_count": report.rows,
        "shown": _shown(upload, report),
    }
    return render(request, "intake/preview.html", context, status=422 if request.method == "POST" else 200)
