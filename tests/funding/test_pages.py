"""Pages of funding."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import count

import pytest
from django.urls import reverse
from django.utils import timezone

from funding.models import Allocation, ExchangeRate, FundingStream, LedgerEntry
from portfolio.common import actions
from tests.factories import (
    make_allocation,
    make_carry_forward,
    make_commitment,
    make_exchange_rate,
    make_guardrail,
    make_ledger_entry,
    make_person,
    make_product,
    make_stream,
    make_transfer,
    make_user,
    make_waiver,
)

pytestmark = pytest.mark.django_db

MAKERS = {
    "stream": lambda: make_stream(sponsor=make_person()),
    "allocation": make_allocation,
    "ledger-entry": lambda: make_ledger_entry(stream=make_stream(), by=make_user("finance_partner")),
    "guardrail": lambda: make_guardrail(by=make_user("leader"), product=make_product()),
    "waiver": lambda: make_waiver(by=make_user("leader"), product=make_product()),
    "exchange-rate": lambda: make_exchange_rate(starts=(day := next(_days)), ends=day + timedelta(1)),
    "commitment": lambda: make_commitment(stream=make_stream(), by=make_user("finance_partner")),
    "transfer": make_transfer,
    "carry-forward": make_carry_forward,
}
_days = (date(2001, 1, 1) + timedelta(number) for number in count())


@pytest.fixture
def finance(client):
    """Sign a finance partner in."""
    user = make_user("finance_partner")
    client.force_login(user)
    return user


@pytest.fixture
def reader(client):
    """Sign someone in who may write nothing."""
    user = make_user()
    client.force_login(user)
    return user


# -- Lists


@pytest.mark.parametrize("kind", MAKERS)
def test_an_empty_list_says_what_to_do_next(client, reader, kind):
    answer = client.get(reverse(f"funding:{kind}-list"))
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_list_has_the_same_number_of_queries_at_1_and_at_20_rows(
    client, reader, kind, django_assert_num_queries, django_assert_max_num_queries
):
    url = reverse(f"funding:{kind}-list")
    MAKERS[kind]()
    client.get(url)
    with django_assert_max_num_queries(12) as captured:
        client.get(url)
    once = len(captured)
    for _ in range(19):
        MAKERS[kind]()
    client.get(url)  # how fresh the figures are is kept until they change
    with django_assert_num_queries(once):
        answer = client.get(url)
    assert answer.context["page"].paginator.count == 20


@pytest.mark.parametrize("kind", MAKERS)
def test_htmx_gets_the_table_alone(client, reader, kind):
    MAKERS[kind]()
    url = reverse(f"funding:{kind}-list")
    page, fragment = client.get(url), client.get(url, headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "<table" in fragment.content.decode()
    assert "HX-Request" in fragment.headers["Vary"]


@pytest.mark.parametrize("kind", MAKERS)
def test_a_filter_that_fits_nothing_says_so(client, reader, kind):
    MAKERS[kind]()
    nothing = {"currency": "JPY", "stream": "no-such-stream", "owner": "nobody", "guardrail": "no-such-rule"}
    answer = client.get(reverse(f"funding:{kind}-list"), nothing)
    assert answer.context["page"].paginator.count == 0
    assert "match" in answer.content.decode()


@pytest.mark.parametrize("sort", ["reference", "-reference", "starts", "product", "stream", "account", "-amount"])
def test_the_ledger_is_sorted_by_its_address(client, reader, sort):
    for amount in (3, 1, 2):
        make_ledger_entry(amount=Decimal(amount), account=f"A{amount}")
    rows = list(client.get(reverse("funding:ledger-entry-list"), {"sort": sort}).context["page"])
    name = sort.removeprefix("-")
    key = {"amount": lambda row: row.base_amount, "product": lambda row: row.product.name,
           "stream": lambda row: 0}.get(name, lambda row: getattr(row, name))  # fmt: skip
    assert rows == sorted(rows, key=key, reverse=sort.startswith("-"))


def test_a_list_is_paged(client, reader):
    product = make_product()
    for number in range(51):
        make_ledger_entry(product=product, amount=Decimal("1.01"), reference=f"P-{number:03}")
    answer = client.get(reverse("funding:ledger-entry-list"), {"page": 2, "sort": "reference"})
    assert [row.reference for row in answer.context["page"]] == ["P-050"]
    assert answer.context["total"] == Decimal("51.51")  # of all pages
    assert "All 51 entries" in answer.content.decode()


def test_the_ledger_is_filtered_and_its_total_follows(client, reader):
    stream, product = make_stream(), make_product()
    make_exchange_rate(rate=Decimal("0.5"), starts=date(2025, 1, 1))
    wanted = make_ledger_entry(
        product=product, stream=stream, account="6400", memo="Hosting", reference="INV-1", amount=Decimal("10.00"),
        currency="EUR", starts=date(2026, 3, 5),
    )  # fmt: skip
    make_ledger_entry(amount=Decimal("7.00"), starts=date(2026, 5, 1))
    url = reverse("funding:ledger-entry-list")
    assert client.get(url).context["total"] == Decimal("12.00")
    for query in (
        {"product": product.code},
        {"stream": stream.code},
        {"account": "6400"},
        {"currency": "eur"},
        {"search": "host"},
        {"search": "inv-1"},
        {"month": "2026-03"},
        {"to": "2026-03-05"},
        {"from": "2026-03-05", "to": "2026-03-31"},
    ):
        context = client.get(url, query).context
        assert list(context["page"]) == [wanted], query
        assert context["total"] == Decimal("5.00")


def test_days_show_how_much_of_a_long_entry_falls_in_them(client, reader):
    make_ledger_entry(amount=Decimal("365.00"), starts=date(2026, 1, 1), ends=date(2027, 1, 1))
    make_ledger_entry(amount=Decimal("5.00"), starts=date(2026, 2, 3))
    answer = client.get(reverse("funding:ledger-entry-list"), {"month": "2026-02"})
    assert (answer.context["total"], answer.context["part_total"]) == (Decimal("370.00"), Decimal("33.00"))
    assert "Falls in February 2026" in answer.content.decode()
    answer = client.get(reverse("funding:ledger-entry-list"), {"from": "2026-12-31"})
    assert answer.context["part_total"] == Decimal("1.00")


def test_the_ledger_is_had_as_it_was_known(client, reader):
    entry = make_ledger_entry(amount=Decimal("10.00"))
    before = timezone.now()
    actions.correct(entry, changes={"amount": Decimal("8.00")}, reason="Misread", by=None)
    url = reverse("funding:ledger-entry-list")
    assert client.get(url).context["total"] == Decimal("8.00")
    assert client.get(url, {"known": before.isoformat()}).context["total"] == Decimal("10.00")


@pytest.mark.parametrize("query", [{"month": "2026-13"}, {"from": "soon"}, {"known": "soon"}, {"sort": "colour"}])
def test_a_filter_that_makes_no_sense_is_explained_and_left_out(client, reader, query):
    make_ledger_entry()
    answer = client.get(reverse("funding:ledger-entry-list"), query)
    assert answer.status_code == 200
    assert answer.context["page"].paginator.count == 1
    assert answer.context["filter"].form.errors


# -- Pages of one row


@pytest.mark.parametrize("kind", ["allocation", "ledger-entry", "exchange-rate"])
def test_a_recorded_row_shows_its_chain_of_corrections(client, finance, kind):
    row = MAKERS[kind]()
    changes = {"allocation": {"monthly_amount": Decimal("7")}, "ledger-entry": {"amount": Decimal("7")},
               "exchange-rate": {"rate": Decimal("7")}}[kind]  # fmt: skip
    new = actions.correct(row, changes=changes, reason="Read from the wrong line", by=finance)
    old_page, new_page = client.get(row.get_absolute_url()), client.get(new.get_absolute_url())
    assert "A later row replaces this one" in old_page.content.decode()
    assert new.get_absolute_url() in old_page.content.decode()
    for page in (old_page, new_page):
        assert page.status_code == 200
        assert "Read from the wrong line" in page.content.decode()
        assert [entry["what"] for entry in page.context["history"]] == ["Corrected", "Recorded"]
    assert not old_page.context["may_write"]
    assert new_page.context["may_write"]


def test_buttons_are_only_for_those_who_may(client, reader):
    for row in (make_stream(), make_allocation(), make_ledger_entry(), make_exchange_rate()):
        page = client.get(row.get_absolute_url()).content.decode()
        assert not any(f"/{verb}/" in page for verb in ("add", "edit", "correct", "retract"))


def test_a_made_up_row_is_marked(client, reader):
    entry = make_ledger_entry(is_illustrative=True)
    assert "illustrative" in client.get(entry.get_absolute_url()).content.decode()
    assert "illustrative" in client.get(reverse("funding:ledger-entry-list")).content.decode()


def test_a_ledger_line_shows_its_months(client, reader):
    entry = make_ledger_entry(amount=Decimal("100.00"), starts=date(2026, 1, 1), ends=date(2026, 4, 1))
    page = client.get(entry.get_absolute_url()).content.decode()
    for text in ("January 2026 to March 2026", "34.44", "31.12", "100.00", "90 days"):
        assert text in page


def test_a_stream_shows_figures_that_add_up(client, reader, settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)
    stream = make_stream(sponsor=make_person(name="Ada Byron"))
    make_allocation(stream=stream, monthly_amount=Decimal("1234.56"), starts=date(2025, 1, 1))
    make_ledger_entry(stream=stream, amount=Decimal("77.70"), starts=date(2025, 12, 31), ends=date(2026, 1, 2))
    page = client.get(stream.get_absolute_url())
    text = page.content.decode()
    assert [line.name for line in page.context["years"]] == ["2026", "2025"]
    assert page.context["total"].allocated == 24 * Decimal("1234.56")
    for words in ("Ada Byron", "$14,814.72", "$38.85", "Allocations over time", "to 1 product"):
        assert words in text
    earlier = client.get(stream.get_absolute_url(), {"year": "2025"})
    assert earlier.context["year"].name == "2025"
    assert client.get(stream.get_absolute_url(), {"year": "1850", "known": "2026"}).status_code == 200


def test_a_stream_page_asks_as_often_for_many_rows_as_for_one(
    client, reader, django_assert_num_queries, django_assert_max_num_queries
):
    stream = make_stream()

    def add() -> None:
        row = make_allocation(stream=stream)
        make_ledger_entry(stream=stream, product=row.product)

    add()
    client.get(stream.get_absolute_url())
    with django_assert_max_num_queries(16) as captured:
        client.get(stream.get_absolute_url())
    once = len(captured)
    for _ in range(9):
        add()
    client.get(stream.get_absolute_url())  # how fresh the figures are is kept until they change
    with django_assert_num_queries(once):
        client.get(stream.get_absolute_url())


def test_an_empty_stream_says_what_to_do(client, finance):
    stream = make_stream()
    page = client.get(stream.get_absolute_url()).content.decode()
    assert "Nothing is allocated from this stream yet" in page
    assert f"{reverse('funding:allocation-add')}?stream={stream.code}" in page


@pytest.mark.parametrize("path", ["no-such-stream/", "ledger/999999/", "allocations/999999/", "rates/999999/correct/"])
def test_what_is_not_there_is_a_404(client, finance, path):
    assert client.get(f"/funding/{path}").status_code == 404


# -- Forms


def _entry(**given) -> dict:
    product = given.pop("product", None) or make_product()
    return {
        "reference": "INV-7", "product": product.pk, "amount": "120.50", "currency": "usd", "starts": "2026-01-01",
        "ends": "2026-02-01",
    } | given  # fmt: skip


def test_an_entry_is_recorded_by_who_is_signed_in(client, finance):
    answer = client.post(reverse("funding:ledger-entry-add"), _entry())
    entry = LedgerEntry.objects.get()
    assert answer.url == entry.get_absolute_url()
    assert (entry.recorded_by, entry.currency, entry.base_amount) == (finance, "USD", Decimal("120.50"))


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"currency": "EUR"}, "currency", "no exchange rate from EUR to USD on 2026-01-01"),
        ({"currency": "XQX"}, "currency", "is not a currency"),
        ({"ends": "2026-01-01"}, "ends", "must come after the start"),
        ({"starts": "0202-01-01"}, "starts", "is out of reach"),
        ({"amount": "1.005"}, "amount", "2 decimal places"),
        ({"reference": ""}, "reference", "required"),
    ],
)
def test_an_error_stands_beside_its_field(client, finance, given, field, words):
    answer = client.post(reverse("funding:ledger-entry-add"), _entry(**given))
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].errors[field])
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not LedgerEntry.objects.exists()


def test_a_reference_that_is_taken_is_told_beside_it(client, finance):
    make_ledger_entry(reference="INV-7")
    answer = client.post(reverse("funding:ledger-entry-add"), _entry())
    assert "already recorded" in answer.context["form"].errors["reference"][0]


def test_a_correction_keeps_the_old_row(client, finance):
    entry = make_ledger_entry(amount=Decimal("10.00"), account="6400", reference="INV-7")
    url = reverse("funding:ledger-entry-correct", args=[entry.pk])
    form = client.get(url).context["form"]
    data = {name: form.initial[name] for name in ("reference", "product", "amount", "currency", "starts", "ends")}
    answer = client.post(url, data | {"amount": "12.00", "account": "6400", "reason": "Misread"})
    new = LedgerEntry.objects.known().get()
    assert answer.url == new.get_absolute_url()
    assert (new.amount, new.account, new.corrects, new.recorded_by) == (Decimal("12.00"), "6400", entry, finance)
    entry.refresh_from_db()
    assert (entry.amount, entry.reason, entry.retracted_by) == (Decimal("10.00"), "Misread", finance)


def test_a_correction_needs_a_reason(client, finance):
    entry = make_ledger_entry()
    url = reverse("funding:ledger-entry-correct", args=[entry.pk])
    answer = client.post(url, _entry(product=entry.product, reason=" "))
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors


@pytest.mark.parametrize("kind", ["allocation", "ledger-entry", "exchange-rate"])
def test_a_retraction_keeps_the_row_readable(client, finance, kind):
    row = MAKERS[kind]()
    answer = client.post(reverse(f"funding:{kind}-retract", args=[row.pk]), {"reason": "Posted twice"}, follow=True)
    assert answer.status_code == 200
    assert "This row no longer counts" in answer.content.decode()
    assert not type(row).objects.known().filter(pk=row.pk).exists()


@pytest.mark.parametrize("kind", ["allocation", "ledger-entry", "exchange-rate"])
@pytest.mark.parametrize("verb", ["correct", "retract"])
def test_what_no_longer_counts_cannot_be_changed(client, finance, kind, verb):
    row = MAKERS[kind]()
    actions.retract(row, reason="Posted twice", by=None)
    answer = client.get(reverse(f"funding:{kind}-{verb}", args=[row.pk]))
    assert answer.status_code == 409
    assert "Posted twice" in answer.content.decode()


@pytest.mark.parametrize("kind", ["stream", "allocation", "ledger-entry", "exchange-rate"])
def test_who_may_not_write_is_told_which_roles_may(client, reader, kind):
    answer = client.get(reverse(f"funding:{kind}-add"))
    assert answer.status_code == 403
    assert "finance partner" in answer.content.decode()


def test_a_rate_is_corrected_with_its_entries(client, finance):
    rate = make_exchange_rate(rate=Decimal("0.80"))
    make_ledger_entry(amount=Decimal("100.00"), currency="EUR", starts=date(2026, 2, 1))
    page = client.get(rate.get_absolute_url())
    assert page.context["converted"] == 1
    client.post(
        reverse("funding:exchange-rate-correct", args=[rate.pk]),
        {"currency": "EUR", "rate": "0.9", "starts": "2026-01-01", "reason": "Misread"},
    )
    assert LedgerEntry.objects.known().total() == Decimal("90.00")
    assert ExchangeRate.objects.known().get().rate == Decimal("0.9")


def test_a_rate_that_is_needed_stays_and_says_why(client, finance):
    rate = make_exchange_rate()
    make_ledger_entry(currency="EUR", starts=date(2026, 2, 1), reference="A-1")
    answer = client.post(reverse("funding:exchange-rate-retract", args=[rate.pk]), {"reason": "Misread"})
    assert answer.status_code == 422
    assert "which ledger entry A-1 is converted at" in answer.content.decode()


def test_money_is_allocated_from_the_streams_page(client, finance):
    stream, product = make_stream(), make_product()
    url = reverse("funding:allocation-add")
    form = client.get(url, {"stream": stream.code, "product": product.code}).context["form"]
    assert (form.initial["stream"], form.initial["product"]) == (stream, product)
    data = {"stream": stream.pk, "product": product.pk, "monthly_amount": "900", "starts": "2026-01-01"}
    assert client.post(url, data).url == stream.get_absolute_url()
    assert Allocation.objects.get().monthly_amount == 900
    answer = client.post(url, data)
    assert "already pays" in answer.context["form"].errors["starts"][0]


def test_a_stream_is_added_and_changed_but_keeps_its_code(client, finance):
    client.post(reverse("funding:stream-add"), {"code": "levy", "name": "Levy", "currency": "gbp", "review_months": 6})
    stream = FundingStream.objects.get()
    assert (stream.code, stream.currency) == ("levy", "GBP")
    answer = client.post(
        reverse("funding:stream-edit", args=["levy"]),
        {"code": "other", "name": "The levy", "currency": "GBP", "review_months": 6},
    )
    assert answer.url == stream.get_absolute_url()
    stream.refresh_from_db()
    assert (stream.code, stream.name) == ("levy", "The levy")
    assert "The levy" in client.get(stream.get_absolute_url()).content.decode()


def test_an_allocation_is_changed_from_a_day_on(client, finance, settings):
    settings.TWOFOLD_TODAY = date(2026, 3, 31)
    allocation = make_allocation()
    url = reverse("funding:allocation-change", args=[allocation.pk])
    assert url in client.get(allocation.get_absolute_url()).content.decode()
    assert client.get(url).context["form"].initial["starts"] == date(2026, 4, 1)
    data = {"monthly_amount": "1200", "starts": "2026-04-01", "why": "It does well."}
    answer = client.post(url, data, follow=True)
    assert "It does well." in answer.content.decode()
    new = Allocation.objects.known().get(ends=None)
    assert (new.monthly_amount, new.recorded_by) == (1200, finance)
    assert client.get(url).status_code == 409
    again = client.post(reverse("funding:allocation-change", args=[new.pk]), data, follow=True)
    assert "Nothing changed" in again.content.decode()
    assert "It does well." in client.get(reverse("funding:allocation-list")).content.decode()


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"why": ""}, "why", "required"),
        ({"monthly_amount": "-1"}, "monthly_amount", "greater than or equal to 0"),
        ({"starts": "2025-01-01"}, "starts", "which is after 2025-01-01"),
        ({"starts": "0202-01-01"}, "starts", "out of reach"),
    ],
)
def test_a_change_that_cannot_be_is_told_beside_its_field(client, finance, given, field, words):
    data = {"monthly_amount": "1200", "starts": "2026-04-01", "why": "It does well."} | given
    answer = client.post(reverse("funding:allocation-change", args=[make_allocation().pk]), data)
    assert answer.status_code == 422
    assert words in answer.context["form"].errors[field][0]


def test_a_stream_is_marked_as_reviewed_by_one_button(client, finance, settings):
    settings.TWOFOLD_TODAY = date(2026, 6, 30)
    stream = make_stream(category="grow", review_months=12)
    for url in (stream.get_absolute_url(), reverse("funding:stream-list")):
        assert "overdue" in client.get(url).content.decode()
    answer = client.post(reverse("funding:stream-review", args=[stream.code]), follow=True)
    page = answer.content.decode()
    assert "next review is due 30 Jun 2027" in page
    assert "Reviewed every year: last on 30 Jun 2026, next due 30 Jun 2027" in page
    assert "overdue" not in page
    assert "grow" in page


def test_streams_are_filtered_by_category(client, reader):
    wanted = make_stream(category="grow")
    make_stream()
    assert list(client.get(reverse("funding:stream-list"), {"category": "grow"}).context["page"]) == [wanted]


def test_allocations_are_filtered_by_the_category_of_their_stream(client, reader):
    wanted = make_allocation(stream=make_stream(category="grow"))
    make_allocation()
    assert list(client.get(reverse("funding:allocation-list"), {"category": "grow"}).context["page"]) == [wanted]


def test_capital_expense_is_told_apart(client, reader):
    capital, operating = make_ledger_entry(is_capital=True), make_ledger_entry()
    rows = client.get(reverse("funding:ledger-entry-list"), {"expense": "operating"}).context["page"]
    assert list(rows) == [operating]
    assert "capital" in client.get(reverse("funding:ledger-entry-list")).content.decode()
    assert "Capital: it makes something that lasts" in client.get(capital.get_absolute_url()).content.decode()
