"""Rules of everything that has a code."""

import pytest

from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db


def test_a_code_does_not_change_through_the_api(client):
    product = make_product(code="tax")
    client.force_login(make_user("leader"))
    answer = client.patch("/api/v1/products/tax/", {"code": "levy"}, content_type="application/json")
    assert answer.status_code == 400
    assert "does not change" in answer.json()["detail"]
    product.refresh_from_db()
    assert product.code == "tax"
    assert client.patch("/api/v1/products/tax/", {"name": "Levy"}, content_type="application/json").status_code == 200
