"""Live pages: who listens hears the present state and what follows it, and one question serves them all."""

import asyncio
import json
from contextlib import aclosing
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from portfolio.board import live
from portfolio.common.models import StaleMark
from portfolio.rollup import actions
from portfolio.rollup.models import Run
from tests.board.conftest import JANUARY, make_earning
from tests.factories import make_user


def a_state(run: int) -> live.State:
    return live.State((run,), run, True, f"<span>run {run}</span>")


class Figures:
    """A portfolio whose latest run a test sets, and that counts how often it is asked."""

    def __init__(self) -> None:
        self.run = 1
        self.asked = 0
        self.is_down = False

    def __call__(self) -> live.State:
        self.asked += 1
        if self.is_down:
            raise OperationalError("restarting")
        return a_state(self.run)


@pytest.fixture(autouse=True)
def _asked_anew():
    live._asked.clear()


def _told(response) -> dict:
    lines = response.content.decode().splitlines()
    return json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))


# -- what is told ----------------------------------------------------------------------------------------------------


def test_the_state_names_the_latest_run_and_how_fresh_the_figures_are(reader):
    make_earning()
    actions.refresh_standings()

    told = reader.get(reverse("board:live-state")).json()

    assert told["run"] == Run.objects.latest("pk").pk
    assert told["is_settled"] is True
    assert "Fresh" in told["line"]


def test_the_state_says_what_is_being_worked_out(reader):
    product = make_earning()
    actions.refresh_standings()
    StaleMark.objects.create(product=product, month=JANUARY, cause="a test")

    told = reader.get(reverse("board:live-state")).json()

    assert told["is_settled"] is False
    assert "Being worked out: 1 product-month." in told["line"]


def test_the_state_says_when_nobody_has_taken_up_what_waits(reader):
    product = make_earning()
    actions.refresh_standings()
    marked = timezone.now() - timedelta(minutes=5, seconds=5)
    mark = StaleMark.objects.create(product=product, month=JANUARY, cause="a test")
    StaleMark.objects.filter(pk=mark.pk).update(marked_at=marked)

    told = reader.get(reverse("board:live-state")).json()

    said = strip_tags(told["line"])
    assert "Behind: 1 product-month was marked 5 minutes ago and no worker has taken it up. Last done" in said


def test_many_who_ask_in_the_same_second_cost_one_question(reader, django_assert_num_queries):
    reader.get(reverse("board:live-state"))
    with django_assert_num_queries(2):  # who asks: the session and the user
        reader.get(reverse("board:live-state"))


def test_a_server_that_cannot_stream_says_when_to_come_back(reader):
    response = reader.get(reverse("board:live"))

    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert f"retry: {live.COME_BACK}" in response.content.decode()
    assert _told(response)["run"] == 0


@pytest.mark.parametrize("name", ["board:live", "board:live-state"])
def test_nobody_hears_anything_without_signing_in(client, db, name):
    assert client.get(reverse(name)).status_code == 302


@pytest.mark.parametrize(
    "address",
    ["/", "/product/tax/", "/product/tax/2016-01/", "/network/of/tax/"],
)
def test_pages_with_figures_say_which_run_they_show_unless_they_show_the_past(reader, network, address):
    run = Run.objects.latest("pk").pk
    assert f'data-run="{run}"' in reader.get(address).content.decode()
    assert "data-run" not in reader.get(address, {"known": "2016-03-31T12:00Z"}).content.decode()


def test_an_empty_board_waits_for_its_first_figures(reader):
    assert 'data-run="0"' in reader.get("/").content.decode()


# -- who listens -----------------------------------------------------------------------------------------------------


async def _until(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


def test_a_reader_gets_the_present_state_at_once_and_each_that_follows():
    async def scene() -> list[int]:
        figures = Figures()
        hub = live.Hub(figures, every=0.01)
        heard = []
        async with asyncio.timeout(30), aclosing(hub.listen()) as states:
            async for state in states:
                heard.append(state.run)
                figures.run += 1
                if len(heard) == 3:
                    break
        return heard

    assert asyncio.run(scene()) == [1, 2, 3]


def test_one_question_serves_every_reader_and_none_is_asked_without_readers():
    async def scene() -> tuple[int, int, int]:
        figures = Figures()
        hub = live.Hub(figures, every=3_600)
        heard = []

        async def listen() -> None:
            async with aclosing(hub.listen()) as states:
                async for state in states:
                    heard.append(state)

        readers = [asyncio.create_task(listen()) for _ in range(200)]
        await _until(lambda: len(heard) == 200)
        listening, asked = hub.readers, figures.asked
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert hub._poller is None
        return listening, asked, hub.readers

    assert asyncio.run(scene()) == (200, 1, 0)


def test_a_quiet_stream_says_that_it_is_there():
    async def scene() -> list:
        hub = live.Hub(Figures(), every=0.01)
        heard = []
        async with asyncio.timeout(30), aclosing(hub.listen(heartbeat=0.02)) as states:
            async for state in states:
                heard.append(state and state.run)
                if len(heard) == 2:
                    break
        return heard

    assert asyncio.run(scene()) == [1, None]


def test_readers_keep_what_they_know_while_the_database_is_away():
    async def scene() -> list[int]:
        figures = Figures()
        hub = live.Hub(figures, every=0.005)
        heard = []
        async with asyncio.timeout(30), aclosing(hub.listen()) as states:
            async for state in states:
                heard.append(state.run)
                if len(heard) == 2:
                    break
                asked, figures.is_down, figures.run = figures.asked, True, 5
                await _until(lambda asked=asked: figures.asked > asked + 2)
                figures.is_down = False
        return heard

    assert asyncio.run(scene()) == [1, 5]


def test_streams_end_when_the_server_stops():
    async def scene() -> int:
        hub = live.Hub(Figures(), every=0.01)

        async def listen() -> None:
            async with aclosing(hub.listen()) as states:
                async for _ in states:
                    pass

        reader = asyncio.create_task(listen())
        await _until(lambda: hub.readers)
        hub.close()
        async with asyncio.timeout(30):
            await reader
        assert hub.is_full  # nobody is let in any more
        return hub.readers

    assert asyncio.run(scene()) == 0


def test_a_process_takes_so_many_readers_and_no_more():
    async def scene() -> tuple[bool, bool]:
        hub = live.Hub(Figures(), every=0.01, most=1)
        before = hub.is_full
        async with aclosing(hub.listen()) as states:
            await anext(states)
            return before, hub.is_full

    assert asyncio.run(scene()) == (False, True)


def test_of_many_pages_each_comes_for_its_figures_at_a_moment_of_its_own():
    assert a_state(3).told(1)["within"] == 0
    assert a_state(3).told(500)["within"] == 499 * live.FETCH


# -- one's own writes ------------------------------------------------------------------------------------------------


def test_a_write_from_a_page_says_that_its_figures_are_on_their_way_where_a_worker_brings_them(client, db):
    product = make_earning()
    actions.refresh_standings()
    client.force_login(make_user("leader"))
    address = reverse("catalog:product-edit", args=[product.code])
    form = client.get(address).context["form"]
    given = {name: form[name].value() or "" for name in form.fields}

    settled = client.post(address, given, follow=True).content.decode()
    StaleMark.objects.create(product=product, month=JANUARY, cause="a worker has yet to come")
    waiting = client.post(address, given, follow=True).content.decode()

    assert "Figures are being brought up to date." not in settled
    assert '<p class="message info" data-until-fresh="Figures are up to date.">' in waiting
