"""Cost one way through the network, value the other: published tables, conservation, refusals."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import sparse

from portfolio.engine import solver
from portfolio.engine.errors import ClosedLoop, EngineError, Unsolved
from portfolio.engine.flows import trace
from tests.engine.networks import dense, random_shares, ring, shares_of

CHILE = Path(__file__).parent / "data" / "chile-2013.csv"


# -- Published tables ------------------------------------------------------------------------------------


def test_reciprocal_allocation_gives_the_published_costs_of_administration_and_maintenance():
    """Administration 1,200 and maintenance 2,400 serve each other 1/6 and 1/5; the published answer is 1,738, 2,690."""
    shares = shares_of(3, {(0, 1): 1 / 6, (0, 2): 5 / 6, (1, 0): 0.2, (1, 2): 0.8})
    flows = trace([1200, 2400, 0], [0, 0, 0], shares)
    assert np.round(flows.loaded_cost[:2]).tolist() == [1738, 2690]
    assert flows.retained_cost == pytest.approx([0, 0, 3600], abs=1e-9)


def test_reciprocal_allocation_gives_the_published_costs_of_maintenance_and_the_general_factory():
    """The Anders exercise: 100,000 and 270,000, shares 10 % and 15.625 %; published 144,444 and 284,444."""
    flows = trace([100_000, 270_000], [0, 0], shares_of(2, {(0, 1): 0.1, (1, 0): 0.15625}))
    assert np.round(flows.loaded_cost).tolist() == [144_444, 284_444]


# Miller & Blair, Input-Output Analysis (2nd ed., 2009), Tables 2.3 and 2.4: z[i, j] is what i sold to j.
MILLER_BLAIR_FLOWS = np.array([[150.0, 500.0], [200.0, 100.0]])
MILLER_BLAIR_OUTPUT = np.array([1000.0, 2000.0])
MILLER_BLAIR_DEMAND = np.array([350.0, 1700.0])
MILLER_BLAIR_ADDED = np.array([650.0, 1400.0])
MILLER_BLAIR_INVERSE = np.array([[1.25412541, 0.330033], [0.2640264, 1.12211221]])


def output_for(demand):
    """Return the output x = A x + f that a final demand calls for, from `trace`.

    Demand runs upstream as our cost runs downstream, so the shares are A transposed. A sector's sales to itself are
    no link of ours: y = (1 - a_jj) x is what leaves it, y[i] = f[i] + sum over j of a_ij / (1 - a_jj) y[j].
    """
    A = MILLER_BLAIR_FLOWS / MILLER_BLAIR_OUTPUT
    net = 1 - np.diag(A)
    between = A / net
    np.fill_diagonal(between, 0)
    return trace(demand, np.zeros(2), sparse.csr_array(between.T)).loaded_cost / net


def test_the_published_inverse_of_miller_and_blair_comes_back_column_by_column():
    inverse = np.column_stack([output_for([1, 0]), output_for([0, 1])])
    assert inverse == pytest.approx(MILLER_BLAIR_INVERSE, abs=5e-9)


def test_the_published_new_demand_of_miller_and_blair_gives_their_new_output_and_labour():
    output = output_for([600, 1500])
    assert output == pytest.approx([1247.5, 1841.6], abs=0.05)
    assert output * [0.3, 0.25] == pytest.approx([374.25, 460.4], abs=0.01)


def downstream(flows, output):
    """Return shares of the output that leaves each sector, its sales to itself set aside."""
    between = flows / (output - np.diag(flows))[:, None]
    np.fill_diagonal(between, 0)
    return sparse.csr_array(between)


def test_value_added_loaded_through_miller_and_blairs_table_is_output_and_ends_in_final_demand():
    flows = trace(MILLER_BLAIR_ADDED, np.zeros(2), downstream(MILLER_BLAIR_FLOWS, MILLER_BLAIR_OUTPUT))
    assert flows.loaded_cost == pytest.approx(MILLER_BLAIR_OUTPUT - np.diag(MILLER_BLAIR_FLOWS))
    assert flows.retained_cost == pytest.approx(MILLER_BLAIR_DEMAND)


@pytest.fixture
def chile():
    with CHILE.open(encoding="utf-8") as file:
        table = list(csv.DictReader(line for line in file if not line.startswith("#")))
    sectors = [row["sector"] for row in table]
    return {
        "flows": np.array([[float(row[sector]) for sector in sectors] for row in table]),
        **{name: np.array([float(row[name]) for row in table]) for name in ("wages", "final_demand", "output")},
    }


def test_value_added_loaded_through_chiles_economy_is_the_published_output_and_final_demand(chile):
    flows, output = chile["flows"], chile["output"]
    traced = trace(output - flows.sum(axis=0), chile["final_demand"], downstream(flows, output))
    assert traced.loaded_cost == pytest.approx(output - np.diag(flows), rel=1e-9)
    assert traced.retained_cost == pytest.approx(chile["final_demand"], abs=0.02)  # the table's own rounding


def test_every_peso_of_final_demand_in_chile_is_credited_where_its_value_was_added(chile):
    """Where value is what was paid for, credit is value added: the two sides of national accounts meet."""
    flows, output = chile["flows"], chile["output"]
    added = output - flows.sum(axis=0)
    traced = trace(added, output - flows.sum(axis=1), downstream(flows, output))
    assert traced.credited_value == pytest.approx(added, rel=1e-9)


def test_chiles_wages_are_all_found_again_in_what_its_customers_bought(chile):
    traced = trace(chile["wages"], np.zeros(12), downstream(chile["flows"], chile["output"]))
    assert traced.retained_cost.sum() == pytest.approx(chile["wages"].sum(), rel=1e-12)
    assert (traced.loaded_cost > chile["wages"]).all()


# -- By hand -----------------------------------------------------------------------------------------------


def test_a_platform_that_costs_half_of_a_service_is_credited_half_of_its_value():
    flows = trace([100, 100], [0, 600], shares_of(2, {(0, 1): 1.0}))
    assert flows.loaded_cost.tolist() == [100, 200]
    assert flows.retained_cost.tolist() == [0, 200]
    assert flows.reached_value.tolist() == [300, 600]
    assert flows.credited_value.tolist() == [300, 300]
    assert flows.source_fractions.toarray().tolist() == [[0, 0.5], [0, 0]]
    assert flows.own_fractions.tolist() == [1, 0.5]


def test_products_without_links_keep_their_own_cost_and_value():
    flows = trace([5, 0, 7], [1, 2, 0], sparse.csr_array((3, 3)))
    assert flows.loaded_cost.tolist() == flows.retained_cost.tolist() == [5, 0, 7]
    assert flows.reached_value.tolist() == flows.credited_value.tolist() == [1, 2, 0]
    assert flows.source_fractions.nnz == 0


def test_a_product_with_no_loaded_cost_keeps_its_own_value_and_passes_none_upstream():
    """0 and 1 cost nothing, alone or together; 2 pulls from them and pays for itself."""
    shares = shares_of(3, {(0, 1): 0.5, (1, 0): 0.4, (1, 2): 0.6})
    flows = trace([0, 0, 10], [3, 4, 50], shares)
    assert flows.loaded_cost.tolist() == [0, 0, 10]
    assert flows.reached_value.tolist() == flows.credited_value.tolist() == [3, 4, 50]
    assert flows.source_fractions.nnz == 0
    assert flows.own_fractions.tolist() == [1, 1, 1]


def test_a_free_product_is_paid_for_by_the_suppliers_it_pulls_from():
    flows = trace([80, 0], [0, 20], shares_of(2, {(0, 1): 0.25}))
    assert flows.loaded_cost.tolist() == [80, 20]
    assert flows.reached_value.tolist() == [20, 20]
    assert flows.credited_value.tolist() == [20, 0]


def test_a_credit_lowers_loaded_cost_but_takes_no_part_in_the_split_of_value():
    flows = trace([-30, 100], [9, 200], shares_of(2, {(0, 1): 0.5}))
    assert flows.loaded_cost.tolist() == [-30, 85]
    assert flows.retained_cost.tolist() == [-15, 85]
    assert flows.floored_loaded_cost.tolist() == [0, 100]
    assert flows.credited_value.tolist() == flows.reached_value.tolist() == [9, 200]


def test_a_supplier_can_pass_on_all_of_its_output():
    flows = trace([90, 0, 0], [0, 1, 2], shares_of(3, {(0, 1): 1 / 3, (0, 2): 2 / 3}))
    assert flows.retained_cost == pytest.approx([0, 30, 60])
    assert flows.retained_cost[0] == 0  # not a rounding
    assert flows.credited_value == pytest.approx([3, 0, 0])


def test_ten_tenths_are_all_of_the_output():
    shares = shares_of(11, {(0, consumer): 0.1 for consumer in range(1, 11)})
    assert trace(np.ones(11), np.ones(11), shares).retained_cost[0] == 0


def test_a_portfolio_of_no_products_has_empty_figures():
    flows = trace([], [], sparse.csr_array((0, 0)))
    assert flows.loaded_cost.shape == flows.credited_value.shape == (0,)
    assert flows.source_fractions.shape == (0, 0)
    assert trace([], np.zeros((0, 4)), sparse.csr_array((0, 0))).reached_value.shape == (0, 4)


def test_a_single_product_is_its_own_portfolio():
    flows = trace([12], [[30, 31]], sparse.csr_array((1, 1)))
    assert (flows.loaded_cost.tolist(), flows.credited_value.tolist()) == ([12], [[30, 31]])


def test_a_month_without_cost_credits_value_where_it_arrived():
    flows = trace(np.zeros(30), np.arange(30), random_shares(30, 3, np.random.default_rng(1)))
    assert flows.loaded_cost.tolist() == [0] * 30
    assert flows.credited_value.tolist() == list(range(30))


def test_any_sparse_format_gives_the_same_figures_and_repeated_links_add_up():
    shares = sparse.coo_array(([0.1, 0.2, 0.4], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    expected = trace([10, 20], [5, 6], shares_of(2, {(0, 1): 0.3, (1, 0): 0.4}))
    for given_as in (shares, shares.tocsc(), shares.tolil(), sparse.csr_matrix(shares), shares.todok()):
        flows = trace([10, 20], [5, 6], given_as)
        assert flows.loaded_cost == pytest.approx(expected.loaded_cost, rel=1e-15)
        assert flows.credited_value == pytest.approx(expected.credited_value, rel=1e-15)


def test_what_is_handed_in_is_left_as_it_was():
    cost, value, shares = np.array([-1.0, 2.0]), np.array([3.0, 4.0]), shares_of(2, {(0, 1): 0.5, (1, 0): 0.0})
    trace(cost, value, shares)
    assert (cost.tolist(), value.tolist()) == ([-1, 2], [3, 4])
    assert (shares.nnz, shares.data.tolist()) == (2, [0.5, 0.0])


# -- Properties over random networks with cycles -----------------------------------------------------------


@st.composite
def portfolios(draw, with_credits=True):
    """Cost, value and shares: some products without cost, with a credit, without value, or passing on everything."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(st.integers(1, 60))
    shares = random_shares(size, draw(st.integers(1, 6)), random, high=draw(st.sampled_from([0.5, 0.99, 0.999999])))
    cost = random.lognormal(10, draw(st.sampled_from([0.5, 3])), size)
    cost[random.random(size) < draw(st.sampled_from([0, 0.3, 0.9]))] = 0
    if with_credits:
        cost[random.random(size) < draw(st.sampled_from([0, 0.2]))] *= -0.3
    value = random.normal(0.5, 1, size) * random.lognormal(10, 2, size)
    value[random.random(size) < 0.4] = 0
    return cost, value, shares


