"""No line of the log holds a secret, whoever wrote it and whatever is in force by the time it leaves."""

from __future__ import annotations

import asyncio
import io
import logging

import structlog

from bridge import logs

FIRST, SECOND = "the-first-secret-0001", "the-second-secret-0002"


async def test_each_line_is_masked_where_it_goes() -> None:
    log, before, after = structlog.get_logger(), io.StringIO(), io.StringIO()
    logs.configure(style="json", mask=logs.mask_of([FIRST]), stream=before)
    log.info("one", said=f"it is {FIRST}")
    logs.configure(style="json", mask=logs.mask_of([SECOND]), stream=after)  # as a reload does, in the same turn
    log.info("two", said=f"it is {SECOND}")
    try:
        int(SECOND)
    except ValueError:
        log.exception("three")
    logging.getLogger("somebody").warning("four: %s", SECOND)
    await asyncio.sleep(0)
    for stream, secret, lines in ((before, FIRST, 1), (after, SECOND, 3)):
        written = stream.getvalue()
        assert written.count("\n") == lines
        assert written.count(logs.MASK) >= lines
        assert secret not in written
