"""A process that applies a decision, to be killed in it: `python -m tests.rebalance.applying 7`.

It says `begun` when the database has the first of its writes, and `done` when all of them are committed.
"""

import sys

import django
from django.db import connection


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
