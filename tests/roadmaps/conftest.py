"""Who looks at roadmaps, and the one they look at; a file may have its own of the same names."""

import pytest

from tests import factories as make
from tests.roadmaps.asking import TODAY


@pytest.fixture
def in_march(settings):
    settings.TWOFOLD_TODAY = TODAY


@pytest.fixture
def leader(client):
    somebody = make.make_user("leader")
    client.force_login(somebody)
    return somebody


@pytest.fixture
def reader(client):
    somebody = make.make_user()
    client.force_login(somebody)
    return somebody


@pytest.fixture
def roadmap():
    return make.make_roadmap(code="ahead", name="The years ahead")