@given(portfolios())
@examples(max_examples=50)
def test_cost_retained_sums_to_cost_and_value_credited_sums_to_value(portfolio):
    cost, value, shares = portfolio
    flows = trace(cost, value, shares)
    assert abs(flows.retained_cost.sum() - cost.sum()) <= 1e-9 * np.abs(cost).sum()
    assert abs(flows.credited_value.sum() - value.sum()) <= 1e-9 * np.abs(value).sum()


@given(portfolios())
@examples(max_examples=50)
def test_the_sources_of_a_products_cost_and_its_own_make_all_of_it(portfolio):
    cost, value, shares = portfolio
    flows = trace(cost, value, shares)
    assert flows.source_fractions.sum(axis=0) + flows.own_fractions == pytest.approx(1, rel=1e-12)
    assert (flows.source_fractions.data > 0).all()


@given(portfolios())
@examples(max_examples=50)
def test_the_figures_satisfy_their_equations_product_by_product(portfolio):
    cost, value, shares = portfolio
    flows = trace(cost, value, shares)
    room = 1e-9 * trace(np.abs(cost), np.abs(value), shares).loaded_cost
    assert (np.abs(cost + shares.T @ flows.loaded_cost - flows.loaded_cost) <= room).all()
    carried = flows.source_fractions @ flows.reached_value
    room = 1e-9 * (np.abs(value) + flows.source_fractions @ np.abs(flows.reached_value))
    assert (np.abs(value + carried - flows.reached_value) <= room).all()


