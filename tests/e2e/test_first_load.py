"""What a browser fetches before the board can be read, and what it fetches only when somebody wants it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

MOST_BYTES, MOST_REQUESTS = 300_000, 12


def test_the_board_is_read_before_the_chart_library_is_fetched(signed_in: Callable[..., Page]):
    page = signed_in("leader", viewport={"width": 1360, "height": 800})
    page.goto("/how/")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    asked: list[str] = []
    sizes: list[int] = []
    network.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    with page.expect_request("**/live/"):  # the last of all: what is on the page comes first
        page.goto("/")
    page.wait_for_timeout(1_500)

    assert len(asked) <= MOST_REQUESTS, "\n".join(asked)
    assert sum(sizes) <= MOST_BYTES, f"{sum(sizes):,} bytes:\n" + "\n".join(asked)
    assert not any("plotly" in url for url in asked)
    print(f"\n{len(asked)} requests, {sum(sizes):,} bytes")  # noqa: T201 - `-s` shows it

    chart = page.locator("#over-time")
    expect(chart.locator(".trend")).to_be_visible()
    chart.hover()
    expect(chart.locator(".main-svg").first).to_be_visible()
    expect(chart.locator(".trend")).to_have_count(0)
    assert sum("plotly" in url for url in asked) == 1

    page.locator("#against-spend").scroll_into_view_if_needed()
    expect(page.locator("#against-spend .main-svg").first).to_be_visible()


def test_the_chart_over_time_is_there_without_javascript(signed_in: Callable[..., Page]):
    page = signed_in("leader", java_script_enabled=False)
    page.goto("/")
    expect(page.locator("#over-time .trend svg")).to_be_visible()
