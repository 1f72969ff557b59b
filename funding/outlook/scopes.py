"""The groups that an outlook is told for: the whole, categories, streams, value streams with all below, products."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from funding.models import FundingStream
from funding.outlook.figures import Key, Outlook, Sums, summed
from funding.outlook.periods import Period
from funding.outlook.reading import Book, read
from products.catalog.models import Product, ValueStream

WHOLE, CATEGORY, STREAM, VALUE_STREAM, PRODUCT = "whole", "category", "stream", "value_stream", "product"
NONE = 0  #: the group of what belongs to none, such as costs that are drawn from no stream


@dataclass(frozen=True)
class Row:
    """One group of the overview: what it is called, what it is, and its figures."""

    by: str
    name: str
    outlook: Outlook
    row: FundingStream | ValueStream | None = None
    code: str = ""
    depth: int = 0

    @property
    def is_group(self) -> bool:
        """Whether it is somewhere on a page of its own."""
        return bool(self.code)


def overview(period: Period, at: datetime | None = None) -> dict[str, list[Row]]:
    """Return the rows of the whole, of categories, of streams and of value streams, each list adding up to the whole.

    Of value streams those at the top add up: the others are part of one above.
    """
    book = read(period, at)
    above = _above(book)

    def keys(product: int | None, stream: int | None) -> Iterator[Key]:
        yield WHOLE, NONE
        yield STREAM, stream or NONE
        yield CATEGORY, book.streams[stream].category if stream else None
        owner = book.products.get(product) if product else None
        if owner is None:
            yield VALUE_STREAM, NONE
        else:
            for value_stream in above[owner.value_stream]:
                yield VALUE_STREAM, value_stream

    sums = summed(book, keys)

    def row(by: str, key: Any, name: str, **more) -> Row | None:
        found = sums.get((by, key))
        return Row(by, name, Outlook(book, found), **more) if found else None

    categories = sorted({key for by, key in sums if by == CATEGORY and key})
    streams = book.streams.values()
    found = {
        WHOLE: [Row(WHOLE, "The whole portfolio", Outlook(book, sums.get((WHOLE, NONE), Sums())))],
        CATEGORY: [
            *(row(CATEGORY, category, category.capitalize(), code=category) for category in categories),
            row(CATEGORY, "", "Streams without a category"),
            row(CATEGORY, None, "Drawn from no stream"),
        ],
        STREAM: [
            *(row(STREAM, stream.pk, stream.name, row=stream, code=stream.code) for stream in streams),
            row(STREAM, NONE, "Drawn from no stream"),
        ],
        VALUE_STREAM: [
            *(
                row(VALUE_STREAM, one.pk, one.name, row=one, code=one.code, depth=one.depth)
                for one in book.value_streams.values()
            ),
            row(VALUE_STREAM, NONE, "With streams, not with a product"),
        ],
    }
    return {
        by: [one for one in rows if one and not (by != WHOLE and one.outlook.is_empty)] for by, rows in found.items()
    }


def _above(book: Book) -> dict[int, list[int]]:
    """Return each value stream's id with those of all above it."""
    return {pk: [pk, *(one.pk for one in row.above)] for pk, row in book.value_streams.items()}


MOST_PARTS = 50  # products that are told by name, those that spend most


@dataclass(frozen=True)
class Part:
    """One product of an outlook, or the others together; amounts in the base currency."""

    name: str
    code: str
    budget: Decimal
    actual: Decimal
    forecast: Decimal

    @property
    def variance(self) -> Decimal:
        """What is left of the budget."""
        return self.budget - self.actual - self.forecast


def of_stream(stream: FundingStream, period: Period, at: datetime | None = None) -> tuple[Outlook, list[Part]]:
    """Return the outlook of a funding stream, and its products."""
    return _one(read(period, at), lambda product, of: of == stream.pk)


def of_product(product: Product, period: Period, at: datetime | None = None) -> tuple[Outlook, list[Part]]:
    """Return the outlook of a product."""
    return _one(read(period, at), lambda of, stream: of == product.pk)


def of_value_stream(
    value_stream: ValueStream, period: Period, at: datetime | None = None
) -> tuple[Outlook, list[Part]]:
    """Return the outlook of a value stream with all below it, and its products."""
    book = read(period, at)
    below = ValueStream.objects.subtree([value_stream.pk])
    inside = {owner.pk for owner in book.products.values() if owner.value_stream in below}
    return _one(book, lambda product, stream: product in inside)


def of_whole(period: Period, at: datetime | None = None) -> tuple[Outlook, list[Part]]:
    """Return the outlook of everything, and its products."""
    return _one(read(period, at), lambda product, stream: True)


def _one(book: Book, is_inside: Callable[[int | None, int | None], bool]) -> tuple[Outlook, list[Part]]:
    def keys(product: int | None, stream: int | None) -> Iterator[Key]:
        if is_inside(product, stream):
            yield WHOLE, NONE
            yield PRODUCT, product

    sums = summed(book, keys)
    outlook = Outlook(book, sums.pop((WHOLE, NONE), Sums()))
    return outlook, _parts(outlook, {product: Outlook(book, one) for (_, product), one in sums.items()})


def _parts(outlook: Outlook, products: dict[int | None, Outlook]) -> list[Part]:
    """Return the products that spend most, and the others in one, so that they add up."""
    parts = []
    for product, one in products.items():
        owner = outlook.book.products.get(product) if product else None
        name, code = (owner.name, owner.code) if owner else ("With the stream, not with a product", "")
        if one.budget or one.actual or one.forecast:
            parts.append(Part(name, code, one.budget, one.actual, one.forecast))
    parts.sort(key=lambda part: (-max(part.budget, part.actual + part.forecast), part.name))
    if len(parts) <= MOST_PARTS:
        return parts
    shown = parts[: MOST_PARTS - 1]
    rest = {
        name: getattr(outlook, name) - sum(getattr(part, name) for part in shown)
        for name in ("budget", "actual", "forecast")
    }
    return [*shown, Part(f"{len(parts) - len(shown)} others", "", **rest)]