@given(portfolios())
@examples(max_examples=50)
def test_the_figures_are_those_of_dense_algebra(portfolio):
    cost, value, shares = portfolio
    flows = trace(cost, value, shares)
    C, F, T, K = dense(cost, value, shares)
    # Dense algebra in plain doubles is itself good to some 1e-10 where 0.999999 of the cost goes round.
    for ours, theirs in ((flows.loaded_cost, C), (flows.reached_value, T), (flows.credited_value, K)):
        assert ours == pytest.approx(theirs, rel=1e-7, abs=1e-8 * np.abs(theirs).max(initial=0))
    assert flows.source_fractions.toarray() == pytest.approx(F, rel=1e-8, abs=1e-12)


@given(portfolios(), st.integers(1, 5))
@examples(max_examples=25)
def test_many_draws_at_once_are_the_same_as_one_after_the_other(portfolio, count):
    cost, value, shares = portfolio
    draws = value[:, None] * np.random.default_rng(count).normal(1, 1, count)
    together = trace(cost, draws, shares)
    assert together.reached_value.shape == together.credited_value.shape == draws.shape
    size = np.abs(together.reached_value).max(axis=1, initial=0)
    for column in range(count):
        alone = trace(cost, draws[:, column], shares)
        assert (np.abs(together.reached_value[:, column] - alone.reached_value) <= 1e-9 * size).all()
        assert (np.abs(together.credited_value[:, column] - alone.credited_value) <= 1e-9 * size).all()


