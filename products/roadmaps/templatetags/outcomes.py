"""What pages show of results and of what waits for what: each tag reads what it needs, wherever it stands."""

from datetime import datetime
from typing import Any

from django import template

from portfolio.common import access
from products.catalog.models import Product
from products.roadmaps import chains, experiments, outcomes, result_pictures
from products.roadmaps.models import Experiment, Item, Roadmap, State

register = template.Library()

# A name that a template does not have comes as empty text: known then is now.


@register.filter
def effect(row: Experiment, earlier: experiments.Past) -> experiments.Effect:
    """Return what an experiment found, drawn towards what those before it found."""
    return experiments.effect_of(row, earlier)


@register.filter
def change(figure: float) -> str:
    """Return a change at a glance, with its sign."""
    return outcomes.signed(figure)


@register.inclusion_tag("roadmaps/_item_watched.html", takes_context=True)
def item_result(context: template.Context, item: Item, known: datetime | None = None) -> dict[str, Any]:
    """Show what a shipped item did to its metric; of any other one its latest experiment alone."""
    found = next(iter(outcomes.results_of([item], known=known or None)), None)
    experiment = found.experiment if found else experiments.latest_effects([item], known or None).get(item.pk)
    chart = result_pictures.watched(found) if found and found.series.after[0] + found.series.before[0] else None
    shown = {"item": item, "result": found, "experiment": experiment, "chart": chart}
    shown["may_add"] = bool(item.metric_id) and access.may_write(context["request"].user, Experiment(item=item))
    if found and found.has_figure:
        shown["change_note"] = f"90 % range {found.range_text}; {found.unit}"
    if found and (believed := found.believed):
        low, high = outcomes.signed(believed.low), outcomes.signed(believed.high)
        shown |= {
            "believed_text": outcomes.signed(believed.effect),
            "believed_note": f"90 % range {low} to {high}; {found.unit}",
        }
    return shown


@register.inclusion_tag("roadmaps/_item_waits.html")
def item_chain(item: Item) -> dict[str, Any]:
    """Show what an item waits for, what waits for it, and what its slipping delays."""
    return {"item": item, "found": chains.item_chain(item)}


@register.inclusion_tag("roadmaps/_record.html")
def track_record(roadmap: Roadmap, known: datetime | None = None) -> dict[str, Any]:
    """Show what became of all that a roadmap shipped."""
    return {"roadmap": roadmap, "track": outcomes.track_record(roadmap, known=known or None)}


@register.inclusion_tag("roadmaps/_product_results.html")
def product_results(product: Product, known: datetime | None = None) -> dict[str, Any]:
    """Show what a product's shipped items did, the latest ten."""
    rows = Item.objects.filter(product=product, state=State.SHIPPED).select_related("roadmap", "product", "metric")
    items = list(rows.order_by("-ended_on", "-pk")[:11])
    return {"results": outcomes.results_of(items[:10], known=known or None), "has_more": len(items) > 10}
