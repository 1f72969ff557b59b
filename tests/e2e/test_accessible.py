"""Pages of every kind, light on a desk and dark on a phone: axe finds nothing, and nothing runs over sideways."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

PAGES = [
    "/",
    "/?sort=-credited&valued=yes",
    "/?window=nonsense",
    "/how/",
    "/today/",
    "/product/vehicle-tax/",
    "/product/vehicle-tax/2017-03/",
    "/network/",
    "/network/of/identity-check/",
    "/products/",
    "/products/streams/",
    "/roadmaps/",
    "/roadmaps/add/",
    "/roadmaps/driving-online/",
    "/roadmaps/driving-online/timeline/",
    "/roadmaps/driving-online/outcomes/",
    "/roadmaps/driving-online/order/",
    "/roadmaps/driving-online/results/",
    "/roadmaps/driving-online/agreement/",
    "/roadmaps/driving-online/difference/",
    "/roadmaps/items/dealers-tell-us-in-bulk/",
    "/roadmaps/baselines/2/",
    "/roadmaps/portfolio/",
    "/roadmaps/calendar/",
    "/services/",
    "/services/card-payments/",
    "/services/map/",
    "/services/card-payments/readiness/",
    "/services/journeys/tax-your-vehicle/",
    "/services/incidents/card-payments-down/",
    "/services/improvement/",
    "/funding/shelf-life/",
    "/teams/platform-engineering/",
    "/network/teams/platform-engineering/split/",
    "/products/feedback/",
    "/feedback/driving-test-bookings/",
    "/funding/",
    "/funding/ledger/",
    "/services/shelf-life/",
    "/teams/",
    "/metrics/",
    "/metrics/vehicle-tax-digital/",
    "/import/",
    "/import/catalogues/",
    "/runs/",
    "/runs/invariants/",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_accessible_and_fits_a_phone(
    signed_in: Callable[..., Page], check_accessible, complaints, path: str
):
    complaints.expect("status of (400|404|422)")
    for scheme, width in (("light", 1360), ("dark", 360)):
        page = signed_in("leader", color_scheme=scheme, viewport={"width": width, "height": 800})
        page.goto(path)
        page.wait_for_selector("main h1")
        check_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
