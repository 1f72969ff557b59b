"""Two people who apply, approve or decline at once; and a process that is killed in the middle of applying."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from django.db.backends.sqlite3._functions import register

from funding.models import Allocation
from portfolio.common.errors import TwofoldError
from portfolio.rebalance.decision_actions import apply, approve, decline
from portfolio.rebalance.models import Decision, Status
from tests.at_once import at_once
from tests.factories import make_user
from tests.rebalance.applying import SETUP
from tests.rebalance.proposals import make_approved, make_decision, make_move, paid

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_of_two_who_apply_at_once_one_does_and_the_other_is_told(_):
    decision, people = make_approved(), (make_user("leader"), make_user("finance_partner"))
    results = at_once(*(lambda user=user: apply(Decision.objects.get(pk=decision.pk), by=user) for user in people))

    [done] = [result for result in results if isinstance(result, Decision)]
    [told] = [result for result in results if isinstance(result, TwofoldError)]
    assert str(told).startswith(f"This was applied by {done.applied_by} on ")
    assert Allocation.objects.known().filter(why__startswith="Decision").count() == 2
    assert paid(decision) == [line.after for line in decision.lines.order_by("pk")]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_of_two_decisions_over_the_same_money_one_is_applied_and_the_other_finds_the_ground_moved(_):
    scenario, finance = make_move(), make_user("finance_partner")
    both = [approve(make_decision(scenario, by=make_user("leader")), by=finance) for _ in range(2)]
    results = at_once(*(lambda one=one: apply(one, by=finance) for one in both))

    assert sorted(decision.status for decision in Decision.objects.all()) == [Status.APPLIED, Status.APPROVED]
    [told] = [result for result in results if isinstance(result, TwofoldError)]
    assert "was $1,000.00 a month when it was proposed and is $800.00" in str(told)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_", range(5))
def test_a_decision_is_either_applied_or_declined(_):
    decision, leader, finance = make_approved(), make_user("leader"), make_user("finance_partner")
    results = at_once(
        lambda: apply(Decision.objects.get(pk=decision.pk), by=leader),
        lambda: decline(Decision.objects.get(pk=decision.pk), comment="No.", by=finance),
    )

    decision.refresh_from_db()
    assert sum(isinstance(result, TwofoldError) for result in results) == 1
    is_applied = decision.status == Status.APPLIED
    assert decision.status in {Status.APPLIED, Status.DECLINED}
    assert paid(decision) == [line.after if is_applied else line.before for line in decision.lines.order_by("pk")]


# -- A crash ---------------------------------------------------------------------------------------------------------

LINES = 60


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> tuple[dict[str, str], Path, list[str]]:
    """Make a file with a decision of many lines that is approved; return the environment, the file, and who applies."""
    file = tmp_path_factory.mktemp("crash") / "db.sqlite3"
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{file}", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    environment |= {"CELERY_BROKER_URL": "", "CACHE_URL": "locmemcache://crash"}
    for arguments in (["-m", "django", "migrate", "--verbosity", "0"], ["-c", SETUP.format(lines=LINES)]):
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return environment, file, done.stdout.split()


def split(file: Path) -> tuple[str, set[float], int]:
    """Return the decision's status, the amounts that are paid on its day, and how many are."""
    with closing(sqlite3.connect(file)) as database:
        register(database)  # what the columns that the database works out itself call
        [status] = database.execute("SELECT status FROM rebalance_decision").fetchone()
        rows = database.execute(
            "SELECT monthly_amount FROM funding_allocation WHERE retracted_at IS NULL AND starts <= '2026-04-01' "
            "AND (ends IS NULL OR ends > '2026-04-01')"
        ).fetchall()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return status, {float(amount) for (amount,) in rows}, len(rows)


def test_a_process_killed_while_it_applies_leaves_the_old_split_whole(stage):
    """Whatever the instant: either every amount is the old one and it is not applied, or all are new and it is."""
    environment, file, arguments = stage
    chance = Random(4)
    was_cut_off = False
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.rebalance.applying", *arguments],
            env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said == "begun\n", process.communicate()
        time.sleep(chance.uniform(0, 0.05))  # the instant is the test's chance
        process.kill()
        is_done = "done" in process.communicate()[0]

        status, amounts, count = split(file)
        if status == Status.APPLIED:
            assert (amounts, count) == ({999.0, 1001.0}, LINES)
            break
        assert not is_done
        assert (status, amounts, count) == (Status.APPROVED, {1000.0}, LINES)
        was_cut_off = True
    assert was_cut_off
    if status != Status.APPLIED:  # what was cut off can be done again, to its end
        subprocess.run(
            [sys.executable, "-m", "tests.rebalance.applying", *arguments], env=environment, cwd=ROOT, check=True
        )
        assert split(file) == (Status.APPLIED, {999.0, 1001.0}, LINES)
