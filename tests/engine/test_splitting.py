"""A team past its limit, in parts: which products stay together, and who goes where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.engine import splitting
from portfolio.engine.errors import EngineError
from portfolio.engine.splitting import CannotSplit, split

#: Product, design, engineering, quality, data.
NEEDED = [True] * 5


def people(*disciplines: int, fte: float = 1.0) -> np.ndarray:
    hands = np.zeros((len(disciplines), len(NEEDED)))
    hands[np.arange(len(disciplines)), disciplines] = fte
    return hands


def pulls(size: int, **links: float) -> np.ndarray:
    """`pulls(3, a01=2)`: the first and second of three products pull 2 from each other."""
    between = np.zeros((size, size))
    for ends, weight in links.items():
        one, other = int(ends[1]), int(ends[2])
        between[one, other] = between[other, one] = weight
    return between


def test_a_team_of_fourteen_becomes_two_whole_teams_that_cut_the_weakest_pull():
    """Two pairs of products that pull strongly from each other, joined by one weak pull: the textbook cut.

    Two product managers, two designers, seven engineers, two of quality, one of data: each part gets one of each
    pair, the engineers go by the work, and one part goes without data.
    """
    hands = people(0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 4)
    found = split(hands, [0.3, 0.25, 0.25, 0.2], pulls(4, a02=8, a13=6, a01=1), NEEDED, 9)
    assert [part.products for part in found.parts] == [(0, 2), (1, 3)]
    assert (found.kept, found.cut) == (14, 1)
    assert found.is_fitting
    assert found.is_exhaustive
    assert [len(part.people) for part in found.parts] == [8, 6]
    assert sorted(part.lacks for part in found.parts) == [(), (4,)]
    for part in found.parts:
        assert [int(hands[list(part.people)].sum(axis=0)[of]) for of in (0, 1, 3)] == [1, 1, 1]
    assert found == split(hands, [0.3, 0.25, 0.25, 0.2], pulls(4, a02=8, a13=6, a01=1), NEEDED, 9)


def test_a_pull_is_cut_rather_than_a_part_made_too_large_for_its_work():
    """Three products pull from each other and make up nine tenths of the work: that of twelve people."""
    found = split(people(*[2] * 14), [0.4, 0.3, 0.2, 0.1], pulls(4, a01=9, a02=2, a12=3), NEEDED, 9)
    assert [part.products for part in found.parts] == [(0, 1), (2, 3)]
    assert found.cut == 5
    assert max(len(part.people) for part in found.parts) <= 9
    lopsided = split(people(*[2] * 14), [0.95, 0.05], pulls(2, a01=1), NEEDED, 9)
    assert not lopsided.is_fitting
    assert [len(part.people) for part in lopsided.parts] == [9, 5]


@st.composite
def teams(draw):
    limit = draw(st.integers(2, 6))
    size = draw(st.integers(limit + 1, 3 * limit))
    products = draw(st.integers(-(-size // limit), 7))
    shares = draw(st.lists(st.integers(0, 10), min_size=products, max_size=products))
    weights = draw(st.lists(st.integers(0, 9), min_size=products**2, max_size=products**2))
    one_way = np.array(weights, dtype=float).reshape(products, products)
    disciplines = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    return people(*disciplines, fte=draw(st.sampled_from([0.5, 1.0]))), shares, one_way + one_way.T, limit


@given(teams(), st.sampled_from([0, splitting.GROUPINGS]))
@settings(max_examples=60, deadline=None)
def test_all_are_placed_once_within_the_limit_and_no_single_move_of_a_product_cuts_less(team, groupings):
    hands, shares, between, limit = team
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "GROUPINGS", groupings)
        found = split(hands, shares, between, NEEDED, limit)
    assert found.is_exhaustive is bool(groupings)
    assert sorted(one for part in found.parts for one in part.people) == list(range(len(hands)))
    assert sorted(one for part in found.parts for one in part.products) == list(range(len(shares)))
    assert all(part.products and 0 < len(part.people) <= limit for part in found.parts)
    assert len(found.parts) == -(-len(hands) // limit)
    off_diagonal = between.copy()
    np.fill_diagonal(off_diagonal, 0)
    assert found.kept + found.cut == pytest.approx(off_diagonal.sum() / 2)
    assert sum(part.work for part in found.parts) == pytest.approx(1)
    wanted = np.array(shares) / sum(shares) if sum(shares) else np.full(len(shares), 1 / len(shares))
    groups = np.empty(len(shares), dtype=int)
    for number, part in enumerate(found.parts):
        groups[list(part.products)] = number
    kinds = len(found.parts)

    def excess(labels):
        return splitting._excess(np.bincount(labels, wanted, kinds), len(hands), limit)

    for index in range(len(shares)):
        for part in range(kinds):
            moved = groups.copy()
            moved[index] = part
            if len(set(moved.tolist())) == kinds and excess(moved) <= excess(groups):
                assert off_diagonal[moved[:, None] != moved].sum() / 2 >= found.cut - 1e-6


@pytest.mark.parametrize(
    ("hands", "shares", "between", "limit", "kind", "message"),
    [
        (people(*[2] * 9), [0.5, 0.5], pulls(2), 9, CannotSplit, "within the limit of 9"),
        (people(*[2] * 14), [1.0], pulls(1), 9, CannotSplit, "only 1 product to part"),
        (people(*[2] * 14), [], pulls(0), 9, CannotSplit, "only 0 products"),
        (people(*[2] * 14), [0.5, 0.5], [[0, 1], [2, 0]], 9, EngineError, "symmetric"),
        (people(*[2] * 14), [0.5, -0.5], pulls(2), 9, EngineError, "shares must be finite and not negative"),
        (people(*[2] * 14), [0.5, 0.5], pulls(3), 9, EngineError, "do not go together"),
        (people(*[2] * 14), [0.5, 0.5], pulls(2), 0, EngineError, "at least 1 is needed"),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_reason(hands, shares, between, limit, kind, message):
    with pytest.raises(kind, match=message):
        split(hands, shares, between, NEEDED, limit)
