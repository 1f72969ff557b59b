"""A process that applies a decision, to be killed in it: `python -m tests.rebalance.applying 7`.

It says `begun` when the database has the first of its writes, and `done` when all of them are committed.
"""

import sys

import django
from django.db import connection

#: Makes a decision of so many lines that is approved, and says its key and who may apply it.
SETUP = """
import django; django.setup()
from decimal import Decimal
from tests.factories import make_allocation, make_product, make_stream, make_user, make_value_stream
from tests.rebalance.proposals import make_approved, make_scenario
from portfolio.common.staleness import gathering_marks
stream, group = make_stream(), make_value_stream()
with gathering_marks():
    rows = [make_allocation(stream=stream, product=make_product(value_stream=group)) for _ in range({lines})]
lines = [(row, Decimal(1001 if number % 2 else 999)) for number, row in enumerate(rows)]
decision = make_approved(make_scenario(*lines))
print(decision.pk, make_user("leader").username)
"""


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(decision: int, user: str) -> None:
    from portfolio.common.models import User
    from portfolio.rebalance import decision_actions
    from portfolio.rebalance.models import Decision

    is_writing = False

    def watch(execute, sql, *given):
        nonlocal is_writing
        result = execute(sql, *given)
        if not is_writing and "funding_allocation" in sql and sql.lstrip().upper().startswith(("INSERT", "UPDATE")):
            is_writing = True
            say("begun")
        return result

    with connection.execute_wrapper(watch):
        decision_actions.apply(Decision.objects.get(pk=decision), by=User.objects.get(username=user))
    say("done")


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]), sys.argv[2])
