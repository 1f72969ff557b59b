"""The tags that pages are written with."""

import math
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils.safestring import SafeString


def render(source, request=None, **context):
    text = Template(source)
    return text.render(RequestContext(request, context) if request else Context(context)).strip()


def get(address):
    return RequestFactory().get(address)


# -- Figures ----------------------------------------------------------------------------------------


def test_money_is_in_the_base_currency_unless_another_is_named(settings):
    settings.TWOFOLD_BASE_CURRENCY = "GBP"
    assert render("{{ x|money }}", x=Decimal("1234.56")) == "£1,234.56"
    assert render("{{ x|money:'USD' }}", x=Decimal("1234.56")) == "$1,234.56"
    assert render("{% money x 'EUR' decimals=0 %}", x=Decimal("1234.56")) == "€1,235"
    assert render("{{ x|money_short }}", x=91_400_000) == "£91.4m"


def test_an_interval_in_a_row_is_told_in_words():
    row = SimpleNamespace(starts=date(2017, 3, 1), ends=date(2017, 4, 1))
    assert render("{{ row|period }}", row=row) == "March 2017"
    assert render("{% days a b %}", a=row.starts, b=None) == "from 1 Mar 2017"


def test_a_date_is_told_from_the_day_that_the_figures_are_for(settings):
    settings.TWOFOLD_TODAY = date(2017, 3, 31)
    assert render("{{ day|ago }}", day=date(2017, 3, 29)) == "2 days ago"


@pytest.mark.parametrize(
    ("change", "tone", "arrow", "word", "text"),
    [
        (0.12, "good", "▲", "up", "0.12"),
        (-0.04, "bad", "▼", "down", "0.04"),
        (0.001, "even", "–", "unchanged,", "0.00"),
        (-0.001, "even", "–", "unchanged,", "0.00"),
    ],
)
def test_a_change_has_a_colour_an_arrow_and_a_word(change, tone, arrow, word, text):
    html = render("{% signed x %}", x=change)
    assert f'class="move {tone}"' in html
    assert f'<span aria-hidden="true">{arrow}</span>' in html
    assert f'<span class="sr">{word}</span> {text}' in html


def test_where_less_is_better_a_fall_is_good():
    html = render('{% signed x money="GBP" good="down" %}', x=-1_200_000)
    assert 'class="move good"' in html
    assert "£1.2m" in html


def test_a_change_of_nothing_known_says_so():
    assert "no comparison" in render("{% signed x %}", x=None)


# -- Pictures ---------------------------------------------------------------------------------------


def test_a_range_is_read_out_in_words():
    html = render('{% interval_svg 0.12 0.34 0.98 currency="GBP" %}')
    assert 'aria-label="£0.34, 90% range £0.12 to £0.98; below break-even"' in html
    assert 'class="interval down"' in html


def test_a_range_goes_past_the_end_of_its_scale_with_an_arrow():
    assert render("{% interval_svg 0.001 1 900 %}").count('class="cut"') == 2
    assert 'class="cut"' not in render("{% interval_svg 0.5 1 2 %}")


def test_a_figure_without_a_range_is_drawn_as_a_point():
    html = render("{% interval_svg None 2 None %}")
    assert "<circle" in html
    assert 'class="span"' not in html


@pytest.mark.parametrize("nothing", [None, math.nan, ""])
def test_no_figure_is_a_dash_that_says_so(nothing):
    assert "no figure" in render("{% interval_svg x x x %}", x=nothing)
    assert "no figures" in render("{% sparkline x %}", x=[nothing])
    assert render("{% bar_svg x 1 %}", x=nothing) == ""


def test_a_sparkline_is_read_out_from_its_first_to_its_last_figure():
    html = render("{% sparkline x %}", x=[None, 1.5, None, 2.25])
    assert 'aria-label="Trend: 1.50 to 2.25 over 4 points"' in html


@pytest.mark.parametrize(
    "source",
    [
        "{% interval_svg 0.1 2 900 %}",
        "{% interval_axis %}",
        "{% sparkline x reference=1 %}",
        "{% bar_svg 0.3 1 'cost' %}",
        "{% stage 'grow' %}{% kind 'platform' %}{% evidence 'measured' %}{% flag 'stale' '94 d' %}",
    ],
)
def test_nothing_drawn_needs_an_inline_style(source):
    html = render(source, x=[1, None, 3])
    assert "style" not in html
    assert isinstance(Template(source).render(Context({"x": [1]})), SafeString)


def test_what_is_illustrative_is_marked_and_what_is_real_is_not():
    assert "illustrative" in render("{% illustrative row %}", row=SimpleNamespace(is_illustrative=True))
    assert render("{% illustrative row %}", row=SimpleNamespace(is_illustrative=False)) == ""
    assert render("{% illustrative row %}", row=None) == ""


def test_names_are_escaped():
    html = render("{% flag 'stale' x %}{% kind x %}{% stage x %}{% evidence x %}", x="<b>")
    assert "<b>" not in html


# -- Links ------------------------------------------------------------------------------------------


def test_a_link_keeps_what_it_does_not_change():
    request = get("/?stage=grow&tag=a&tag=b&page=3")
    assert render("{% query_replace page=None sort='-spend' %}", request) == (
        "?stage=grow&amp;tag=a&amp;tag=b&amp;sort=-spend"
    )


def test_links_find_the_query_inside_an_include_that_passes_nothing_on():
    html = render(
        '{% include "components/pagination.html" with page=page only %}',
        get("/?stage=grow"),
        page=Paginator(range(100), 10).get_page(2),
    )
    assert "?stage=grow&amp;page=3" in html
    assert '<span aria-current="page">2</span>' in html


def test_figures_sort_from_the_largest_first_and_turn_on_the_second_click():
    source = '{% sort_th "spend" "Spend" numeric=True default="name" %}'
    assert "?sort=-spend" in render(source, get("/"))
    second = render(source, get("/?sort=-spend&page=4"))
    assert 'aria-sort="descending"' in second
    assert 'href="?sort=spend"' in second


def test_names_sort_from_a_first_and_the_default_order_shows():
    html = render('{% sort_th "name" "Name" default="name" %}', get("/"))
    assert 'aria-sort="ascending"' in html
    assert 'href="?sort=-name"' in html


def test_the_trail_ends_with_the_page_itself():
    html = render('{% breadcrumbs "Teams" "/teams/" name %}', name="Licensing & more")
    assert '<a href="/teams/">Teams</a>' in html
    assert '<li aria-current="page">Licensing &amp; more</li>' in html


def test_a_filter_keeps_the_order_but_not_the_page():
    from django import forms

    class Filter(forms.Form):
        stage = forms.CharField(required=False)
        starts = forms.DateField(required=False)

    request = get("/?stage=grow&starts_after=2017-01-01&sort=-spend&page=3")
    assert render("{% hidden_query form %}", request, form=Filter()) == (
        '<input type="hidden" name="sort" value="-spend">'
    )
