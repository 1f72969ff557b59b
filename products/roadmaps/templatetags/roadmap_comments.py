"""What was said about something, for templates."""

from django import template

from products.roadmaps.comment_reading import Talk, comments_on
from products.roadmaps.models import Baseline, Item, Roadmap

register = template.Library()


@register.simple_tag(takes_context=True)
def comments(context: template.Context, anchor: Roadmap | Item | Baseline, figure: str = "") -> Talk:
    """`{% comments item as talk %}`: what was said about it, as the reader may see it."""
    request = context.get("request") or context.request  # an `include ... only` hides the variable
    if not hasattr(request, "comments_read"):
        request.comments_read = {}
    return comments_on(anchor, reader=request.user, figure=figure or "", kept=request.comments_read)
