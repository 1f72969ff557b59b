"""Random splits of money with rules, in memory: no database."""

from datetime import date
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from funding.guardrails import SplitFrame
from funding.models import FundingStream, Guardrail, Waiver
from products.catalog.models import Product, ValueStream
from teams.models import Team

STAGES = ("explore", "grow", "sustain", "retire")
CATEGORIES = ("run", "grow", "transform")
SHARES = st.integers(0, 100).map(lambda part: Decimal(part) / 100)


@st.composite
def random_frame(draw) -> SplitFrame:
    """Draw a split of up to eight products and four funding streams, with up to six rules and a waiver."""
    products, streams = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    pairs = draw(st.sets(st.tuples(st.integers(0, products - 1), st.integers(0, streams - 1)), max_size=12))
    lines = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    rules = [draw(_rule(number, products, streams)) for number in range(draw(st.integers(0, 6)))]
    return SplitFrame(
        on=date(2026, 1, 1),
        currency="USD",
        product_ids=np.arange(1, products + 1),
        product_names=[f"P{number}" for number in range(products)],
        stages=np.array([draw(st.sampled_from(STAGES)) for _ in range(products)], np.str_),
        value_streams=np.array([draw(st.integers(1, 3)) for _ in range(products)], np.int64),
        below={1: frozenset({1, 2}), 2: frozenset({2}), 3: frozenset({3})},
        stream_ids=np.arange(1, streams + 1),
        categories=np.array([draw(st.sampled_from(CATEGORIES)) for _ in range(streams)], np.str_),
        line_products=lines[:, 0],
        line_streams=lines[:, 1],
        amounts=np.array([float(draw(st.integers(0, 500))) for _ in lines]),
        as_quarter_began=np.array([float(draw(st.integers(0, 500))) for _ in range(products)]),
        team_costs={1: np.array([float(draw(st.integers(0, 50))) for _ in range(products)])},
        rules=rules,
        waivers=[draw(_waiver(rule, products)) for rule in rules[:1]],
    )


@st.composite
def _rule(draw, number: int, products: int, streams: int) -> Guardrail:
    kind = draw(st.sampled_from(("category", "value_stream", "stage", "stream", "product", "change", "team")))
    scope = {
        "category": lambda: {"category": draw(st.sampled_from(CATEGORIES))},
        "value_stream": lambda: {"value_stream": ValueStream(pk=draw(st.integers(1, 3)), name="V")},
        "stage": lambda: {"stage": draw(st.sampled_from(STAGES))},
        "stream": lambda: {"stream": FundingStream(pk=draw(st.integers(1, streams)), name="S")},
        "product": lambda: draw(st.sampled_from(({}, {"product": Product(pk=draw(st.integers(1, products)))}))),
        "change": lambda: draw(st.sampled_from(({}, {"stage": draw(st.sampled_from(STAGES))}))),
        "team": lambda: draw(st.sampled_from(({}, {"team": Team(pk=1, name="T")}))),
    }[kind]()
    either = kind in {"category", "value_stream", "stage"}
    bound = draw(st.sampled_from(("most", "least"))) if either else "least" if kind == "team" else "most"
    relative = kind in {"change", "team"} or draw(st.booleans())
    limit = {"share": draw(SHARES)} if relative else {"amount": Decimal(draw(st.integers(0, 800)))}
    return Guardrail(pk=number + 1, name=f"rule-{number}", kind=kind, bound=bound, **scope, **limit)


@st.composite
def _waiver(draw, rule: Guardrail, products: int) -> Waiver:
    scope = draw(st.sampled_from(("elsewhere", "whole", "product")))
    name = "another-rule" if scope == "elsewhere" else rule.name
    product = draw(st.integers(1, products)) if scope == "product" and rule.is_per_product else None
    return Waiver(guardrail=name, product_id=product)
