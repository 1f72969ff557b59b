"""The examples of docs/outcomes.md: every figure on that page."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from portfolio.engine.observed import change_after, outcome_of
from portfolio.engine.ordering import order_of, priorities
from portfolio.engine.shrinkage import effect_range, prior_of, shrink, welch

PAGE = (Path(__file__).parents[2] / "docs" / "outcomes.md").read_text()
BEFORE, AFTER = [95, 94, 98, 97, 98, 100], [128, 131, 130]


def assert_on_page(*words):
    text = " ".join(PAGE.split())
    for word in words:
        assert word in text


def test_the_change_against_the_trend():
    found = change_after(range(-6, 0), BEFORE, range(3), AFTER)
    line = found.line
    assert_on_page(f"| observed | {' | '.join(map(str, BEFORE + AFTER))} |")
    assert_on_page(f"The line through the six is {line.level:.2f} + {line.slope:.4f} × month")
    assert_on_page(
        f"expect {found.expected:.2f}; their mean is {found.observed:.2f}: a **change of {found.change:.2f}**"
    )
    assert line.effective == 6
    assert_on_page(f"sum to {line.deviation**2 * 4:.3f}, over 6 − 2 = 4", f"standard deviation of {line.deviation:.3f}")
    assert_on_page(f"{line.deviation:.3f} × √(1/3 + 1/6 + 4.5²/{line.squares:.1f}) = {found.error:.3f}")
    assert line.deviation * (1 / 3 + 1 / 6 + 4.5**2 / 17.5) ** 0.5 == pytest.approx(found.error)
    assert_on_page(
        f"degrees of freedom, {stats.t.ppf(0.95, 4):.3f}, the 90 % range is **{found.low:.2f} to {found.high:.2f}**"
    )
    assert outcome_of(found.change, found.low, found.high, 20, 40) == "reached"


def test_the_experiment():
    effect, error, freedom = welch((100, 30, 60), (112, 30, 60))
    low, high = effect_range(effect, error, freedom)
    assert_on_page(
        f"an effect of {effect:.0f} with an error of √(30²/60 + 30²/60) = {error:.2f}, at {freedom:.0f} degrees of "
        f"freedom a 90 % range of {low:.2f} to {high:.2f}"
    )
    found = shrink(12, 6, prior_of([], []), scale=100)
    assert_on_page(
        f"10² / (10² + 6²) = {found.weight:.3f} of it",
        f"= {found.effect:.2f}, from {found.low:.2f} to {found.high:.2f}",
    )


def test_the_order():
    value, effort = np.array([[80.0], [np.nan], [900.0]]), np.full((3, 1), 4.0)
    found = priorities(value, effort, [[], [2], []])
    own, score = found.own.mean, found.score.mean
    assert_on_page(f"| Quick win | 10 × 8 = 80 | 4 | {own[0]:.0f} | | 3 |")
    assert_on_page(f"| Address book, which reminders need | none | 4 | | {score[1]:.1f} | 1 |")
    assert_on_page(f"| Reminders | 10 × 90 = 900 | 4 | {own[2]:.0f} | | 2 |")
    assert order_of(score, {2: [1]}) == [1, 2, 0]
