"""A split of money as arrays: what each product gets of each funding stream a month, and all that rules ask of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray

from funding.models import Guardrail, GuardrailKind, Waiver

Amounts = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SplitFrame:
    """P products, S funding streams and L lines on one day; amounts are in the base currency, a month.

    A line is the money that one stream pays one product: the split that stands is `amounts`, any other is an array of
    the same shape. What products had as the quarter began is what they had on the day before its first, so that a
    change on that first day counts as one of the quarter.
    """

    on: date
    currency: str
    product_ids: Indices  #: (P,)
    product_names: Sequence[str]  #: (P,)
    stages: NDArray[np.str_]  #: (P,)
    value_streams: Indices  #: (P,) the value stream that each lies in
    below: Mapping[int, frozenset[int]]  #: value stream -> itself and all below it, of those that rules ask for
    stream_ids: Indices  #: (S,)
    categories: NDArray[np.str_]  #: (S,) empty where a stream has none
    line_products: Indices  #: (L,) index of the product
    line_streams: Indices  #: (L,) index of the stream
    amounts: Amounts  #: (L,) as they stand on the day
    as_quarter_began: Amounts  #: (P,)
    team_costs: Mapping[int, Amounts]  #: team -> (P,) its run-rate by product, few people pooled; no team without one
    rules: Sequence[Guardrail]  #: in force on the day
    waivers: Sequence[Waiver]  #: in force on the day

    @property
    def total(self) -> float:
        """All that is allocated a month, as it stands."""
        return float(self.amounts.sum())

    def by_product(self, amounts: Amounts) -> Amounts:
        """Return what each product gets in a split: (L,) -> (P,)."""
        return np.asarray(np.bincount(self.line_products, amounts, len(self.product_ids)), np.float64)

    def by_stream(self, amounts: Amounts) -> Amounts:
        """Return what each funding stream pays in a split: (L,) -> (S,)."""
        return np.asarray(np.bincount(self.line_streams, amounts, len(self.stream_ids)), np.float64)

    def spread(self, by_product: Amounts) -> Amounts:
        """Return a split in which each product's money comes of its streams in the parts that it does now.

        (P,) -> (L,). A product that has lines but no money on them takes it equally from each; one without a line
        gets nothing: `with_lines` gives it one.
        """
        now = self.by_product(self.amounts)[self.line_products]
        lines = np.bincount(self.line_products, minlength=len(self.product_ids))[self.line_products]
        part = np.divide(self.amounts, now, out=1.0 / np.maximum(lines, 1), where=now > 0)
        return by_product[self.line_products] * part

    def with_lines(self, pairs: Sequence[tuple[int, int]]) -> Self:
        """Return the frame with lines for these pairs of a product's and a stream's key besides, with nothing on them.

        Pairs that have a line already are passed over. ValueError names a key that is not in the frame.
        """
        product_at = {key: index for index, key in enumerate(self.product_ids.tolist())}
        stream_at = {key: index for index, key in enumerate(self.stream_ids.tolist())}
        there = set(zip(self.line_products.tolist(), self.line_streams.tolist(), strict=True))
        new: list[tuple[int, int]] = []
        for product, stream in pairs:
            if product not in product_at or stream not in stream_at:
                raise ValueError(f"There is no product {product} or no funding stream {stream} in this split.")
            line = product_at[product], stream_at[stream]
            if line not in there:
                there.add(line)
                new.append(line)
        if not new:
            return self
        added = np.array(new, np.int64)
        return replace(
            self,
            line_products=np.concatenate([self.line_products, added[:, 0]]),
            line_streams=np.concatenate([self.line_streams, added[:, 1]]),
            amounts=np.concatenate([self.amounts, np.zeros(len(new))]),
        )

    # -- What rules measure -------------------------------------------------------------------------------------------

    def products_in(self, value_stream: int) -> Mask:
        """Return which products (P,) lie in a value stream or below it."""
        return np.isin(self.value_streams, list(self.below.get(value_stream, {value_stream})))

    def products_of(self, rule: Guardrail) -> Mask:
        """Return which products (P,) a rule about products, alone or together, is about."""
        if rule.kind == GuardrailKind.VALUE_STREAM:
            return self.products_in(int(rule.value_stream_id or 0))
        if rule.product_id:
            return self.product_ids == rule.product_id
        if rule.stage:
            return self.stages == rule.stage
        return np.ones(len(self.product_ids), np.bool_)

    def lines_of(self, rule: Guardrail) -> Mask:
        """Return which lines (L,) a rule that holds a sum adds up."""
        if rule.kind == GuardrailKind.CATEGORY:
            return (self.categories == rule.category)[self.line_streams]
        if rule.kind == GuardrailKind.STREAM:
            return (self.stream_ids == rule.stream_id)[self.line_streams]
        return self.products_of(rule)[self.line_products]

    def limit_of(self, rule: Guardrail, total: float) -> float:
        """Return the limit of a rule that is an amount, or a share of a total."""
        return float(rule.amount) if rule.amount is not None else float(rule.share or 0) * total

    def floor_of(self, rule: Guardrail) -> Amounts:
        """Return what a rule that keeps teams whole asks for each product: (P,), zero where it asks nothing."""
        wanted = self.team_costs if rule.team_id is None else {rule.team_id: self.team_costs.get(rule.team_id)}
        floor = np.zeros(len(self.product_ids))
        for cost in wanted.values():
            if cost is not None:
                floor += cost
        return floor * float(rule.share or 0)

    def waivers_of(self, rule: Guardrail) -> list[tuple[Waiver, Mask]]:
        """Return the waivers of a rule, each with the products (P,) that it lets go."""
        found = []
        for waiver in self.waivers:
            if waiver.guardrail != rule.name:
                continue
            if waiver.product_id:
                covered = self.product_ids == waiver.product_id
            elif waiver.value_stream_id:
                covered = self.products_in(waiver.value_stream_id)
            else:
                covered = np.ones(len(self.product_ids), np.bool_)
            found.append((waiver, covered))
        return found
