"""The groups that an outlook is told for: the whole, categories, streams, value streams with all below, products."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime

from funding.models import FundingStream
from funding.outlook.figures import Outlook, Sums, summed
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

    def keys(product: int | None, stream: int | None) -> Iterator[Hashable]:
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

    def row(by: str, key: Hashable, name: str, **more) -> Row | None:
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


def of_stream(stream: FundingStream, period: Period, at: datetime | None = None) -> Outlook:
    """Return the outlook of a funding stream."""
    return _one(read(period, at), lambda product, of: of == stream.pk)


def of_product(product: Product, period: Period, at: datetime | None = None) -> Outlook:
    """Return the outlook of a product."""
    return _one(read(period, at), lambda of, stream: of == product.pk)


def of_value_stream(value_stream: ValueStream, period: Period, at: datetime | None = None) -> Outlook:
    """Return the outlook of a value stream with all below it."""
    book = read(period, at)
    below = ValueStream.objects.subtree([value_stream.pk])
    inside = {owner.pk for owner in book.products.values() if owner.value_stream in below}
    return _one(book, lambda product, stream: product in inside)


def of_whole(period: Period, at: datetime | None = None) -> Outlook:
    """Return the outlook of everything."""
    return _one(read(period, at), lambda product, stream: True)


def _one(book: Book, is_inside) -> Outlook:
    def keys(product: int | None, stream: int | None) -> Iterator[Hashable]:
        if is_inside(product, stream):
            yield WHOLE

    return Outlook(book, summed(book, keys).get(WHOLE, Sums()))
