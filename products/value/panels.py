"""What this room puts on the page of a product: the context of its fragment."""

from datetime import date, datetime

from django.db.models import OuterRef, Subquery

from portfolio.common.months import today
from products.catalog.models import Product
from products.value.models import Metric, Score


def scores(product: Product, *, on: date | None = None, known: datetime | None = None) -> list[Score]:
    """Return what `value/_product_scores.html` shows: the latest score of each metric that asks; one query."""
    day = on or today()
    of_metric = Score.objects.known(known).filter(metric=OuterRef("pk"), starts__lte=day).order_by("-starts", "-pk")
    asking = Metric.objects.filter(product=product).exclude(asks="")
    latest = asking.annotate(latest=Subquery(of_metric.values("pk")[:1])).values("latest")
    return list(Score.objects.filter(pk__in=latest).select_related("metric").order_by("-metric__asks", "metric__name"))