@given(portfolios(with_credits=False), st.floats(1e-6, 1e6))
@examples(max_examples=25)
def test_another_currency_changes_the_amounts_and_nothing_else(portfolio, rate):
    cost, value, shares = portfolio
    one, other = trace(cost, value, shares), trace(cost * rate, value * rate, shares)
    assert other.loaded_cost == pytest.approx(one.loaded_cost * rate, rel=1e-9)
    assert other.source_fractions.toarray() == pytest.approx(one.source_fractions.toarray(), rel=1e-9)


# -- Larger and harder networks: each way of solving -------------------------------------------------------


@pytest.mark.parametrize("high", [0.9, 0.999999])
def test_a_network_too_large_for_dense_solving_from_the_start_agrees_with_dense_algebra(high):
    random = np.random.default_rng(7)
    size = 4 * solver.DENSE_AT_ONCE
    shares = random_shares(size, 6, random, low=high - 0.1, high=high)
    cost, value = random.lognormal(10, 2, size), random.lognormal(10, 2, size)
    flows = trace(cost, value, shares)
    C, _, T, K = dense(cost, value, shares)
    assert flows.loaded_cost == pytest.approx(C, rel=1e-9)
    assert flows.reached_value == pytest.approx(T, rel=1e-9)
    assert flows.credited_value == pytest.approx(K, rel=1e-9)


def test_small_products_beside_large_ones_are_told_to_nine_digits():
    """Two networks without a link between them, one of billions, one of cents, solved together and apart."""
    random = np.random.default_rng(3)
    size = 2 * solver.DENSE_AT_ONCE
    large, small = random_shares(size, 5, random), random_shares(size, 5, random, low=0.99, high=0.999)
    cost, value = random.lognormal(0, 1, size), random.normal(0, 1, size)
    together = trace(
        np.r_[cost * 1e9, cost * 1e-3], np.r_[value * 1e27, value * 1e-3], sparse.block_diag([large, small], "csr")
    )
    C, _, T, _ = dense(cost, value, small)
    size_of_value = dense(cost, np.abs(value), small)[2]
    assert together.loaded_cost[size:] == pytest.approx(C * 1e-3, rel=1e-9)
    assert (np.abs(together.reached_value[size:] * 1e3 - T) <= 1e-9 * size_of_value).all()


