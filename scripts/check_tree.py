"""Refuse what must not be committed: package index addresses, and paths of the machine it was written on.

A pinned file that names an index works only where that index is reached; a path of one machine works
nowhere else. `python -m scripts.check_tree` prints every such line and fails if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INDEX = re.compile(r"--(extra-)?index-url\s+\S*://|--find-links\s+\S*[:/]|\bpypi[.](org|python)|python[h]osted[.]")
ADDRESS = re.compile(r"\w+://")


def offences(path: Path, text: str) -> list[str]:
    """Return the offending lines of one file as `path:line: what is wrong`."""
    own_paths = [f"{folder}/" for folder in (ROOT, Path.home()) if len(folder.parts) > 1]
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{path.relative_to(ROOT)}:{number}"
        if INDEX.search(line):
            found.append(f"{where}: names a package index; leave that to each machine's own configuration.")
        elif path.parent.name == "requirements" and ADDRESS.search(line):
            found.append(f"{where}: names an address; pin a package by version and hash instead.")
        elif any(own in line for own in own_paths):
            found.append(f"{where}: names a path of this machine; make it relative to the checkout.")
    return found


def main() -> int:
    """Check every file that git tracks, or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue  # deleted, not yet committed
        try:
            found += offences(path, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue  # a picture
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
