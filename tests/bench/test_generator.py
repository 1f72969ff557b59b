"""The organisations that measurements are made on: the same every time, and possible."""

import numpy as np
import pytest

from bench.generator import MICRO, Size, draw

SIZE = Size(products=300, months=3)


@pytest.fixture(scope="module")
def made():
    return draw(SIZE)


def test_the_same_size_and_seed_draw_the_same_organisation(made):
    again = draw(SIZE)
    for name in ("supplier", "consumer", "share", "stream"):
        assert np.array_equal(getattr(again.network, name), getattr(made.network, name))
    assert np.array_equal(again.metrics.product, made.metrics.product)
    assert again.random.random() == made.random.random()


def test_another_seed_draws_another_one(made):
    assert not np.array_equal(draw(SIZE, seed=1).network.share, made.network.share)


def test_no_supplier_passes_on_more_than_its_output(made):
    assert np.bincount(made.network.supplier, made.network.share).max() <= MICRO


def test_there_are_ten_links_a_product_each_pair_once_and_none_to_itself(made):
    pairs = set(zip(made.network.supplier.tolist(), made.network.consumer.tolist(), strict=True))
    assert len(pairs) == len(made.network.supplier) == SIZE.links
    assert all(supplier != consumer for supplier, consumer in pairs)


def test_no_metric_is_observed_twice_on_a_day_and_no_flow_is_counted_twice(made):
    metric, starts, ends, value = made.metrics.observations(SIZE, np.random.default_rng(1))
    order = np.lexsort((starts, metric))
    metric, starts, ends = metric[order], starts[order], ends[order]
    same = metric[1:] == metric[:-1]
    assert (starts < ends).all()
    assert (value > 0).all()
    assert (ends[:-1][same] <= starts[1:][same]).all()
