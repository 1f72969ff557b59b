"""A cache that may be missing: what is kept there can be worked out again, so a page does not need it to answer."""

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


class SpareCache(RedisCache):
    """Redis as a cache; while it does not answer, nothing is found in it and nothing is kept.

    Only for what a missing entry does not harm. The health page still tells that it is gone.
    """

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept, or `default`."""
        return _unless_gone(lambda: super(SpareCache, self).get(key, default, version), default)

    def get_many(self, keys: Any, version: int | None = None) -> dict:
        """Return what is kept of `keys`."""
        keys = list(keys)
        return _unless_gone(lambda: super(SpareCache, self).get_many(keys, version), {})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        """Return whether something is kept."""
        return _unless_gone(lambda: super(SpareCache, self).has_key(key, version), False)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep a value, if it can be kept."""
        _unless_gone(lambda: super(SpareCache, self).set(key, value, timeout, version), None)

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list:
        """Keep several values; returns the keys that were not kept."""
        return _unless_gone(lambda: super(SpareCache, self).set_many(data, timeout, version), list(data))

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value where there is none; returns whether it was kept."""
        return _unless_gone(lambda: super(SpareCache, self).add(key, value, timeout, version), False)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep a value for longer; returns whether there was one."""
        return _unless_gone(lambda: super(SpareCache, self).touch(key, timeout, version), False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value; returns whether there was one."""
        return _unless_gone(lambda: super(SpareCache, self).delete(key, version), False)


def _unless_gone(answer: Callable[[], Answer], otherwise: Answer) -> Answer:
    try:
        return answer()
    except RedisError as error:
        log.warning("cache does not answer", error=type(error).__name__)
        return otherwise
