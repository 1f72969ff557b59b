"""`manage.py import`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from teams.models import Team
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def run(tmp_path, text: str, *options: str, kind: str = "teams") -> tuple[str, str]:
    path = tmp_path / "teams.csv"
    path.write_text(text)
    out, err = StringIO(), StringIO()
    try:
        call_command("import", kind, str(path), *options, stdout=out, stderr=err, no_color=True)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}"
    return out.getvalue(), err.getvalue()


def test_a_file_is_loaded_and_the_report_counts_its_rows(tmp_path):
    out, err = run(tmp_path, "code,name\na,One\nb,Two\n")
    assert out == "teams.csv: 2 teams added, 0 corrected, 0 unchanged.\n"
    assert err == ""
    assert Team.objects.count() == 2


def test_a_dry_run_changes_nothing(tmp_path):
    out, _ = run(tmp_path, "code,name\na,One\n", "--dry-run")
    assert "1 teams would be added" in out
    assert not Team.objects.exists()


def test_every_bad_row_is_named_and_the_command_fails(tmp_path):
    _, err = run(tmp_path, "code,name\nA,One\nb,\n")
    assert "Row 2, code: A code is lower-case" in err
    assert "Row 3, name: The cell is empty" in err
    assert "teams.csv: 2 problems in 2 rows; nothing was changed." in err


def test_a_file_is_loaded_with_the_rights_of_the_user_it_names(tmp_path):
    assert "one of these roles" in run(tmp_path, "code,name\na,One\n", "--by", make_user().username)[1]
    leader = make_user("leader")
    run(tmp_path, "code,name\na,One\n", "--by", leader.username)
    assert Team.objects.get().history.get().history_user == leader


def test_an_unknown_user_kind_or_file_is_refused_in_words(tmp_path):
    assert "no user nobody" in run(tmp_path, "code,name\n", "--by", "nobody")[1]
    assert "Did you mean teams?" in run(tmp_path, "code,name\n", kind="team")[1]
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import", "teams", str(tmp_path / "absent.csv"))
