"""Pages of catalogues: upload files, see what they would do and what is broken in them, load them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portfolio.common import access
from portfolio.intake.catalogues.findings import Weight
from portfolio.intake.catalogues.formats import formats_for
from portfolio.intake.catalogues.forms import CatalogueForm
from portfolio.intake.catalogues.sessions import CatalogueReport
from portfolio.intake.catalogues.uploads import Bundle, bundle_of
from portfolio.intake.errors import MOST_PROBLEMS
from portfolio.intake.models import Upload

MOST_STEPS = 200


@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_import(request: HttpRequest) -> HttpResponse:
    """Choose a format and upload files; on the way to their preview nothing is loaded."""
    if request.method == "POST":
        form = CatalogueForm(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            return redirect("intake:catalogue-preview", form.bundle.keep(request.user).pk)
    else:
        asked = {name: request.GET.get(name, "") for name in ("format", "value_stream", "product")}
        form = CatalogueForm(user=request.user, initial=asked)
    context = {"form": form, "formats": formats_for(request.user)}
    return render(request, "intake/catalogue_import.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the files would do, and load them on a POST, if they still do just that.

    They are kept after that, for the rest of the day: what was left out stays readable.
    """
    upload = get_object_or_404(Upload.objects.catalogues_of(request.user), pk=pk)
    bundle = bundle_of(upload)
    if not access.may_add(request.user, bundle.format.model):
        raise PermissionDenied("Your roles no longer let you add such rows. Ask a leader to grant one that does.")
    if request.method != "POST":
        return _show(request, upload, bundle, bundle.run(by=request.user, dry_run=True, leave_out=True))
    with transaction.atomic():
        report = bundle.run(by=request.user, leave_out="leave_out" in request.POST)
        has_changed = report.is_applied and request.POST.get("shown") != _shown(upload, report)
        if has_changed:
            transaction.set_rollback(True)
    if has_changed:
        messages.error(
            request,
            "Nothing was loaded: since the preview, something was written that changes what the files do. Look again.",
        )
    elif report.is_refused:
        return _show(request, upload, bundle, bundle.run(by=request.user, dry_run=True, leave_out=True), status=422)
    else:
        messages.success(request, f"{upload.name}: {report}.")
    return redirect("intake:catalogue-preview", upload.pk)


@require_POST
def catalogue_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget uploaded files."""
    upload = get_object_or_404(Upload.objects.catalogues_of(request.user), pk=pk)
    upload.delete()
    messages.success(request, f"{upload.name}: discarded.")
    return redirect("intake:catalogue-import")


def _shown(upload: Upload, report: CatalogueReport) -> str:
    """Return what a preview promises: this content, with these counts."""
    return ".".join([upload.digest, str(report.added), str(report.corrected), str(len(report.stopping))])


def _show(
    request: HttpRequest, upload: Upload, bundle: Bundle, report: CatalogueReport, status: int = 200
) -> HttpResponse:
    stopping = report.stopping
    context = {
        "upload": upload,
        "bundle": bundle,
        "report": report,
        "stopping": stopping[:MOST_PROBLEMS],
        "stopping_count": len(stopping),
        "next": report.of_weight(Weight.NEXT),
        "not_carried": report.of_weight(Weight.NOT_CARRIED)[:MOST_PROBLEMS],
        "steps": report.steps[:MOST_STEPS],
        "step_count": report.added + report.corrected,
        "shown": _shown(upload, report),
    }
    return render(request, "intake/catalogue_preview.html", context, status=status)
