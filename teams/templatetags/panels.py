"""Showing what other rooms tell of a team or a person."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from teams.contributions import Panel

register = template.Library()


@register.simple_tag(takes_context=True)
def panel_of(context: template.Context, panel: Panel) -> SafeString:
    """Show a panel: its template, with its own context and nothing else of the page."""
    return render_to_string(panel.template, panel.context, context.get("request"))
