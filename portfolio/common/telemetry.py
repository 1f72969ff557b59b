"""What a process counts about its own work, for Prometheus; `/metrics` adds what the database knows.

Called telemetry, since a metric is something else here. Where several processes serve one host,
PROMETHEUS_MULTIPROC_DIR names the folder that they share; it must be empty when the first of them starts.
"""

from prometheus_client import Counter, Gauge, Histogram

PAGE_SECONDS = Histogram(
    "twofold_page_seconds",
    "Seconds from a request's arrival to the first byte of its answer.",
    ["view", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
)
RUN_SECONDS = Histogram(
    "twofold_run_seconds",
    "Seconds that a roll-up took, by kind: refresh or full.",
    ["kind"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0, 600.0),
)
PRODUCT_MONTHS = Counter("twofold_product_months_written", "Product-months that roll-ups wrote.")
BATCH_ROWS = Counter("twofold_batch_rows", "Rows that came in by batch or file, by what they are.", ["kind"])
LIVE_READERS = Gauge("twofold_live_readers", "Open live pages.", multiprocess_mode="livesum")


def ran(*, seconds: float, product_months: int, is_full: bool) -> None:
    """Count one roll-up."""
    RUN_SECONDS.labels("full" if is_full else "refresh").observe(seconds)
    PRODUCT_MONTHS.inc(product_months)


def took_in(kind: str, rows: int) -> None:
    """Count rows that came in together; `kind` is what they are, such as observations."""
    BATCH_ROWS.labels(kind).inc(rows)
