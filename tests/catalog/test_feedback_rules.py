"""How much a public form takes, and what it takes for spam."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from products.catalog.feedback_rules import Limit, looks_like_spam, sender_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_beyond_the_limit_one_waits_until_the_oldest_of_them_is_long_enough_ago():
    limit = Limit(2, timedelta(minutes=1))
    ago = [NOON - timedelta(seconds=seconds) for seconds in (5, 20.5, 40)]
    assert limit.wait([], NOON) == 0
    assert limit.wait(ago[:1], NOON) == 0
    assert limit.wait(ago, NOON) == 40  # 39.5 seconds, rounded up
    assert limit.wait([ago[0], NOON - timedelta(minutes=1)], NOON) == 0
    assert Limit(0, timedelta(minutes=1)).wait([], NOON) == 60


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
def test_no_minute_wherever_it_begins_has_more_than_the_limit(gaps, most):
    limit, now, taken = Limit(most, timedelta(minutes=1)), NOON, []
    for gap in gaps:
        now += timedelta(seconds=gap)
        wait = limit.wait(taken, now)
        if wait == 0:
            taken.insert(0, now)
        else:
            assert limit.wait(taken, now + timedelta(seconds=wait)) == 0
    for first in taken:
        assert sum(first <= moment < first + timedelta(minutes=1) for moment in taken) <= most


def test_what_looks_like_spam_is_told_by_a_trap_by_haste_and_by_links():
    fine = {"trap": "", "seconds": 20}
    assert not looks_like_spam("The form lost my answers. Twice! See page 3.2, e.g. the address.", **fine)
    assert looks_like_spam("Cheap pills at https://pills.example", **fine)
    assert looks_like_spam("Cheap pills at PILLS.com", **fine)
    assert looks_like_spam("Fine", trap="Jo", seconds=20)
    assert looks_like_spam("Fine", trap="", seconds=1)


def test_a_sender_is_known_again_on_the_same_day_only_and_a_household_is_one():
    monday, key = date(2026, 3, 2), "a key"
    home = sender_of("2001:db8:1:2::7", monday, key=key)
    assert home == sender_of("2001:db8:1:2:ffff::9", monday, key=key)
    assert sender_of("192.0.2.7", monday, key=key) == sender_of("::ffff:192.0.2.7", monday, key=key)
    others = {
        sender_of("2001:db8:1:3::7", monday, key=key),
        sender_of("2001:db8:1:2::7", date(2026, 3, 3), key=key),
        sender_of("2001:db8:1:2::7", monday, key="another"),
        sender_of("unknown", monday, key=key),
    }
    assert home not in others
    assert len(others) == 4
    assert len(home) == 64
