"""`/metrics` for Prometheus: what the processes of this host count, and what the database knows of the roll-up.

Shut unless TWOFOLD_METRICS_TOKEN is set, and then only for who brings it as a bearer token.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class Figures(Collector):
    """What the database knows, asked at each scrape: a handful of rows, each by an index."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges; without a database there is one alone, and it says so."""
        try:
            gauges = list(self._asked())
        except Error:
            gauges = []
        yield GaugeMetricFamily("twofold_database_up", "Whether the database answers.", value=int(bool(gauges)))
        yield from gauges

    def _asked(self) -> Iterator[GaugeMetricFamily]:
        from portfolio.common.models import StaleMark
        from portfolio.rollup.checking import latest_report
        from portfolio.rollup.models import BlockedMonth, SolvedMonth
        from portfolio.rollup.reading import latest_run

        now = timezone.now()
        # The marks of a month that cannot be read wait for somebody, not for a worker.
        unread = BlockedMonth.objects.filter(is_unread=True).values_list("month", flat=True)
        marks = StaleMark.objects.exclude(month__in=list(unread)).aggregate(count=Count("pk"), oldest=Min("marked_at"))
        lag = (now - marks["oldest"]).total_seconds() if marks["oldest"] else 0.0
        yield GaugeMetricFamily("twofold_lag_seconds", "Age of the oldest change that is not counted yet.", value=lag)
        yield GaugeMetricFamily("twofold_marks_waiting", "Changes that are not counted yet.", value=marks["count"])
        due = SolvedMonth.objects.filter(is_due=True).count()
        yield GaugeMetricFamily("twofold_months_due", "Months that are to be worked out whole.", value=due)
        blocked = BlockedMonth.objects.count()
        yield GaugeMetricFamily("twofold_months_blocked", "Months that show their last good figures.", value=blocked)
        run = latest_run()
        made_from = run.versions if run else {}
        solved = SolvedMonth.objects.filter(version__gt=0).values_list("month", "version")
        behind = sum(made_from.get(f"{month:%Y-%m}") != version for month, version in solved)
        yield GaugeMetricFamily("twofold_months_behind", "Months that the standings do not count yet.", value=behind)
        if run:
            yield GaugeMetricFamily(
                "twofold_last_run_timestamp_seconds", "When the latest run started.", value=run.started_at.timestamp()
            )
            yield GaugeMetricFamily("twofold_last_run_seconds", "How long it took.", value=run.seconds)
            yield GaugeMetricFamily("twofold_last_run_held", "Whether its sums held.", value=int(run.has_held))
        if report := latest_report():
            yield GaugeMetricFamily("twofold_violations", "Invariants that are violated.", value=report.violations)
            yield GaugeMetricFamily(
                "twofold_last_check_timestamp_seconds", "When the invariants were checked.", value=report.at.timestamp()
            )
            yield GaugeMetricFamily("twofold_last_check_seconds", "How long that took.", value=report.seconds)


def _counted() -> CollectorRegistry:
    """Return what is counted on this host: by all its processes where they share a folder, else by this one."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return REGISTRY
    for kept in Path(folder).glob("gauge_live*_*.db"):
        pid = int(kept.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:  # killed, it could not take its own off; what it counted stays
            multiprocess.mark_process_dead(pid)
        except PermissionError:
            pass  # it lives, as somebody else's
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


@require_GET
@never_cache
@login_not_required
def telemetry(request: HttpRequest) -> HttpResponse:
    """Answer a scrape; without a token somebody has come for the page of metrics, which has a slash at its end."""
    given = request.headers.get("Authorization", "")
    if not given:
        return redirect("value:metric-list")
    token = settings.TWOFOLD_METRICS_TOKEN
    if not token or not constant_time_compare(given, f"Bearer {token}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    known = CollectorRegistry()
    known.register(Figures())
    return HttpResponse(generate_latest(_counted()) + generate_latest(known), content_type=CONTENT_TYPE_LATEST)


def serve_for_workers() -> None:
    """Show what this host's workers count at TWOFOLD_WORKER_METRICS, such as 127.0.0.1:9101; nowhere by default."""
    if not settings.TWOFOLD_WORKER_METRICS:
        return
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        raise ImproperlyConfigured(
            "TWOFOLD_WORKER_METRICS is set, but PROMETHEUS_MULTIPROC_DIR is not. Name an empty folder in it: the "
            "processes of a worker count there together."
        )
    from prometheus_client import start_http_server

    host, _, port = settings.TWOFOLD_WORKER_METRICS.rpartition(":")
    start_http_server(int(port), addr=host, registry=_counted())
