"""The front door of the store: what the corridor, the pages and the command line may ask of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, Unpack

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bridge.model import (
    Armed,
    Arrival,
    Delivery,
    GateKey,
    GateState,
    Key,
    Matched,
    Memory,
    Planned,
    Receipt,
    Recorded,
    Settled,
    Silence,
)
from bridge.store import (
    audit,
    bundles,
    clock,
    deliveries,
    destinations,
    follow_ups,
    gates,
    held,
    leases,
    matched,
    memory,
    news,
    past,
    reads,
    retention,
    silences,
    versions,
)
from bridge.store.counts import Counts
from bridge.store.engine import READ_CONNECTIONS, READ_SECONDS, Database, open_database
from bridge.store.pauses import Pauses
from bridge.store.record import ToRecord, record
from bridge.store.replay import Replays
from bridge.store.rows import AuditRow, Bundle, DeliveryRow, DestinationRow, EventRow, Filters, Stats
from bridge.store.stats import stats as count
from bridge.store.watch import watch_file, watch_server
from bridge.store.writer import Writer, unavailable

T = TypeVar("T")

# Accepts go first: a sender waits for them.
_ORDER = (record, matched.write_matched, deliveries.settle)


class Store:
    """One store, opened by one process. Every method raises StoreUnavailable when the database cannot do it now."""

    def __init__(self, database: Database, writer: Writer, owner: str, clock: Callable[[], float]) -> None:
        """Use Store.open."""
        self._database = database
        self._owner = owner
        self._writer = writer
        self._clock = clock
        self._readers = ThreadPoolExecutor(READ_CONNECTIONS, thread_name_prefix="store-reader")
        self.counts = Counts(self._read, database.dialect)
        self.pauses = Pauses(self._read, writer, clock)
        self.replays = Replays(writer, self._read, database.dialect)
        self.trouble = writer.trouble
        self._near: Connection | None = None
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        owner: str,
        clock: Callable[[], float] = time.time,
        releases: bool = True,
        patience: float = 5.0,
    ) -> Store:
        """Open and migrate `sqlite:///path` or `postgresql://…`.

        `owner` names this process in leases. `releases`: this is the service, of which a SQLite file has one at a time;
        what its predecessor had in hand is free again, and its roles. `patience`: seconds to wait for a lock.
        """
        database = await asyncio.to_thread(open_database, url, service=releases)
        writer = Writer(database, owner=owner, clock=clock, order=_ORDER, patience=patience)
        store = cls(database, writer, owner, clock)
        if releases and database.dialect.in_loop:
            await writer.put(deliveries.release_all, None)
            await writer.put(leases.drop_all, None)
        return store

    async def close(self) -> None:
        """Write what waits, then close."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._writer.close()
        self._readers.shutdown()
        self._leave()
        self._database.close()

    def listen(self, wake: Callable[[], None]) -> None:
        """Have `wake` called in this event loop when another process wrote; now and then it is called for nothing."""
        watch = (
            watch_file(self._writer, wake)
            if self._database.dialect.in_loop
            else watch_server(self._database.connect_arguments(), self._owner, wake)
        )
        self._watch = asyncio.create_task(watch, name="store-watch")

    # ---- receive and match -----------------------------------------------------------------------

    async def record(self, arrival: Arrival, *, window: float) -> Receipt:
        """Put an arrival on disk, or count it as a repetition of one that came up to `window` seconds before."""
        return await self._writer.put(record, ToRecord(arrival, window))

    async def unmatched(self, limit: int, but: Sequence[int] = ()) -> list[Recorded]:
        """The oldest events that wait to be matched, but for these, which somebody is about to write."""
        return await self._read_nearby(lambda connection: memory.unmatched(connection, limit, but))

    async def remember(self, keys: Collection[Key]) -> dict[Key, Memory]:
        """What is remembered of these resources; the unknown ones are absent."""
        return await self._read_nearby(lambda connection: memory.remember(connection, keys)) if keys else {}

    async def write_memory(self, remembered: Mapping[Key, Memory]) -> None:
        """Remember these resources."""
        await self._writer.put(matched.write_memory, remembered)

    async def empty(self) -> None:
        """Forget everything: for a store that only tests of rules use."""
        await self._writer.put(memory.empty, None)

    async def write_matched(self, every: Sequence[Matched], *, full: Collection[str] = ()) -> list[Delivery]:
        """Write what matching made of events, all or nothing; the deliveries given back may be sent at once.

        Those for destinations in `full`, and those behind an earlier one about the same resource, wait to be claimed.
        """
        return await self._writer.put(matched.write_matched, matched.ToWrite(every, full))

    async def gates(self, keys: Collection[GateKey]) -> dict[GateKey, GateState]:
        """What the gates have counted for these keys; the unknown ones are absent."""
        return await self._read_nearby(lambda connection: gates.states(connection, keys)) if keys else {}

    # ---- the clock -------------------------------------------------------------------------------

    async def next_clock(self) -> float | None:
        """When the next summary, bundle or follow-up is due."""
        return await self._read_nearby(clock.next_clock)

    async def oldest_unmatched(self) -> float | None:
        """When the first event came that waits to be matched."""
        return await self._read_nearby(memory.oldest_unmatched)

    async def due_bundles(self, now: float, limit: int) -> list[Bundle]:
        """Up to `limit` bundles that are due."""
        return await self._read_nearby(lambda connection: bundles.due_bundles(connection, now, limit))

    async def bundle_items(self, id: int) -> list[DeliveryRow]:
        """The deliveries in a bundle, also after it was told; oldest first, at most 1000."""
        return await self._read(lambda connection: reads.bundle_items(connection, id))

    async def tell_bundle(self, bundle: Bundle, planned: Planned | None) -> list[Delivery]:
        """Have a bundle done with: its message as a delivery in hand, or, without one, its only item.

        Nothing happens when it is told already, or when an item joined it since `due_bundles` gave it.
        """
        return await self._writer.put(clock.tell_bundle, clock.ToTellBundle(bundle, planned))

    async def due_summaries(self, now: float, limit: int) -> list[tuple[GateKey, GateState]]:
        """Up to `limit` gates that must tell what they left out."""
        return await self._read_nearby(lambda connection: gates.due_summaries(connection, now, limit))

    async def tell_summary(
        self, key: GateKey, after: GateState, planned: Sequence[Planned], event_id: int | None
    ) -> list[Delivery]:
        """Have a summary done with: its messages as deliveries in hand, nothing when it is told already."""
        return await self._writer.put(clock.tell_summary, clock.ToTellSummary(key, after, planned, event_id))

    async def due_follow_ups(self, now: float, limit: int) -> list[Armed]:
        """Up to `limit` follow-ups whose time is over."""
        return await self._read_nearby(lambda connection: follow_ups.due_follow_ups(connection, now, limit))

    async def tell_follow_up(
        self, armed: Armed, planned: Sequence[Planned], key: Key, gates: Mapping[GateKey, GateState]
    ) -> list[Delivery]:
        """Have a follow-up done with: its messages, about the resource `key`, as far as they may be sent at once.

        Nothing happens when it is told already, disarmed, or armed anew since `due_follow_ups` gave it.
        """
        return await self._writer.put(clock.tell_follow_up, clock.ToTellFollowUp(armed, planned, key, gates))

    # ---- deliver ---------------------------------------------------------------------------------

    async def claim(self, limit: int, *, exclude: Collection[str] = ()) -> list[Delivery]:
        """Take up to `limit` deliveries that are due, none for the destinations in `exclude`."""
        return await self._writer.put(deliveries.claim, deliveries.ToClaim(limit, exclude))

    async def settle(self, settled: Settled, *, can_wait: bool = False) -> bool:
        """Keep how an attempt ended; true when another delivery waited behind this one and can be claimed now.

        `can_wait`: for the company of others, some milliseconds at most.
        """
        return await self._writer.put(deliveries.settle, settled, can_wait=can_wait)

    async def renew(self) -> None:
        """Keep all that this process has in hand for another while."""
        await self._writer.put(deliveries.renew, None)

    async def release(self, ids: Collection[int]) -> None:
        """Give deliveries back that were not tried."""
        await self._writer.put(deliveries.release, ids)

    async def hold(self, destination: str, reason: str) -> None:
        """Hold what waits for a destination that is gone."""
        await self._writer.put(held.hold, held.ToHold(destination, reason))

    async def unhold(self, destinations_known: Collection[str]) -> None:
        """Let go what `hold` held for destinations that are known again."""
        await self._writer.put(held.unhold, destinations_known)

    async def replace(self, settled: Settled) -> None:
        """Have `settled.instead` go out in the place of a delivery in hand that was not tried."""
        await self._writer.put(deliveries.replace, settled)

    # ---- roles, news, versions ---------------------------------------------------------------------

    async def lease(self, name: str, ttl: float) -> bool:
        """Take or keep a role for `ttl` seconds; false while another process has it."""
        return await self._writer.put(leases.take_lease, leases.ToLease(name, ttl))

    async def drop_lease(self, name: str) -> None:
        """Let another process have the role."""
        await self._writer.put(leases.drop_lease, name)

    async def tell(
        self,
        trouble: str,
        planned: Sequence[Planned],
        *,
        event_id: int | None,
        every: float = 3600.0,
        lasting: bool = False,
    ) -> list[Delivery]:
        """News of a trouble as deliveries in hand; what was told within `every` seconds is only counted."""
        return await self._writer.put(news.tell, news.ToTell(trouble, planned, event_id, every, lasting))

    async def end_trouble(self, trouble: str, planned: Sequence[Planned]) -> list[Delivery]:
        """End a lasting trouble; the news of that as deliveries in hand, if people know of it."""
        return await self._writer.put(news.end, news.ToEnd(trouble, planned))

    async def tell_again(self, trouble: str, planned: Sequence[Planned], every: float = 3600.0) -> list[Delivery]:
        """The news of what is `untold` as deliveries in hand."""
        return await self._writer.put(news.tell_again, news.ToTellAgain(trouble, planned, every))

    async def untold(self, every: float = 3600.0) -> list[news.Untold]:
        """The troubles that came again since they were told, `every` seconds ago or more."""
        told_until = self._clock() - every
        return await self._read_nearby(lambda connection: news.untold(connection, told_until))

    async def lasting_troubles(self) -> set[str]:
        """The troubles that go on."""
        return await self._read_nearby(news.lasting)

    async def waiting_since(self) -> tuple[float | None, float | None]:
        """Since when the oldest event waits to be matched, and the longest due delivery to be sent."""
        return await self._read_nearby(news.waiting_since)

    async def save_version(self, hash: str, files: Mapping[str, str]) -> None:
        """Keep the rule and template files of a version, once."""
        await self._writer.put(versions.save_version, versions.ToSave(hash, files))

    async def newest_version(self) -> dict[str, str] | None:
        """The files of the version that was taken last."""
        return await self._read(versions.newest)

    async def version(self, hash: str) -> dict[str, str] | None:
        """The files of a version: path → text."""
        return await self._read(lambda connection: versions.files_of(connection, hash))

    async def past_of(self, file: str, limit: int) -> list[versions.Past]:
        """A rule or template file in the newest versions, newest first."""
        return await self._read(lambda connection: versions.past_of(connection, file, limit))

    async def prune(self, wanted: retention.ToPrune) -> retention.Pruned:
        """Delete or empty the next old rows of one kind."""
        return await self._writer.put(retention.prune, wanted)

    # ---- hands -----------------------------------------------------------------------------------

    async def silences(self, *, all: bool = False) -> list[Silence]:
        """The silences that hold now or will; with `all`, the newest 1000, over or not. Oldest first."""
        if all:
            return await self._read(silences.newest)
        now = self._clock()
        return await self._read_nearby(lambda connection: silences.not_over(connection, now))

    async def add_silence(self, silence: Silence) -> int:
        """Keep a silence; gives its id, whatever the one given says."""
        return await self._writer.put(silences.add_silence, silence)

    async def end_silence(self, id: int, who: str) -> bool:
        """End a silence now; false when there is none, or it is over."""
        return await self._writer.put(silences.end_silence, silences.ToEnd(id, who))

    async def destination_states(self) -> dict[str, DestinationRow]:
        """How destinations stand, by name; one that is absent is active."""
        return await self._read_nearby(destinations.destination_states)

    async def set_destination(self, row: DestinationRow) -> None:
        """Write how a destination stands from now on."""
        await self._writer.put(destinations.set_destination, row)

    async def audit(self, who: str, what: str, detail: str) -> None:
        """Keep who did what, and with what."""
        await self._writer.put(audit.note, audit.ToNote(who, what, detail))

    async def audits(self, before: int | None = None, limit: int = 50) -> list[AuditRow]:
        """A page of what was done, newest first; `before` is an id."""
        return await self._read(lambda connection: audit.audits(connection, before, limit))

    # ---- pages, API, command line --------------------------------------------------------------------

    async def events(self, **wanted: Unpack[Filters]) -> list[EventRow]:
        """A page of events, newest first. `state` may be an event's, or that of some delivery of it."""
        return await self._read(lambda connection: reads.events(connection, self._database.dialect, wanted))

    async def event(self, id: int) -> EventRow | None:
        """One event."""
        return await self._read(lambda connection: reads.event_by_id(connection, id))

    async def deliveries(self, **wanted: Unpack[Filters]) -> list[DeliveryRow]:
        """A page of deliveries with their attempts, newest first. `since` and `until` are of their creation."""
        return await self._read(lambda connection: reads.deliveries(connection, self._database.dialect, wanted))

    async def deliveries_of(self, event_ids: Collection[int]) -> list[DeliveryRow]:
        """The deliveries of these events with their attempts, oldest first."""
        return await self._read(lambda connection: reads.deliveries_of(connection, list(event_ids)))

    async def follow_ups(self, of_event: int | None = None) -> list[Armed]:
        """The follow-ups that an event armed and that still wait; of all events, the next 1000. The next first."""
        return await self._read(lambda connection: follow_ups.follow_ups(connection, of_event))

    async def past_span(self, since: float, limit: int | None = None) -> past.Span:
        """The ids of the events that came since a moment; with `limit`, of the newest of them."""
        return await self._read(lambda connection: past.span_since(connection, since, limit))

    async def past(self, after: int, last: int, limit: int) -> list[past.Past]:
        """Up to `limit` matched events with ids over `after`, up to `last`, oldest first."""
        return await self._read(lambda connection: past.page(connection, after, last, limit))

    async def stats(self) -> Stats:
        """How much waits or went wrong, and the ages of it."""
        return await self._read(lambda connection: count(connection, self._clock()))

    # ---- reading ---------------------------------------------------------------------------------

    async def _read_nearby(self, ask: Callable[[Connection], T]) -> T:
        """A short read of the corridor: on SQLite here and now, on PostgreSQL in a thread."""
        if not self._database.dialect.in_loop:
            return await self._read(ask)
        try:
            if self._near is None:
                self._near = self._database.reads.connect()
            self._database.dialect.limit_time(self._near, READ_SECONDS)
            return ask(self._near)
        except DBAPIError as error:
            self._leave()
            raise unavailable(error) from error

    def _leave(self) -> None:
        connection, self._near = self._near, None
        if connection is not None:
            connection.invalidate()  # what failed once is opened anew
            connection.close()

    async def _read(self, ask: Callable[[Connection], T]) -> T:
        """A read in a thread, on a connection that cannot write."""

        def read() -> T:
            with self._database.reads.connect() as connection:
                self._database.dialect.limit_time(connection, READ_SECONDS)
                return ask(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, read)
        except DBAPIError as error:
            raise unavailable(error) from error
