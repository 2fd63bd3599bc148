"""Events: the list, its filters, its cursor."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.console.conftest import HOSTILE, Site, fill, tell
from tests.store.support import NOON


def listed(page: str) -> list[int]:
    """The ids of the events on a page, in order."""
    return [int(id) for id in re.findall(r'href="/events/(\d+)"', page)]


async def test_newest_first(site: Site) -> None:
    ids = await fill(site)
    page = await site.get("/events")
    assert listed(page) == [ids["nobody"], ids["missed"], ids["fine"]]
    assert "alert(&#39;x&#39;)" in page
    assert "no rule fired" in page
    assert "status draft → open" in page
    assert "tok-123456" not in page
    assert "DE77" not in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("outcome=nobody", ["nobody"]),
        ("outcome=undelivered", ["missed"]),
        ("outcome=delivered", ["fine"]),
        ("type=project&action=updated&source=creads", ["nobody", "missed", "fine"]),
        ("type=Work", []),
        ("gid=p2", ["missed"]),
        ("rule=New+project", ["fine"]),
        ("destination=boss", ["missed"]),
        ("q=Quiet", ["nobody"]),
        ("q=nothing+of+the+kind", []),
        ("since=1h", ["nobody", "missed", "fine"]),
        ("since=2025-11-25T12:30", ["nobody", "missed"]),
        ("until=2025-11-25T12:10%2B01:00", ["fine"]),
        ("until=2025-11-25T12:10:00%2B01:00&outcome=nobody", []),
        ("q=&type=&since=", ["nobody", "missed", "fine"]),
    ],
)
async def test_filters(site: Site, query: str, names: list[str]) -> None:
    ids = await fill(site)
    assert NOON == 1764072000  # 13:00 in Paris
    page = await site.get(f"/events?{query}")
    assert listed(page) == [ids[name] for name in names]
    if not names:
        assert "No event matches" in page


@pytest.mark.parametrize("query", ["outcome=all", "since=soon", "cursor=x", "state=delivered", "gid=" + "x" * 501])
async def test_a_wrong_filter_is_told(site: Site, query: str) -> None:
    assert query.partition("=")[0] in await site.get(f"/events?{query}", status=400)


async def test_filters_stay_in_the_form(site: Site) -> None:
    page = await site.get(f"/events?type=project&q={quote(HOSTILE)}")
    assert '<option value="project" selected>Project</option>' in page
    assert 'value="&lt;script&gt;' in page
    assert "No event yet" in await site.get("/events")


async def test_page_after_page(site: Site) -> None:
    title = "A usual title of a project, rather long, with its client " * 2
    ids = [(await tell(site, f"p{number}", at=NOON + number, title=title, n=number))[0] for number in range(65)]
    seen: list[int] = []
    path: str | None = "/events?type=Project"
    while path:
        page = await site.get(path)
        assert len(page) < 25_000
        seen += listed(page)
        older = re.search(r'href="([^"]*)" rel="next"', page)
        path = older[1].replace("&amp;", "&") if older else None
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00", "9999-12-31T23:59:59-12:00", "9999-12-31", "0001-01-01T00:00%2B14:00"]
)
async def test_the_ends_of_time(site: Site, moment: str) -> None:
    await fill(site)
    for name in ("since", "until"):
        for path in ("/events", "/deliveries"):
            response = await site.client.get(f"{path}?{name}={moment}", headers=site.headers)
            assert response.status_code in (200, 400), (path, name)


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ED%A0%80",
        "type=%F0%9F%A5%AB",
        "gid=%25%27%22",
        "cursor=4611686018427387904",
        "q=" + "%F0%9F%A5%AB" * 500,
    ],
)
async def test_odd_words(site: Site, query: str) -> None:
    await fill(site)
    response = await site.client.get(f"/events?{query}", headers=site.headers)
    assert response.status_code in (200, 400)
