from pathlib import Path

from scripts.check_tree import ROOT, offences


def told(name: str, text: str) -> list[str]:
    return offences(ROOT / name, text)


def test_a_pinned_file_may_name_no_address():
    assert told("requirements/base.txt", "twofold==1 \\\n    --hash=sha256:0f") == []
    assert told("requirements/base.txt", "twofold @ https://example.org/twofold.whl") == [
        "requirements/base.txt:1: names an address; pin a package by version and hash instead."
    ]


def test_no_file_may_name_a_package_index():
    line = "--extra-index-url " + "https://packages.example.org/simple"
    assert told("docs/install.md", f"Run\n{line}") == [
        "docs/install.md:2: names a package index; leave that to each machine's own configuration."
    ]


def test_no_file_may_name_a_path_of_this_machine():
    home = Path.home()
    assert told("docs/install.md", f"see {home}/notes") == [
        "docs/install.md:1: names a path of this machine; make it relative to the checkout."
    ]
    assert told("docs/install.md", f"see {ROOT}/notes") != []
    assert told("docs/install.md", "see ./notes and https://example.org") == []
