"""Template tags of this room."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(rows: Mapping[int, Any], row: Any) -> Any:
    """`{{ stabilities|of:stream }}`: what is said of a row, by its key."""
    return rows.get(row.pk)
