"""A leader's morning, and a finance partner's: from the sentence on the board to the ledger line it rests on."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect


def test_from_the_sentence_to_the_ledger_line(signed_in: Callable[..., Page]):
    page = signed_in("leader")
    expect(page.locator("h1")).to_contain_text(re.compile(r"£1 in, £\d+\.\d\d out"))
    page.get_by_role("link", name="Vehicle tax renewals").first.click()
    expect(page.locator("h1")).to_contain_text("Vehicle tax renewals")
    page.locator("a[href*='/product/vehicle-tax/2017-03/']").first.click()
    expect(page.locator("h1")).to_contain_text("March 2017")
    page.locator("table a[href*='/funding/']").first.click()
    expect(page.locator("main")).to_contain_text("vehicle-tax")
    month = page.get_by_role("row", name="March 2017")
    expect(month).to_contain_text("31")
    expect(page.get_by_role("row", name="Total")).to_contain_text("365")


def test_a_correction_from_a_page_moves_the_board_and_the_past_stays(signed_in: Callable[..., Page]):
    page = signed_in("finance")
    page.goto("/")
    before = page.locator("h1").inner_text()
    moment = page.evaluate("new Date().toISOString()")
    page.goto("/funding/ledger/?product=paye&sort=-starts")
    page.locator("table tbody th a").first.click()
    page.get_by_role("link", name="Correct").first.click()
    page.get_by_label("Amount").fill("1.00")
    page.get_by_label("Reason").fill("To see the board move")
    page.locator("main form button[type=submit], main form button.primary").first.click()
    expect(page.locator(".message").first).to_contain_text("corrected")
    page.goto("/")
    assert page.locator("h1").inner_text() != before
    page.goto(f"/?known={moment}")
    assert page.locator("h1").inner_text() == before


def test_an_import_with_bad_rows_explains_each_and_changes_nothing(signed_in: Callable[..., Page], complaints):
    complaints.expect("status of 422")
    page = signed_in("finance")
    page.goto("/import/")
    page.get_by_label("What the rows are").select_option("ledger-entries")
    rows = (
        "reference,product,stream,starts,ends,amount,currency,account,includes_labour,memo\n"
        "E2E-1,vehicle-tax,,2017-01-01,2017-01-02,10.00,GBP,,no,good\n"
        "E2E-2,no-such-product,,2017-01-01,2017-01-02,10.00,GBP,,no,bad product\n"
        'E2E-3,vehicle-tax,,2017-01-01,2017-01-02,"1,000.00",GBP,,no,bad amount\n'
    )
    upload = {"name": "march.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("input[type=file]").set_input_files(upload)
    page.locator("main form button").first.click()
    main = page.locator("main")
    expect(main).to_contain_text("no-such-product")
    expect(main).to_contain_text("1,000.00")
    page.goto("/funding/ledger/?search=E2E-1")
    expect(page.locator("main")).not_to_contain_text("E2E-1:")
    assert page.locator("table tbody tr").count() == 0


def test_a_leader_looks_whether_everything_holds(signed_in: Callable[..., Page]):
    page = signed_in("leader")
    page.goto("/runs/")
    page.get_by_role("link", name="All invariants").click()
    page.get_by_role("button", name="Look at everything now").click()
    expect(page.locator("h1")).to_have_text("Everything holds")
    expect(page.locator("main")).to_contain_text("Every fact is about a product")


def test_the_pages_work_without_javascript(signed_in: Callable[..., Page]):
    page = signed_in("leader", java_script_enabled=False)
    page.goto("/?valued=yes")
    expect(page.locator("h1")).to_contain_text("£1 in")
    page.goto("/products/?search=passport")
    expect(page.locator("main")).to_be_visible()