@pytest.mark.parametrize("size", [50, 500, 3_000])
def test_a_long_cycle_that_passes_on_all_but_a_millionth_is_solved_exactly(size):
    """Everyone costs 1 and passes on s: C = 1 + s C, a million each. Sweeping alone would take millions of sweeps."""
    value = np.zeros(size)
    value[0] = 1000
    flows = trace(np.ones(size), value, ring(np.full(size, 0.999999)))
    assert flows.loaded_cost == pytest.approx(1 / (1 - 0.999999), rel=1e-9)
    assert flows.credited_value.sum() == pytest.approx(1000, rel=1e-9)


@pytest.mark.parametrize("size", [50, 500, 3_000])
def test_a_long_cycle_with_one_narrow_way_out_is_solved_exactly(size):
    """All cost leaves through product 0, a millionth at a time, so C[0] is a million times the sum of the costs."""
    shares = np.ones(size)
    shares[0] = 1 - 1e-6
    flows = trace(np.ones(size), np.ones(size), ring(shares))
    first = size / (1 - shares[0])
    assert flows.loaded_cost[0] == pytest.approx(first, rel=1e-9)
    assert flows.loaded_cost[1:] == pytest.approx(first * shares[0] + np.arange(1, size), rel=1e-9)
    assert flows.retained_cost[1:].tolist() == [0] * (size - 1)


@pytest.mark.parametrize("most_entries", [solver.BAND, 0], ids=["complete factors", "incomplete factors"])
def test_a_band_of_neighbours_that_keeps_cost_going_round_is_solved_exactly(most_entries, monkeypatch):
    monkeypatch.setattr(solver, "BAND", most_entries)
    random = np.random.default_rng(11)
    size = solver.DENSE + 200
    supplier = np.repeat(np.arange(size), 4)
    near = (supplier + random.integers(1, 40, supplier.size)) % size
    near[::40] = (supplier[::40] + size // 2) % size
    flows_out = sparse.csr_array((random.gamma(1.0, size=near.size), (supplier, near)), shape=(size, size))
    shares = sparse.csr_array(sparse.diags_array(0.99999 / flows_out.sum(axis=1)) @ flows_out)
    cost = random.lognormal(0, 1, size)
    flows = trace(cost, cost, shares)
    assert flows.retained_cost.sum() == pytest.approx(cost.sum(), rel=1e-9)
    assert flows.loaded_cost == pytest.approx(np.linalg.solve(np.eye(size) - shares.toarray().T, cost), rel=1e-8)


def test_draws_over_a_large_network_agree_with_the_single_column():
    random = np.random.default_rng(5)
    size = solver.DENSE + 500
    shares = random_shares(size, 5, random)
    cost, value = random.lognormal(10, 2, size), random.lognormal(10, 2, size) * (random.random(size) < 0.4)
    factor = random.normal(1, 1, 150)  # more columns than fit one block
    together, alone = trace(cost, value[:, None] * factor, shares), trace(cost, value, shares)
    np.testing.assert_allclose(together.reached_value, alone.reached_value[:, None] * factor, rtol=1e-9)
    np.testing.assert_allclose(together.credited_value, alone.credited_value[:, None] * factor, rtol=1e-9)


@given(st.integers(0, 2**32), st.integers(2, 60), st.integers(1, 3))
@examples(max_examples=100)
def test_what_nothing_arrives_at_is_exactly_zero(seed, size, links_each):
    """Cost reaches what can be walked to from a cost; value, what can be walked back to from a value."""
    random = np.random.default_rng(seed)
    shares = random_shares(size, links_each, random, low=0.9, high=1 - 1e-6)
    cost, value = random.lognormal(0, 1, size), np.zeros(size)
    cost[random.random(size) < 0.7] = 0
    value[random.integers(size)] = 1
    walks = np.linalg.matrix_power(np.eye(size) + (shares.toarray() > 0), size) > 0
    flows = trace(cost, value, shares)
    assert ((flows.loaded_cost > 0) == (cost @ walks > 0)).all()
    is_paid_for = flows.loaded_cost > 0
    assert ((flows.reached_value > 0) <= (walks @ value > 0)).all()
    assert ((flows.reached_value > 0) >= ((walks @ value > 0) & is_paid_for & is_paid_for[value > 0])).all()


def test_what_nothing_arrives_at_is_exactly_zero_in_a_large_network():
    """The upper half neither pulls from the lower half nor costs anything; nor does value come back from it."""
    random = np.random.default_rng(6)
    half = 2 * solver.DENSE_AT_ONCE
    shares = sparse.block_diag([random_shares(half, 5, random), random_shares(half, 5, random)], "csr")
    idle = np.r_[np.zeros(half), np.ones(half)]
    flows = trace(idle, idle, shares)
    assert flows.loaded_cost[:half].tolist() == flows.reached_value[:half].tolist() == [0] * half


# -- Closed loops ------------------------------------------------------------------------------------------


def test_two_products_that_pass_all_their_cost_to_each_other_are_named():
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(4), np.ones(4), shares_of(4, {(1, 3): 1.0, (3, 1): 1.0, (0, 2): 1.0}))
    assert refused.value.loops == [(1, 3)]
    assert "1 and 3" in str(refused.value)
    assert "lower at least one share" in str(refused.value)


