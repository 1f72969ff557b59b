"""The page of the record: over all decisions, how often the truth fell inside the ranges that were stated."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from portfolio.common import formats
from portfolio.rebalance import calibration as record
from portfolio.rebalance import decision_reading as reading
from portfolio.rebalance import pictures
from portfolio.rebalance.models import Prediction


@require_GET
def calibration(request: HttpRequest) -> HttpResponse:
    """Show how good the ranges were, by kind of elasticity, by what was predicted, by how far ahead and by metric."""
    found = ""
    try:
        at = reading.moment_of(request.GET.get("known", ""))
    except ValidationError as error:
        at, found = None, " ".join(error.messages)
    rows = list(
        Prediction.objects.scored()
        .filter(checked_at__lte=at or timezone.now())
        .select_related("metric", "product")
        .order_by("pk")
    )
    waiting = Prediction.objects.filter(outcome=None, decision__status="applied").order_by("due_on").first()
    reach = record.reliability(rows)
    return render(
        request,
        "rebalance/calibration.html",
        {
            "known": at,
            "found": found,
            "whole": record.record("all", "All predictions", rows),
            "tables": [
                ("By what the elasticity rests on", record.by_estimator(rows)),
                ("By what was predicted", record.by_measure(rows)),
                ("By how far ahead", record.by_quarters(rows)),
                ("By metric", record.by_metric(rows)),
            ],
            "chart": pictures.reliability(reach, len(rows)),
            "waiting": waiting,
            "waiting_words": f"on {formats.day_name(waiting.due_on)}." if waiting else "",
        },
        status=400 if found else 200,
    )
