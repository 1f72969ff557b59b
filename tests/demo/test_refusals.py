"""Where the demonstration must not be loaded."""

import pytest
from django.core.management import CommandError, call_command

from portfolio.demo.actions import CannotLoadDemo, load_demo
from products.value.models import Observation
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_it_is_not_loaded_beside_other_products(settings):
    settings.TWOFOLD_BASE_CURRENCY = "GBP"
    make_product(name="Tyres")
    with pytest.raises(CannotLoadDemo, match="such as Tyres"):
        load_demo()
    assert not Observation.objects.exists()


def test_it_is_not_loaded_into_books_kept_in_another_currency(settings):
    settings.TWOFOLD_BASE_CURRENCY = "USD"
    with pytest.raises(CannotLoadDemo, match="in pounds"):
        load_demo()


def test_the_command_refuses_on_a_site_that_is_no_demonstration():
    with pytest.raises(CommandError, match="TWOFOLD_DEMO=1"):
        call_command("demo")


def test_the_command_passes_on_why_it_cannot_load(settings):
    settings.TWOFOLD_DEMO, settings.TWOFOLD_BASE_CURRENCY = True, "EUR"
    with pytest.raises(CommandError, match="is EUR"):
        call_command("demo")