def test_every_closed_loop_is_named_and_what_only_leads_into_one_is_not():
    links = {(0, 1): 1.0, (1, 2): 0.5, (1, 5): 0.5, (2, 1): 1.0, (5, 1): 1.0, (3, 4): 1.0, (4, 3): 1.0, (6, 3): 1.0}
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(7), np.ones(7), shares_of(7, links))
    assert refused.value.loops == [(1, 2, 5), (3, 4)]


def test_a_closed_loop_is_refused_even_while_it_costs_nothing():
    with pytest.raises(ClosedLoop):
        trace([0, 0, 1], [0, 0, 1], shares_of(3, {(0, 1): 1.0, (1, 0): 1.0}))


@pytest.mark.parametrize("way_out", [(1, 2), (0, 3)])
def test_a_loop_with_any_way_out_is_no_closed_loop(way_out):
    links = {(0, 1): 1.0, (1, 0): 1.0, way_out: 1e-3}
    links[way_out[0], 1 - way_out[0]] -= 1e-3
    flows = trace([1, 1, 0, 0], [1, 0, 0, 1], shares_of(4, links))
    assert flows.retained_cost[[2, 3]].sum() == pytest.approx(2, rel=1e-9)


def test_a_way_out_of_less_than_a_billionth_is_none():
    thin = {(0, 1): 1.0, (1, 0): 1 - 1e-12, (1, 2): 1e-12, (2, 0): 1.0}
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(3), np.ones(3), shares_of(3, thin))
    assert refused.value.loops == [(0, 1)]


def test_shares_that_sum_to_one_but_for_rounding_close_a_loop():
    links = {(0, consumer): 0.1 for consumer in range(1, 11)} | {(consumer, 0): 1.0 for consumer in range(1, 11)}
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(11), np.ones(11), shares_of(11, links))
    assert refused.value.loops == [tuple(range(11))]


@given(st.integers(0, 2**32), st.integers(5, 40), st.integers(2, 8))
@examples(max_examples=50)
def test_a_closed_loop_anywhere_in_a_network_is_named_and_nothing_else(seed, size, members):
    random = np.random.default_rng(seed)
    members = min(members, size)
    shares = random_shares(size, 3, random).tolil()
    loop = random.permutation(size)[:members]
    shares[loop, :] = 0
    shares[loop, np.roll(loop, 1)] = 1.0
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(size), np.ones(size), shares)
    assert refused.value.loops == [tuple(sorted(loop.tolist()))]


def test_a_message_about_many_loops_stays_short():
    pairs = {(first, first ^ 1): 1.0 for first in range(100)}
    with pytest.raises(ClosedLoop) as refused:
        trace(np.ones(100), np.ones(100), shares_of(100, pairs))
    assert len(refused.value.loops) == 50
    assert "45 more such loops" in str(refused.value)


