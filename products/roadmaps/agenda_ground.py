"""What an agenda stands on, read once: the roadmap and its items, what was frozen and said, and the reviews before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from products.catalog.models import Product
from products.roadmaps.agreement import Said, said_of
from products.roadmaps.content import SHIPPED, Document
from products.roadmaps.models import Baseline, Item, Review, Roadmap, SignOff
from products.roadmaps.past import document_as_known


@dataclass(frozen=True)
class Ground:
    """A roadmap on a day, as known at a moment; `rows` are its items by code."""

    roadmap: Roadmap
    on: date
    known: datetime | None
    products: list[Product]
    rows: Mapping[str, Item]
    document: Document
    baseline: Baseline | None
    said: list[Said]
    reviews: list[Review]  #: those before that day, latest first

    @property
    def since(self) -> date | None:
        """The day of the last review; None where there was none."""
        return self.reviews[0].held_on if self.reviews else None

    @property
    def shipped(self) -> list[Item]:
        """The items that had shipped by the day, the latest first."""
        found = [self.rows[code] for code in self.document["order"][SHIPPED]]
        return sorted(
            (item for item in found if item.ended_on and item.ended_on <= self.on),
            key=lambda item: (item.ended_on or date.min, item.code),
            reverse=True,
        )

    @property
    def open_items(self) -> Iterable[tuple[str, str, Document]]:
        """The horizon, code and document of each item that is still to be done, in order."""
        for place, codes in self.document["order"].items():
            if place != SHIPPED:
                for code in codes:
                    yield place, code, self.document["items"][code]


def read_ground(roadmap: Roadmap, on: date, known: datetime | None) -> Ground:
    """Return what an agenda stands on; a constant number of queries."""
    items = list(roadmap.items.for_table().in_order())
    baselines, sign_offs = roadmap.baselines.all(), SignOff.objects.filter(baseline__roadmap=roadmap)
    if known is not None:
        baselines, sign_offs = baselines.filter(at__lte=known), sign_offs.filter(at__lte=known)
    return Ground(
        roadmap=roadmap,
        on=on,
        known=known,
        products=sorted(roadmap.products.all(), key=lambda product: (product.name, product.pk)),
        rows={item.code: item for item in items},
        document=document_as_known(roadmap, items, known),
        baseline=baselines.order_by("-number").first(),
        said=said_of(sign_offs.select_related("by", "baseline")),
        reviews=list(
            Review.objects.known(known)
            .filter(roadmap=roadmap, held_on__lt=on)
            .select_related("roadmap")
            .defer("agenda", "minutes")
            .order_by("-held_on", "-pk")
        ),
    )
