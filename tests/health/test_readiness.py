"""Whether a service is ready for production."""

from datetime import date

import pytest

from products.health.readiness import Looked, Required, State, readiness, unverified_on

ON = date(2017, 3, 31)
KINDS = {"recovery_time": "Recovery time", "security": "Security"}


def required(*looks, baselined_on=date(2016, 1, 1), kind="security", name="No known holes"):
    return Required(1, "holes", name, kind, baselined_on, looks)


def look(verified, expires, has_passed=True, pk=0):
    return Looked(date.fromisoformat(verified), date.fromisoformat(expires), has_passed, pk)


@pytest.mark.parametrize(
    ("requirement", "state"),
    [
        (required(), State.UNVERIFIED),
        (required(baselined_on=None), State.DRAFT),
        (required(look("2017-01-01", "2018-01-01"), baselined_on=date(2017, 4, 1)), State.DRAFT),
        (required(look("2017-01-01", "2018-01-01")), State.VERIFIED),
        (required(look("2017-01-01", "2017-03-31")), State.EXPIRED),  # the first day on which it no longer counts
        (required(look("2017-01-01", "2018-01-01"), look("2017-02-01", "2018-02-01", False)), State.FAILED),
        (required(look("2017-02-01", "2018-01-01", False, 1), look("2017-02-01", "2018-02-01", True, 2)), "verified"),
        (required(look("2017-04-01", "2018-01-01")), State.UNVERIFIED),  # has not happened yet
    ],
)
def test_what_counts_is_the_latest_look(requirement, state):
    assert requirement.state(ON) == state


def test_a_service_is_ready_once_every_kind_is_stated_agreed_and_verified():
    good = required(look("2017-01-01", "2017-04-20"))
    found = readiness([good], KINDS, ON, date(2015, 6, 1))
    assert not found.is_ready
    assert found.met == 1
    assert found.gaps == ["Recovery time: nobody has said what must hold. State it as something that can be tested."]
    restored = required(
        look("2016-01-01", "2017-01-01"), kind="recovery_time", name="Back in 4 hours", baselined_on=date(2015, 1, 1)
    )
    worse = readiness([good, restored], KINDS, ON, date(2015, 6, 1))
    assert worse.gaps == [
        "Back in 4 hours: its evidence of 1 Jan 2016 expired on 1 Jan 2017. Test it again and record the evidence."
    ]
    assert [check.kind for check in worse.late] == ["security"]  # agreed after the first deployment
    again = required(look("2017-03-01", "2018-01-01"), kind="recovery_time", baselined_on=date(2015, 1, 1))
    ready = readiness([good, again], KINDS, ON, None)
    assert (ready.is_ready, ready.gaps, ready.late) == (True, [], [])
    assert [check.verified_till for check in ready.checks] == [date(2018, 1, 1), date(2017, 4, 20)]
    assert [one.is_expiring(ON) for one in (good, again)] == [True, False]


def test_a_release_risks_what_was_agreed_and_not_verified_on_its_day():
    lapsed = required(look("2016-02-01", "2016-08-01"), look("2016-10-01", "2017-10-01"))
    assert unverified_on([lapsed], date(2015, 12, 31)) == []  # not agreed yet
    assert [bool(unverified_on([lapsed], date(2016, month, 15))) for month in (1, 3, 9, 11)] == [
        True,
        False,
        True,
        False,
    ]
