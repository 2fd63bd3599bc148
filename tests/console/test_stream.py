"""The stream tells that something happened, and nothing of what."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Callable

from bridge.store.figures import Tip
from bridge.web.stream import Watch
from tests.live import TOKEN, Live, envelope


def test_a_page_hears_of_what_happens(live: Callable[..., Live]) -> None:
    service = live()
    assert service.get("/api/v1/stream")[0] == 401
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    connection.request("GET", "/api/v1/stream", headers={"Authorization": f"Bearer {TOKEN}"})
    response = connection.getresponse()
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.readline() == b"retry: 3000\n"
    service.post(envelope("p1", title="a secret word"))
    heard = b""
    while b"event" not in heard:
        heard += response.readline()
    line = next(line for line in heard.splitlines() if line.startswith(b"data: "))
    assert json.loads(line.removeprefix(b"data: "))["event"] == "1"
    assert b"secret" not in heard
    assert service.stop() == 0
    connection.close()


async def test_one_look_for_all_who_listen() -> None:
    looks = 0

    async def look() -> tuple[Tip, str]:
        nonlocal looks
        looks += 1
        return Tip(looks // 2, 0, 0, 0), "v1"

    watch = Watch(look, every=0.0)
    queues = [watch.join() for _ in range(3)]
    messages = [await asyncio.wait_for(queue.get(), 5) for queue in queues]
    assert messages == [b'data: {"event":"1"}\n\n'] * 3
    for queue in queues:
        watch.leave(queue)
    assert watch.listeners == 0
    seen = looks
    for _ in range(5):
        await asyncio.sleep(0)
    assert looks <= seen + 1


async def test_who_does_not_listen_costs_one_message() -> None:
    number, often = 0, asyncio.Event()

    async def look() -> tuple[Tip, str]:
        nonlocal number
        number += 1
        if number == 50:
            often.set()
        return Tip(0, 0, number, 0), f"v{number}"

    watch = Watch(look, every=0.0)
    queue = watch.join()
    await often.wait()
    assert queue.qsize() == 1
    watch.leave(queue)
