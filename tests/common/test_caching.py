"""A cache that is gone is an empty one."""

from portfolio.common.caching import SpareCache

GONE = SpareCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 1}})  # nothing listens on port 1


def test_nothing_is_found_in_a_cache_that_is_gone_and_nothing_fails():
    assert GONE.set("name", 1) is None
    assert GONE.get("name", "absent") == "absent"
    assert GONE.get_or_set("name", lambda: 2) == 2
    assert GONE.get_many(["name"]) == {}
    assert GONE.set_many({"name": 1}) == ["name"]
    assert not GONE.add("name", 1)
    assert not GONE.touch("name")
    assert not GONE.has_key("name")
    assert not GONE.delete("name")
