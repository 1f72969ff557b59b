"""What an incident cost, divided over the journeys and products that it hit, so that no loss counts twice."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar

from .errors import EngineError

Key = TypeVar("Key", bound=Hashable)
Number = int | float | Fraction

NEGLIGIBLE = Fraction(1, 10**9)  #: of a loss that goes round a loop: what is left then stays where it is
MOST_ROUNDS = 1_000


def divided(total: int, weights: Sequence[Number]) -> list[int]:
    """Return whole parts of a total, in proportion to weights, that add up to it; equal ones where all weights are 0.

    Largest remainder: every part is rounded down, and what is missing goes to those that lost most, the earlier one on
    a tie. A negative total is divided as its opposite.

    Parameters
    ----------
    total : int
        In the smallest unit: cents, ten-thousandths of a quantity, milliseconds.
    weights : sequence, length N
        At least 0 each. None at all can only divide nothing.

    Worked example: 100 over weights 1, 1, 1: 34, 33, 33.

    Source: Hamilton's method of apportionment; Balinski & Young, Fair Representation (2001), chapter 2.
    """
    exact = [Fraction(weight) for weight in weights]
    if any(weight < 0 for weight in exact):
        raise EngineError("A part cannot weigh less than nothing. Leave out what takes no part.")
    if not exact:
        if total:
            raise EngineError(f"{total} cannot be divided over nothing. Say where it goes.")
        return []
    whole = sum(exact)
    if not whole:
        exact, whole = [Fraction(1)] * len(exact), Fraction(len(exact))
    size = abs(total)
    parts, rests = zip(*(divmod(size * weight, whole) for weight in exact), strict=True)
    found = [int(part) for part in parts]
    order = sorted(range(len(exact)), key=lambda place: -rests[place])
    for place in order[: size - sum(found)]:
        found[place] += 1
    return found if total >= 0 else [-part for part in found]


def over_journeys(total: int, named: Key | None, passages: Mapping[Key, int]) -> dict[Key | None, int]:
    """Return a loss by the journeys that it hit, adding up to it; under None what belongs to no journey.

    All of it belongs to the journey that is named. Else it is divided over the journeys that passed, by how often they
    did; over all of them equally where nobody counted; and where none passed it belongs to none.

    Parameters
    ----------
    total : int
        In the smallest unit.
    passages : mapping
        Journeys that pass the service, with how often they did.
    """
    if named is not None:
        return {named: total}
    if not passages:
        return {None: total} if total else {}
    parts = divided(total, list(passages.values()))
    return {journey: part for journey, part in zip(passages, parts, strict=True) if part}


def along_network(losses: Mapping[Key, int], shares: Mapping[Key, Mapping[Key, Number]]) -> dict[Key, int]:
    """Return where losses end that begin with suppliers: with the customers of each product, each loss once.

    What is lost at a product is passed on to the products that pull from it, each in proportion to its share of the
    product's output, and from those on to theirs; what is not pulled stays with the product's own customers. With x
    what reaches each product, `x = loss + Sᵀ x`, and `(1 - sum of shares) x` stays: as loaded cost goes. The parts add
    up to all that was lost, by largest remainder.

    Parameters
    ----------
    losses : mapping
        Where losses begin, in the smallest unit, at least 0.
    shares : mapping of mappings
        By supplier, the part of its output that each consumer pulls; the parts of one supplier are at most 1 together.

    Worked example: 100 lost at a platform that passes 3/10 on to A and 1/2 to B, and B all of its own to C: 20 stay
    with the platform's own customers, 30 are A's and 50 C's.
    """
    for supplier, to in shares.items():
        if any(part < 0 for part in to.values()) or sum(Fraction(part) for part in to.values()) > 1 + NEGLIGIBLE:
            raise EngineError(f"More than all of {supplier}'s output is pulled. Correct its shares.")
    if any(loss < 0 for loss in losses.values()):
        raise EngineError("A loss below nothing is none. Leave it out.")
    total = sum(losses.values())
    stays: dict[Key, Fraction] = {}
    moving = {product: Fraction(loss) for product, loss in losses.items() if loss}
    for _ in range(MOST_ROUNDS):
        if sum(moving.values()) <= NEGLIGIBLE * max(total, 1):
            break
        onward: dict[Key, Fraction] = {}
        for product, amount in moving.items():
            kept = amount
            for consumer, part in shares.get(product, {}).items():
                given = amount * Fraction(part).limit_denominator(10**9)
                onward[consumer] = onward.get(consumer, Fraction(0)) + given
                kept -= given
            stays[product] = stays.get(product, Fraction(0)) + max(kept, Fraction(0))
        # Fractions of fractions grow without bound in a loop; a billionth of the smallest unit is as good.
        moving = {product: amount.limit_denominator(10**9) for product, amount in onward.items()}
    for product, amount in moving.items():
        stays[product] = stays.get(product, Fraction(0)) + amount
    if not stays:
        return {}
    return {product: part for product, part in zip(stays, divided(total, list(stays.values())), strict=True) if part}
