"""Baselines, what was said to them, comments, agreements and differences as files."""

from portfolio.common import sheets
from portfolio.common.exports import Column, Export, Sheet
from products.roadmaps.models import Baseline, Comment, SignOff

BASELINES = Export("baselines", Baseline, "", "id roadmap number name why version content_hash made_by at")
SIGN_OFFS = Export(
    "sign-offs", SignOff, "", "id roadmap=baseline__roadmap baseline number=baseline__number by side verdict comment at"
)
COMMENTS = Export(
    "comments",
    Comment,
    "",
    "id roadmap item=item__code baseline=baseline__number figure answers text by at resolved_by resolved_at",
)


def _words(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, name, sheets.TEXT) for name in names)


AGREEMENT = Sheet(
    "agreement",
    (
        *_words("item", "side", "mark", "by", "comment"),
        Column("at", "at", sheets.MOMENT),
        Column("baseline", "baseline", sheets.INTEGER),
    ),
)
DIFFERENCE = Sheet(
    "difference",
    (
        *_words("item", "name", "kind", "field", "old", "new"),
        Column("is_material", "is_material", sheets.YES_NO),
        *_words("by", "why"),
        Column("value_change", "value_change", sheets.AMOUNT),
        Column("currency", "currency", sheets.CODE),
    ),
)
