"""The one place that decides who may look and act; it stands before every route of pages and API."""

from __future__ import annotations

import hmac
from urllib.parse import urlencode, urlsplit

from quart import Quart, Request, Response, g, request
from werkzeug.exceptions import Forbidden, NotFound

from bridge.web.problem import problem
from bridge.web.sessions import LIFE, Session, Sessions
from bridge.web.who import ADMIN, Register, Who, host_of, is_local, is_ours, session_key
from bridge.web.window import Window

OPEN = frozenset({"/healthz", "/readyz"})  # to everybody, by any name
SIGN_IN = "/login"
SIGN_OUT = "/logout"
STATIC = "/static/"
API = "/api/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_FORM = 1024 * 1024  # bytes


def install(app: Quart, window: Window) -> Guard:
    """Put the guard before all routes.

    It sets `g.user`, `g.role` ("view", "operate", or "" for nobody) and `g.csrf`, the token that forms carry.
    """
    guard = Guard(window)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_FORM
    app.before_request(guard.decide)
    app.after_request(guard.keep)
    return guard


def needed_role(method: str, path: str) -> str:
    """The role that a request needs: acting is all that is not looking; everybody may leave."""
    return "view" if method in SAFE_METHODS or path == SIGN_OUT else "operate"


class Guard:
    """Lets a request through, or answers it."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.sessions = Sessions(session_key(window.snapshot().settings), window.clock)
        self.register = Register(window.snapshot, window.token, self.sessions.proof)

    async def decide(self) -> Response | None:
        """None: let it through."""
        path, bearer = request.path, self.register.bearer(request)
        kept = self.sessions.read(request.cookies.get(self.cookie_name(request)))
        g.session, g.is_fresh = kept or self.sessions.begin(), kept is None
        g.csrf = self.sessions.csrf(g.session)
        who = Who(name=ADMIN, role="operate") if bearer else self.register.of(request, g.session)
        g.user, g.role = (who.name, who.role) if who else ("", "")
        if path in OPEN:
            return None
        if path == "/hooks" or path.startswith("/hooks/"):
            if self._window.snapshot().settings.listen_hooks is None:  # then the ingest has all that name a source
                raise NotFound("Name the source too: events are posted to `/hooks/<source>`.")
            raise NotFound("Events are not posted here: `listen_hooks` names the address of /hooks.")
        if bearer is False:
            return self._unknown(path, bearer)
        if not bearer and not is_ours(request, self._window.snapshot().settings):
            return problem(421, "Bridge is not known by this name; `public_url` says the right one.")
        if path == SIGN_IN or path.startswith(STATIC) or (path == "/metrics" and is_local(request)):
            return None
        if who is None:
            return self._unknown(path, bearer)
        if needed_role(request.method, path) == "operate" and who.role != "operate":
            raise Forbidden("Your role is `view`: you may look, and change nothing.")
        if request.method not in SAFE_METHODS and not bearer and not await self.is_our_form():
            raise Forbidden("This form is no longer valid. Go back, load the page again, and repeat.")
        return None

    async def is_our_form(self) -> bool:
        """Whether a page of ours, shown in this session, sends this."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site and site not in ("same-origin", "none"):
            return False
        # Without Sec-Fetch-Site a page that tells no referrer sends the origin `null`: then the token alone decides.
        ours = (request.host, urlsplit(self._window.snapshot().settings.public_url).netloc)
        if origin and origin != "null" and urlsplit(origin).netloc not in ours:
            return False
        given = request.headers.get("X-CSRF-Token") or (await request.form).get("csrf", "")
        return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), g.csrf.encode())

    def _unknown(self, path: str, bearer: bool | None) -> Response:
        """To the API a problem, to people the way to sign in."""
        if path.startswith(API) or path == "/metrics" or bearer is False or "X-Live" in request.headers:
            response = problem(401, "The API needs the header `Authorization: Bearer <admin_token>`.")
            response.headers["WWW-Authenticate"] = 'Bearer realm="bridge"'
            return response
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        to = SIGN_IN if wanted == "/" else f"{SIGN_IN}?{urlencode({'next': wanted})}"
        return see(to)

    async def keep(self, response: Response) -> Response:
        """Give a page's visitor the session that its forms are tied to."""
        if g.get("is_fresh") and response.mimetype == "text/html":
            self.give(response, g.session)
        return response

    def give(self, response: Response, session: Session | None) -> None:
        """Set the session's cookie; None takes it away."""
        name = self.cookie_name(request)
        g.is_fresh = False
        response.set_cookie(
            name,
            self.sessions.write(session) if session else "",
            max_age=int(LIFE) if session else 0,
            path="/",
            secure=name.startswith("__Host-"),
            httponly=True,
            samesite="Lax",  # Strict would ask who follows a link from Slack to sign in again; forms carry a token
        )

    def cookie_name(self, request: Request) -> str:
        """Under https the name itself binds the cookie to this host."""
        public = urlsplit(self._window.snapshot().settings.public_url)
        return "__Host-bridge" if public.scheme == "https" and host_of(request) == public.hostname else "bridge"


def see(path: str) -> Response:
    """Go and look there."""
    return Response("", status=303, headers={"Location": path, "Cache-Control": "no-store"})
