"""Contrast in both themes, and what the browser is allowed to run."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

STYLESHEET = (settings.BASE_DIR / "static" / "twofold.css").read_text()
TEMPLATES = settings.BASE_DIR / "templates"


def tokens(selector):
    block = STYLESHEET.split(selector + " {", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})\b", block))


THEMES = {"light": tokens(":root"), "dark": tokens(':root[data-theme="dark"]')}


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_of_contrast_is_right_at_its_ends():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the textbook near miss


GROUNDS = ["--paper", "--card", "--wash"]
TEXT = [
    (text, ground)
    for text in ["--ink", "--soft", "--accent", "--up", "--down", "--even", "--value", "--warn", "--stop", "--made-up"]
    for ground in GROUNDS
] + [
    ("--ink", "--accent-wash"), ("--ink", "--warn-wash"), ("--ink", "--stop-wash"), ("--soft", "--stop-wash"),
    ("--warn", "--warn-wash"), ("--stop", "--stop-wash"), ("--on-accent", "--accent"), ("--paper", "--ink"),
]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(theme, text, ground):
    colours = THEMES[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("mark", ["--edge", "--bar", "--live", "--accent", "--up", "--down", "--even"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_marks_and_edges_can_be_seen(theme, mark, ground):
    colours = THEMES[theme]
    assert contrast(colours[mark], colours[ground]) >= 3


def test_the_system_s_dark_theme_is_the_chosen_dark_theme():
    assert tokens(':root:not([data-theme="light"])') == THEMES["dark"]


def test_both_themes_name_the_same_colours():
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_colours_outside_the_tokens_are_not_used():
    after_tokens = STYLESHEET.split("/* -- Ground", 1)[1]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", after_tokens) == []


def test_every_colour_that_a_chart_names_exists():
    source = Path(settings.BASE_DIR / "portfolio" / "common" / "charts.py").read_text()
    for name in re.findall(r"var\((--[\w-]+)\)", source):
        assert f"{name}:" in STYLESHEET


@pytest.mark.parametrize("page", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_templates_have_no_inline_script_or_style(page):
    text = page.read_text()
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=\s*[\"']|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_the_style_sheets_inside_plotly_are_those_that_the_policy_allows():
    allowed = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]["style-src"]
    script = Path(finders.find("plotly/plotly.min.js")).read_text()
    sheets = re.findall(r"\.textContent='(\.[\w-]+\{(?:[^'\\]|\\.)*)'", script)
    for sheet in ["", *sheets]:
        digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed
    assert sheets, "plotly.js brings no style sheet any more: its hash can leave the policy."
