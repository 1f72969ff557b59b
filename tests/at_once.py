"""Several people at the same instant, each with a connection of their own."""

import threading

from django.core.exceptions import ValidationError
from django.db import connection

from portfolio.common.errors import TwofoldError


def at_once(*calls) -> list:
    """Make calls in a thread each, all at the same instant; return what each returned or was refused with."""
    results: list = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def make_call(place: int, call) -> None:
        try:
            ready.wait()
            results[place] = call()
        except (ValidationError, TwofoldError) as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=make_call, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
