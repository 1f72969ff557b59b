"""The pieces of pages: what a reader is told, with and without eyes."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.html import strip_tags

from portfolio.common import charts
from tests.common.test_templatetags import render


class Allocation(forms.Form):
    product = forms.ChoiceField(choices=[("", "Choose"), ("tax", "Tax")], help_text="Only yours.")
    amount = forms.DecimalField(label="Amount a month")
    basis = forms.ChoiceField(widget=forms.RadioSelect, choices=[("m", "Measured")])
    note = forms.CharField(required=False)


def form(data=None):
    return render('{% include "components/form.html" with form=form only %}', form=Allocation(data))


def test_a_fresh_form_has_labels_help_and_marks_for_what_is_needed():
    html = form()
    assert '<label for="id_product">Product<span class="needed" aria-hidden="true">*</span></label>' in html
    assert 'id="id_product_helptext">Only yours.' in html
    assert 'aria-describedby="id_product_helptext"' in html
    assert "<legend>Basis" in html
    assert '<label for="id_note">Note</label>' in html
    assert "error" not in html


def test_errors_stand_beside_their_field_and_on_top_with_a_link_to_it():
    html = form({"product": "tax", "amount": "12,5", "basis": "m"})
    assert "There is a problem" in html
    assert '<a href="#id_amount">Amount a month: Enter a number.</a>' in html
    assert '<div class="field-error" id="id_amount_error"><p>Enter a number.</p></div>' in html
    assert 'aria-invalid="true"' in html


def test_a_filter_bar_repeats_the_order_and_offers_to_clear():
    class Filter(forms.Form):
        stage = forms.CharField(required=False)

    request = RequestFactory().get("/?stage=grow&sort=-spend")
    source = '{% include "components/filter_bar.html" with form=form label="Filter products" %}'
    html = render(source, request, form=Filter(request.GET))
    assert 'name="sort" value="-spend"' in html
    assert 'aria-label="Filter products"' in html
    assert '<a class="chip-reset" href="?">Clear</a>' in html


def test_an_empty_state_says_what_to_do_next():
    html = render(
        '{% include "components/empty.html" with title="No metrics" words="Add one." href="/x/" action="Add" %}'
    )
    assert '<a class="button" href="/x/">Add</a>' in html


def test_an_error_says_what_was_found_what_was_needed_and_the_remedy():
    html = render('{% include "components/error.html" with found="A" needed="B" mend="C" %}')
    assert [html.index(f"<dd>{word}</dd>") for word in "ABC"] == sorted(
        html.index(f"<dd>{word}</dd>") for word in "ABC"
    )


def test_history_tells_who_changed_what_and_why():
    entry = {
        "when": datetime(2026, 11, 22, tzinfo=UTC),
        "who": "",
        "what": "Corrected",
        "changes": [("amount", "1", "2"), ("memo", None, "x")],
        "reason": "Booked twice.",
    }
    html = render('{% include "components/history.html" with entries=entries only %}', entries=[entry])
    assert "the operator" in html
    assert '<del><span class="sr">from </span>1</del>' in html
    assert html.count("<del>") == 1
    assert "Booked twice." in html
    assert "No changes yet" in render('{% include "components/history.html" with entries=entries %}', entries=[])


def test_a_chart_comes_with_its_table_and_without_script():
    chart = charts.value_over_time([date(2017, 3, 1)], [1e6], [2e6], currency="GBP", title="</script><b>")
    html = render('{% chart chart "trend" %}', chart=chart)
    assert 'data-chart="trend-data"' in html
    assert '<script id="trend-data" type="application/json">' in html
    assert "<b>" not in html
    assert '<th scope="row">March 2017</th><td class="n">£1,000,000</td><td class="n">£2,000,000</td>' in html


def test_a_chart_of_nothing_is_an_empty_state():
    html = render('{% chart chart "trend" %}', chart=charts.bars([], [], title="Spend", summary="No spend yet."))
    assert "No spend yet." in html
    assert "data-chart" not in html


def test_a_neighbourhood_is_drawn_with_links_and_without_plotly():
    near = [charts.Neighbour("Identity", 10, 30, "/products/identity/")]
    html = render('{% chart chart "near" %}', chart=charts.neighbourhood("Tax", near, [], currency="GBP"))
    assert '<a href="/products/identity/">' in html
    assert "data-chart" not in html
    assert "£10 →" in html


@pytest.mark.parametrize("name", ["500.html", "403_csrf.html"])
def test_pages_of_last_resort_need_no_context(name):
    assert 'href="/static/twofold.css"' in render_to_string(name)


@pytest.mark.parametrize(
    ("stale", "blocked", "words"),
    [(0, 0, "Fresh 3 hours ago"), (2, 0, "2 product-months. Last done 3 hours ago"), (0, 1, "1 month blocked")],
)
def test_freshness_is_told_in_words(stale, blocked, words):
    freshness = SimpleNamespace(at=datetime.now(UTC) - timedelta(hours=3, minutes=30), stale=stale, blocked=blocked)
    assert words in strip_tags(render('{% include "components/_freshness.html" %}', freshness=freshness))


def test_before_the_first_run_nothing_is_called_fresh():
    freshness = SimpleNamespace(at=None, stale=0, blocked=0)
    assert render('{% include "components/_freshness.html" %}', freshness=freshness) == ""
