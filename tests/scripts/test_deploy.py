"""The files of deploy/ name what is there: modules, variables, units; where systemd is, it has the last word."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
SETTINGS = (ROOT / "portfolio" / "config" / "settings.py").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_units_run_what_is_there_as_somebody_who_may_do_nothing_else():
    names = {unit.name for unit in UNITS}
    for unit in UNITS:
        parsed = configparser.RawConfigParser(strict=False, delimiters=["="])
        parsed.optionxform = str
        parsed.read_string(unit.read_text())
        for option in ("Wants", "Requires", "PartOf", "After"):
            named = parsed["Unit"].get(option, "").split()
            assert {one for one in named if one.startswith("twofold")} <= names, f"{unit.name}: {option}"
        if unit.name in {"twofold-web.service", "twofold-worker.service", "twofold-beat.service"}:
            service = parsed["Service"]
            assert service["User"] == "twofold"
            assert service["NoNewPrivileges"] == "yes"
            assert re.search(r"portfolio\.config( |\.asgi:application )", service["ExecStart"])


def test_systemd_takes_the_units(tmp_path):
    for unit in UNITS:  # where they are installed there is a checkout; here it is this one
        text = unit.read_text().replace("/opt/twofold/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(text)
    if verify := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [verify, "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_every_variable_of_the_example_is_a_setting_and_is_explained():
    variables = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "twofold.env.example").read_text(), re.M))
    assert {"SECRET_KEY", "DATABASE_URL", "TWOFOLD_METRICS_TOKEN"} <= variables
    for name in variables - {"WEB_CONCURRENCY", "WORKER_CONCURRENCY"}:  # those two the units read
        assert f'"{name}"' in SETTINGS, name
    for name in variables:
        assert f"`{name}`" in OPERATIONS, name


def test_every_setting_is_explained():
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", SETTINGS))
    assert len(read) > 20
    assert {name for name in read if f"`{name}`" not in OPERATIONS} == set()


def test_every_metric_is_explained():
    from portfolio.common import telemetry as counted

    sources = Path(counted.__file__).read_text() + (ROOT / "portfolio" / "config" / "telemetry.py").read_text()
    names = set(re.findall(r'"(twofold_[a-z_]+)"', sources))
    assert len(names) > 10
    assert {name for name in names if f"`{name}" not in OPERATIONS} == set()


def test_the_compose_file_runs_what_the_units_run():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"db", "redis", "migrate", "web", "worker", "beat"}
    assert "portfolio.config worker" in " ".join(services["worker"]["command"])
    assert "portfolio.config beat" in " ".join(services["beat"]["command"])
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["read_only"] is True


def test_the_proxy_holds_back_no_live_page_and_shows_no_metrics():
    nginx = (DEPLOY / "nginx.conf").read_text()
    assert re.search(r"location /live/ \{[^}]*proxy_buffering off;", nginx)
    assert re.search(r"location = /metrics \{[^}]*return 302", nginx)
    assert nginx.count("{") == nginx.count("}")


def test_the_image_is_given_the_application_and_nothing_else():
    given = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for line in given:
        if line.startswith("!"):
            assert (ROOT / line[1:]).exists(), line
    assert given[0] == "*"