# -- Hostile input -------------------------------------------------------------------------------------------

NETWORK = shares_of(3, {(0, 1): 0.5, (1, 2): 0.5})


@pytest.mark.parametrize(
    ("cost", "value", "shares", "message"),
    [
        ([1, 2], [1, 2, 3], NETWORK, r"value has shape \(3,\), but cost has 2 products"),
        ([1, 2, 3], [[1, 2, 3]], NETWORK, r"value has shape \(1, 3\), but cost has 3 products"),
        ([1, 2, 3], np.ones((3, 2, 2)), NETWORK, r"value has shape \(3, 2, 2\)"),
        ([[1], [2], [3]], [1, 2, 3], NETWORK, r"cost has shape \(3, 1\)"),
        (5, [1], NETWORK, r"cost has shape \(\)"),
        ([1, 2], [1, 2], NETWORK, r"shares has shape \(3, 3\), but cost has 2 products"),
        ([1, 2, 3], [1, 2, 3], sparse.csr_array((3, 2)), r"shares has shape \(3, 2\)"),
        ([1, 2, 3], [1, 2, 3], np.zeros((3, 3)), "wrap it in scipy.sparse.csr_array"),
        ([1, 2, 3], [1, 2, 3], None, "a scipy sparse array is needed"),
        ([1, np.nan, 3], [1, 2, 3], NETWORK, r"The cost of 1 of 3 products is not a finite number \(1\)"),
        ([1, 2, 3], [1, 2, -np.inf], NETWORK, r"The value of 1 of 3 products is not a finite number \(2\)"),
        ([1, 2, 3], [[1, 2], [3, np.nan], [np.nan, 5]], NETWORK, r"The value of 2 of 3 .* \(1 and 2\)"),
        (["a", "b", "c"], [1, 2, 3], NETWORK, "cost holds <U1 where plain numbers are needed"),
        ([1, 2, 3], [1j, 2, 3], NETWORK, "value holds complex128"),
        ([1, 2, 3], [1, 2, 3], NETWORK * 1j, "shares holds complex128"),
        ([1, 2, 3], [1, 2, 3], shares_of(3, {(0, 1): -0.1}), r"1 of 1 links is negative .*\(0, 1\)"),
        ([1, 2, 3], [1, 2, 3], shares_of(3, {(2, 1): np.nan}), r"not a finite number .*\(2, 1\)"),
        ([1, 2, 3], [1, 2, 3], shares_of(3, {(1, 1): 0.2, (2, 2): 0.1}), "Products 1 and 2 use their own output"),
        ([1, 2, 3], [1, 2, 3], shares_of(3, {(0, 1): 0.6, (0, 2): 0.41}), "Products 0 pass on more than all .*1.01"),
    ],
)
def test_what_cannot_be_traced_is_refused_at_the_door(cost, value, shares, message):
    with pytest.raises(EngineError, match=message):
        trace(cost, value, shares)


def test_a_rounding_over_one_is_taken_as_all():
    flows = trace([10, 0, 0], [0, 0, 0], shares_of(3, {(0, 1): 0.6, (0, 2): 0.4 + 5e-10}))
    assert flows.retained_cost.sum() == pytest.approx(10, rel=1e-12)
    assert flows.retained_cost[0] == 0


def test_figures_too_large_to_add_up_are_refused_rather_than_answered_with_infinity():
    with pytest.raises(Unsolved, match="too large to add up"):
        trace([1e308, 1e308, 1e308], [1, 1, 1], shares_of(3, {(0, 1): 1.0, (1, 2): 1.0}))


def test_a_way_out_that_drowns_in_the_rounding_of_thirds_is_refused_rather_than_answered_badly():
    """Fifty products pass a third on to each of three others, and only the first keeps two billionths."""
    size = 50
    links = {(i, (i + step) % size): 1 / 3 for i in range(size) for step in (1, 2, 3)}
    links[0, 1] -= 2e-9
    with pytest.raises(Unsolved, match="keep more for their own customers"):
        trace(np.ones(size), np.ones(size), shares_of(size, links))
