"""What the service and people may ask of paused destinations; long queues are moved in short transactions."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bridge.model import Delivery
from bridge.store import pausing
from bridge.store.counts import Read
from bridge.store.writer import Writer

STEP = 200  # deliveries held or let go in one transaction: accepts go first


class Pauses:
    """Of one store. Every method raises StoreUnavailable when the database cannot do it now."""

    def __init__(self, read: Read, writer: Writer, clock: Callable[[], float]) -> None:
        self._read = read
        self._writer = writer
        self._clock = clock

    async def pause(self, name: str, reason: str, *, failures: int = 0, who: str | None = None) -> bool:
        """Pause a destination, `who` by hand, else for its failures; false when it is paused already."""
        return await self._writer.put(pausing.pause, pausing.ToPause(name, reason, failures, who))

    async def hold_waiting(self, name: str) -> None:
        """Hold all that waits for a paused destination and is in nobody's hands."""
        while await self._writer.put(pausing.hold_waiting, pausing.ToStep(name, STEP)):
            pass

    async def held(self, name: str) -> int:
        """How much it holds."""
        return await self._read(lambda connection: pausing.held(connection, name))

    async def probe(self, name: str, refused: Collection[int] = ()) -> Delivery | None:
        """The oldest held delivery of a paused destination in hand when a probe is due; none of the `refused`."""
        return await self._writer.put(pausing.probe, pausing.ToProbe(name, refused))

    async def probe_anew(self) -> None:
        """Begin with the shortest wait between probes again."""
        await self._writer.put(pausing.probe_anew, None)

    async def resume(self, name: str, *, who: str | None = None, max_age: float | None = None) -> bool:
        """Let go all that a paused destination holds, then make it active; false when it is not paused.

        What is older than `max_age` seconds is gathered for one digest.
        """
        too_old = None if max_age is None else self._clock() - max_age
        wanted = pausing.ToResume(name, who, too_old, STEP)
        while (became := await self._writer.put(pausing.resume, wanted)) == "more":
            pass
        return became == "active"

    async def forget(self, name: str, reason: str) -> None:
        """End the pause of a destination that is gone from the configuration; what it holds stays held, for that."""
        await self._writer.put(pausing.forget, pausing.ToForget(name, reason))

    async def overtake(self, name: str, before: float, limit: int) -> list[Delivery]:
        """Take into hand up to `limit` deliveries created before that wait for a destination, or that its pause holds.

        What is in hand already is left there.
        """
        return await self._writer.put(pausing.overtake, pausing.ToOvertake(name, before, limit))
