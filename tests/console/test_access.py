"""Signing in and out, and what keeps strangers, other sites and guessers out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.console.visitor import HASH, PASSWORD, TOKEN, USERS, House, Visitor, message, opened

BOTH = f"admin_token: ${{TOKEN}}\n{USERS}"
BEARER = f"Bearer {TOKEN}"


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path, BOTH) as one:
        yield one


async def is_in(visitor: Visitor) -> bool:
    return (await visitor.get("/api/v1/rules")).status_code == 200


# ---- strangers ---------------------------------------------------------------------------------


async def test_a_stranger_gets_the_way_in_and_nothing_else(house: House) -> None:
    stranger = house.visitor()
    for path, wanted in (("/", "/login"), ("/events?q=a%20b", "/login?next=%2Fevents%3Fq%3Da%2520b")):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, wanted)
    for path in ("/api/v1/events", "/api/v1/nothing", "/api/v1/openapi.json"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="bridge"'
    assert (await stranger.get("/events", X_Live="1")).status_code == 401
    assert (await stranger.get("/healthz")).status_code == (await stranger.get("/readyz")).status_code == 200
    page = await (await stranger.get("/login")).get_data(as_text=True)
    for file in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        assert (await stranger.get(file)).status_code == 200


async def test_metrics_are_open_to_this_machine_only(house: House) -> None:
    assert (await house.visitor().get("/metrics")).status_code == 200
    assert (await house.visitor(address="::1", host="[::1]:8080").get("/metrics")).status_code == 200
    assert (await house.visitor(address="192.0.2.7").get("/metrics")).status_code == 401
    assert (await house.visitor().get("/metrics", X_Forwarded_For="203.0.113.9")).status_code == 401
    assert (await house.visitor(address="192.0.2.7").get("/metrics", Authorization=BEARER)).status_code == 200


async def test_the_token_opens_the_api(house: House) -> None:
    program = house.visitor(address="192.0.2.7", host="bridge:8080")
    assert (await program.get("/api/v1/events", Authorization=BEARER)).status_code == 200
    for wrong in (f"Bearer {TOKEN}x", "Bearer ", "Bearer é", f"Basic {TOKEN}", TOKEN):
        asked = {"Authorization": wrong.encode().decode("latin-1")}
        assert (await house.visitor().get("/api/v1/events", **asked)).status_code == 401


async def test_a_wrong_token_is_not_mended_by_a_session(house: House) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    assert (await camille.get("/api/v1/events", Authorization="Bearer wrong")).status_code == 401


async def test_hooks_are_never_pages(house: House) -> None:
    assert (await house.visitor().ask("POST", "/hooks/creads", data=b"{}")).status_code == 404


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "Name the source too: events are posted to `/hooks/<source>`."),
        ("listen_hooks: 127.0.0.1:9001\n", "Events are not posted here: `listen_hooks` names the address of /hooks."),
    ],
)
async def test_hooks_without_a_source_are_told_where_to_go(tmp_path: Path, config: str, said: str) -> None:
    async with opened(tmp_path, config) as house:
        answer = await house.visitor().ask("POST", "/hooks", data=b"{}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert (await answer.get_json(force=True))["detail"] == said


# ---- signing in and out ------------------------------------------------------------------------


async def test_a_name_and_its_password(house: House) -> None:
    camille = house.visitor()
    before = await camille.csrf()
    stranger = dict(camille.cookies)
    answer = await camille.sign_in("camille", next="/api/v1/events?limit=2")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/api/v1/events?limit=2")
    [cookie] = camille.set_cookie
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert camille.cookies != stranger, "the session of before signing in must not be the one after"
    assert await is_in(camille)
    assert (await camille.post("/logout", csrf=before)).status_code == 403
    assert await house.audited() == [("camille", "signed in", "by password, from 127.0.0.1")]
    assert (await camille.get("/login")).headers["Location"] == "/"


async def test_the_token_typed_in(house: House) -> None:
    admin = house.visitor()
    assert (await admin.sign_in_by_token()).status_code == 303
    assert await is_in(admin)
    assert await house.audited() == [("admin", "signed in", "by token, from 127.0.0.1")]


async def test_signing_out_ends_every_copy_of_the_cookie(house: House) -> None:
    camille, thief = house.visitor(), house.visitor()
    await camille.sign_in("camille")
    thief.cookies = dict(camille.cookies)
    assert await is_in(thief)
    answer = await camille.post("/logout", csrf=await camille.form())
    assert (answer.status_code, answer.headers["Location"], camille.cookies) == (303, "/login", {})
    assert not await is_in(thief)


@pytest.mark.parametrize("change", [USERS.replace(HASH, HASH[:-4] + "AAAA"), "users: {}\n"])
async def test_another_password_ends_its_sessions(house: House, change: str) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    house.configure(f"admin_token: ${{TOKEN}}\n{change}")
    assert not await is_in(camille)


async def test_another_token_ends_its_sessions(house: House) -> None:
    admin = house.visitor()
    await admin.sign_in_by_token()
    house.configure(f"admin_token: ${{OTHER}}\n{USERS}")
    assert not await is_in(admin)
    assert (await admin.get("/api/v1/events", Authorization=BEARER)).status_code == 401


async def test_another_role_is_taken_at_once(house: House) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    token = await camille.form()
    assert (await camille.post("/a-form", csrf=token)).status_code == 200
    house.configure(BOTH.replace("role: operate", "role: view"))
    assert (await camille.post("/a-form", csrf=token)).status_code == 403


async def test_a_session_lasts_twelve_hours(house: House) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    house.now += 12 * 3600 - 1
    assert await is_in(camille)
    house.now += 1
    assert not await is_in(camille)


async def test_a_cookie_is_signed(house: House) -> None:
    noor = house.visitor()
    await noor.sign_in("noor")
    [(name, cookie)] = noor.cookies.items()
    for forged in (cookie[:-1], cookie.partition(".")[0], f"x{cookie}", "", "é", "a.b"):
        noor.cookies = {name: forged.encode().decode("latin-1")}
        assert not await is_in(noor)


async def test_under_https_the_cookie_is_bound_to_its_host(tmp_path: Path) -> None:
    async with opened(tmp_path, f"public_url: https://bridge.example.com\n{BOTH}") as house:
        camille = house.visitor(host="bridge.example.com")
        await camille.sign_in("camille")
        [cookie] = camille.set_cookie
        assert cookie.startswith("__Host-bridge=")
        assert "Secure" in cookie.split("; ")
        assert await is_in(camille)


AWAY = [
    "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "///evil.example/",
    "/\t/evil.example", "/%0d%0aX: y", "javascript:alert(1)", "/login", "/logout", "/nowhere", "", "api/v1/events",
]  # fmt: skip


async def test_after_signing_in_nobody_is_led_away(house: House) -> None:
    for next in AWAY:
        answer = await house.visitor().sign_in("camille", next=next)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/"), next


# ---- guessing ----------------------------------------------------------------------------------


async def test_five_tries_a_minute(house: House) -> None:
    guesser = house.visitor(address="192.0.2.7")
    for left in (4, 3, 2, 1, 0):
        answer = await guesser.sign_in("camille", "a wrong one")
        assert answer.status_code == 403
        said = message(await answer.get_data(as_text=True))
        assert said == f"Name or password is wrong. {left} {'try' if left == 1 else 'tries'} left."
    for visitor in (guesser, house.visitor(address="198.51.100.1")):  # the name is shut wherever one comes from
        answer = await visitor.sign_in("Camille")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "61")
        assert message(await answer.get_data(as_text=True)).startswith("Too many tries")
    assert (await guesser.sign_in_by_token()).status_code == 429  # and the address, whatever the name
    assert (await house.visitor(address="198.51.100.2").sign_in("noor")).status_code == 303
    house.now += 60
    assert (await guesser.sign_in("camille")).status_code == 303
    assert ("camille", "was refused", "wrong password, from 192.0.2.7") in await house.audited()
    assert len(await house.audited()) == 3, "a burst is one line"


@pytest.mark.parametrize("name", ["nobody", "", "camille\n", "<script>alert(1)</script>", "x" * 5000])
async def test_nothing_tells_whether_a_name_is_known(house: House, name: str) -> None:
    answer = await house.visitor().sign_in(name, "a wrong one")
    page = await answer.get_data(as_text=True)
    assert (answer.status_code, message(page)) == (403, "Name or password is wrong. 4 tries left.")
    assert "<script>alert" not in page


async def test_right_ones_count_against_nobody(house: House) -> None:
    for _ in range(7):
        assert (await house.visitor().sign_in("noor")).status_code == 303


async def test_one_network_of_ipv6_is_one_guesser(house: House) -> None:
    for last in range(5):
        await house.visitor(address=f"2001:db8::{last}").sign_in_by_token("wrong")
    assert (await house.visitor(address="2001:db8::ffff").sign_in_by_token()).status_code == 429
    assert (await house.visitor(address="2001:db8:0:1::1").sign_in_by_token()).status_code == 303


# ---- other sites -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://127.0.0.1:8080"}, 303),
        ({"Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
    ],
)
async def test_a_form_of_another_site(house: House, headers: dict[str, str], status: int) -> None:
    camille, again = house.visitor(), house.visitor()
    typed = {"name": "camille", "password": PASSWORD}
    assert (await camille.post("/login", headers, csrf=await camille.csrf(), **typed)).status_code == status
    await again.sign_in("camille")
    assert (await again.post("/logout", headers, csrf=await again.form())).status_code == status


async def test_a_form_without_its_token(house: House) -> None:
    camille = house.visitor()
    await camille.sign_in("camille")
    for token in ("", "wrong", "é", "0" * 64):
        assert (await camille.post("/logout", csrf=token)).status_code == 403
        assert (await house.visitor().post("/login", csrf=token, name="camille", password=PASSWORD)).status_code == 403
    assert (await camille.ask("POST", "/a-form", json={"csrf": await camille.form()})).status_code == 403
    assert (await camille.post("/a-form", {"X-CSRF-Token": await camille.form()})).status_code == 200
    assert await is_in(camille)


async def test_the_token_of_another_session(house: House) -> None:
    camille, noor = house.visitor(), house.visitor()
    await camille.sign_in("camille")
    await noor.sign_in("noor")
    assert (await camille.post("/logout", csrf=await noor.form())).status_code == 403


async def test_bridge_answers_to_its_own_names(tmp_path: Path) -> None:
    ours = [
        "127.0.0.1:8080",
        "localhost",
        "[::1]:8080",
        "10.1.2.3:8080",
        "bridge.example.com",
        "BRIDGE.example.com:443",
    ]
    others = ["evil.example", "127.0.0.1.evil.example", "bridge", "[", "bridge.example.com.evil.example"]
    async with opened(tmp_path, f"public_url: https://bridge.example.com\n{BOTH}") as house:
        for host in (*ours, *others):
            answer = await house.visitor(host=host).get("/login")
            assert answer.status_code == (200 if host in ours else 421), host
            assert (await house.visitor(host=host).get("/healthz")).status_code == 200


# ---- a proxy -----------------------------------------------------------------------------------

PROXY = "auth: {proxy_header: X-Forwarded-User, trusted: [10.0.0.0/8]}\nusers:\n  camille: {role: operate}\n"


async def test_a_proxy_says_who_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path, PROXY) as house:
        proxy, other = house.visitor(address="10.1.2.3"), house.visitor(address="192.0.2.7")
        for name in ("camille", "somebody@example.com"):
            assert (await proxy.get("/api/v1/events", X_Forwarded_User=name)).status_code == 200
            assert (await other.get("/api/v1/events", X_Forwarded_User=name)).status_code == 401
        for name in ("", " ", "a\x07b", "x" * 100):
            assert (await proxy.get("/api/v1/events", X_Forwarded_User=name)).status_code == 401
        page = await (await proxy.get("/login")).get_data(as_text=True)
        assert "did not say who you are" in page


async def test_behind_a_proxy_only_known_names_act(tmp_path: Path) -> None:
    async with opened(tmp_path, PROXY) as house:
        camille = house.visitor(address="10.1.2.3")
        token = await camille.form(X_Forwarded_User="camille")
        assert (await camille.post("/a-form", {"X-Forwarded-User": "camille"}, csrf=token)).status_code == 200
        assert (await camille.post("/a-form", {"X-Forwarded-User": "camille"})).status_code == 403
        noor = house.visitor(address="10.1.2.3")
        token = await noor.form(X_Forwarded_User="noor")
        for path, status in (("/a-form", 403), ("/logout", 303)):
            assert (await noor.post(path, {"X-Forwarded-User": "noor"}, csrf=token)).status_code == status


async def test_tries_are_counted_by_the_address_behind_the_proxy(tmp_path: Path) -> None:
    config = f"admin_token: ${{TOKEN}}\nauth: {{proxy_header: X-User, trusted: [10.0.0.0/8]}}\n{USERS}"
    async with opened(tmp_path, config) as house:
        proxy = house.visitor(address="10.1.2.3")
        for number in range(6):
            headers = {"X-Forwarded-For": f"1.2.3.{number}, 203.0.113.9, 10.9.9.9"}  # the first ones may be invented
            answer = await proxy.post("/login", headers, csrf=await proxy.csrf(), token="wrong")
        assert answer.status_code == 429
        headers = {"X-Forwarded-For": "203.0.113.10"}
        assert (await proxy.post("/login", headers, csrf=await proxy.csrf(), token=TOKEN)).status_code == 303


# ---- the link ----------------------------------------------------------------------------------


async def test_the_link_works_once(tmp_path: Path) -> None:
    async with opened(tmp_path, "", link="the-link") as house:
        first, second = house.visitor(), house.visitor()
        assert (await first.get("/login?token=another")).status_code == 403
        assert (await first.ask("HEAD", "/login?token=the-link")).status_code == 403
        answer = await first.get("/login?token=the-link")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert await is_in(first)
        assert (await second.get("/login?token=the-link")).status_code == 403
        assert not await is_in(second)
        assert (await house.visitor().get("/api/v1/events", Authorization="Bearer the-link")).status_code == 401


async def test_the_link_lasts_ten_minutes(tmp_path: Path) -> None:
    async with opened(tmp_path, "", link="the-link") as house:
        house.now += 601
        assert (await house.visitor().get("/login?token=the-link")).status_code == 403


async def test_without_a_link_an_empty_one_opens_nothing(house: House) -> None:
    assert (await house.visitor().get("/login?token=")).status_code == 403
