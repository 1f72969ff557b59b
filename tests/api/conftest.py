"""What this folder's tests may count on."""

from importlib.util import find_spec

# The fuzzer comes with what browser tests need; `make e2e` runs it.
collect_ignore = [] if find_spec("schemathesis") else ["test_fuzz.py"]
