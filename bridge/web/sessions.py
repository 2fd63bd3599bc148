"""Sessions in a signed cookie: who signed in, how and when; what is signed out is remembered until it would end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

LIFE = 12 * 3600.0  # seconds from signing in
MOST_ENDED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser's visit; before somebody signs in it has an id only, to which the form's token is tied."""

    id: str
    since: float
    how: str = ""  # "password", "token", "link"; empty: nobody
    name: str = ""
    proof: str = ""  # a digest of what was shown: a changed password ends the session


class Sessions:
    """Reads and writes the cookie."""

    def __init__(self, key: bytes, clock: Callable[[], float]) -> None:
        self._key = key
        self._cookies = URLSafeSerializer(key, salt="session", signer_kwargs={"digest_method": hashlib.sha256})
        self._clock = clock
        self._ended: dict[str, float] = {}  # id → when it would have ended anyway

    def begin(self, *, how: str = "", name: str = "", secret: str = "") -> Session:
        """A new one, under an id that nobody knew before."""
        proof = self.proof(secret) if how else ""
        return Session(id=secrets.token_urlsafe(16), since=self._clock(), how=how, name=name, proof=proof)

    def proof(self, secret: str) -> str:
        """What a session keeps of the secret that opened it."""
        return self._mac(f"proof:{secret}")[:16]

    def read(self, cookie: str | None) -> Session | None:
        """The session of a cookie that we wrote, while it lasts."""
        try:
            id, since, how, name, proof = self._cookies.loads(cookie or "")
        except BadSignature:
            return None
        lasting = -60 < self._clock() - since < LIFE and id not in self._ended  # another replica's clock may be ahead
        return Session(id=id, since=since, how=how, name=name, proof=proof) if lasting else None

    def write(self, session: Session) -> str:
        """The cookie."""
        return str(self._cookies.dumps([session.id, session.since, session.how, session.name, session.proof]))

    def csrf(self, session: Session) -> str:
        """The token that forms of this session carry."""
        return self._mac(f"form:{session.id}")

    def end(self, session: Session) -> None:
        """Sign out: the cookie is worth nothing from now on, wherever a copy of it is."""
        now = self._clock()
        if len(self._ended) >= MOST_ENDED:
            self._ended = {id: until for id, until in self._ended.items() if until > now}
        self._ended[session.id] = session.since + LIFE

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
