"""One pool of connections behind `requests.request`, which Apprise's plug-ins call for every send.

A stock call builds a session, walks the environment, parses the CA bundle and opens a connection each time: 1 ms of
CPU over plain HTTP, 25 over TLS. A plain call goes straight to the pool here; anything unusual is prepared by
requests itself, and then goes to the same pool.
"""

from __future__ import annotations

import os
import re
import ssl
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi
import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse

from bridge.delivery.connections import Pool, SecurePool, Whole
from bridge.delivery.recorder import SEEN, Seen

ANSWER_MAX = 64 * 1024  # bytes of an answer that are read
CONNECT_MAX = 10.0  # seconds, where a plug-in sets no limit
PER_HOST = 32  # connections kept
POOLS = 200  # hosts to which connections are kept
TOO_MANY = 429
_PLAIN_URL = re.compile(
    r"(?P<origin>(?P<scheme>https?)://(?P<host>[a-z0-9.-]+)(?::(?P<port>\d{1,5}))?)(?P<path>/[!\"$-~]*)"
)
_PLAIN = {"data", "headers", "timeout", "verify", "allow_redirects", "auth", "params", "files", "json"}
_BASE_HEADERS = {"Accept-Encoding": "identity", "Accept": "*/*", "Connection": "keep-alive"}


def install() -> None:
    """Take the place of requests' own function; `requests.post` and the others find it there."""
    ours: Any = request
    requests.request = requests.api.request = ours
    _manager(None, True)  # now, not in every thread at once: it parses the CA bundle


def request(method: str, url: str, **options: Any) -> requests.Response:
    """What `requests.request` does, through the shared pool."""
    body = options.get("data")
    headers = options.get("headers") or {}
    if not _is_plain(url, body, headers, options):
        return _prepared_by_requests(method, url, options)
    sent = {**_BASE_HEADERS, **headers}
    if auth := options.get("auth"):
        sent.update(urllib3.make_headers(basic_auth=":".join(auth)))
    return exchange(
        method.upper(),
        url,
        sent,
        body.encode() if isinstance(body, str) else body,
        timeout=options.get("timeout"),
        verify=options.get("verify", True) is not False,
    )


def _is_plain(url: Any, body: Any, headers: Any, options: Mapping[str, Any]) -> bool:
    auth = options.get("auth")
    return (
        isinstance(url, str)
        and url.isascii()
        and "@" not in url
        and " " not in url
        and isinstance(body, str | bytes | None)
        and type(headers) is dict
        and (auth is None or (isinstance(auth, tuple) and all(isinstance(a, str) and a.isascii() for a in auth)))
        and options.get("allow_redirects") is False
        and isinstance(options.get("verify", True), bool)
        and not (options.get("params") or options.get("files") or options.get("json"))
        and options.keys() <= _PLAIN
    )


def _prepared_by_requests(method: str, url: str, options: dict[str, Any]) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # proxies and CA bundle are known to the pool; ~/.netrc is nobody's business
        session.headers["Accept-Encoding"] = "identity"
        session.mount("http://", _ADAPTER)
        session.mount("https://", _ADAPTER)
        return session.request(method, url, **options)


class _SharedAdapter(BaseAdapter):
    """Leads a session's requests to the shared pool."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        response = exchange(
            request.method or "GET",
            request.url or "",
            dict(request.headers),
            request.body,
            timeout=timeout,
            verify=verify is not False,
        )
        response.request = request
        return response

    def close(self) -> None:
        """A session that ends leaves the pool open."""


_ADAPTER = _SharedAdapter()


def exchange(
    method: str, url: str, headers: Mapping[str, str], body: Any, *, timeout: Any, verify: bool
) -> requests.Response:
    """One request and its answer, noted in the current Seen.

    Raises requests' exceptions. An answer that breaks off counts with what came of it. Only connecting has a time limit
    here; whoever waits for the answer is ended by the sender's monitor at the deadline. A socket with a time limit
    polls before every send and receive, and 32 threads that let go of the interpreter so often cost 60 % more CPU.
    """
    seen = SEEN.get() or Seen(deadline=time.monotonic() + 60)
    if seen.status == TOO_MANY:
        raise requests.ConnectionError("the service asked to be left alone for now")  # some plug-ins ask again at once
    seen.asks("http")
    connect = timeout[0] if isinstance(timeout, tuple) else timeout
    try:
        urlopen, target = _way(url, verify)
        raw = urlopen(
            method,
            target,
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(connect or CONNECT_MAX, seen.left()), read=None),
        )
    except (HTTPError, OSError) as error:
        seen.failed(error)
        raise _as_requests(error) from error
    content = _read(raw, seen)
    seen.incomplete |= seen.cut  # to http.client, a connection cut within the headers is their end
    seen.answered(raw.status, content, raw.headers.get("Retry-After", ""))
    return _response(raw, content, url)


def _read(raw: BaseHTTPResponse, seen: Seen) -> bytes:
    if isinstance(raw, Whole):
        raw.release_conn()
        return raw.content
    parts: list[bytes] = []
    room = ANSWER_MAX
    try:
        while room > 0 and (part := raw.read1(room)):
            parts.append(part)
            room -= len(part)
            if time.monotonic() > seen.deadline:
                seen.incomplete = True
                break
        if room > 0 and not seen.incomplete:
            raw.read()  # reads nothing more, and gives the connection back
        else:
            raw.close()
    except (HTTPError, OSError):
        seen.incomplete = True
        raw.close()
    return b"".join(parts)


def _response(raw: BaseHTTPResponse, content: bytes, url: str) -> requests.Response:
    response = requests.Response()
    response.status_code = raw.status
    response.headers.update(raw.headers)
    response.reason = raw.reason or ""
    response.url = url
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response._content = content  # as requests' own adapters leave it: already read
    response._content_consumed = True  # type: ignore[attr-defined]  # ditto; not in the stubs
    return response


def _as_requests(error: Exception) -> requests.RequestException:
    """Plug-ins catch requests' exceptions."""
    kinds: tuple[tuple[type[Exception], type[requests.RequestException]], ...] = (
        (NewConnectionError, requests.ConnectionError),
        (ConnectTimeoutError, requests.ConnectTimeout),
        (ReadTimeoutError, requests.ReadTimeout),
        (SSLError, requests.exceptions.SSLError),
        (ProxyError, requests.exceptions.ProxyError),
        (ProxySchemeUnknown, requests.exceptions.InvalidProxyURL),
    )
    kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), requests.ConnectionError)
    return kind(error)


# ---- the pool ----------------------------------------------------------------------------------


def _way(url: str, verify: bool) -> tuple[Callable[..., BaseHTTPResponse], str]:
    """What opens this URL, and what it is to be told: of a plain one that no proxy leads to, the path."""
    if plain := _PLAIN_URL.fullmatch(url):
        proxy = _proxy_of(plain["origin"])
        if proxy is None:
            return _pool(plain["origin"], verify).urlopen, plain["path"]
    else:
        parts = urlsplit(url)
        proxy = _proxy_of(f"{parts.scheme}://{parts.netloc}")
    return _manager(proxy, verify).urlopen, url


_pools: dict[tuple[str, bool], urllib3.HTTPConnectionPool] = {}  # what the manager would look up at some length


def _pool(origin: str, verify: bool) -> urllib3.HTTPConnectionPool:
    pool = _pools.get((origin, verify))
    if pool is None or pool.pool is None:  # closed: the manager keeps only so many
        if len(_pools) >= POOLS:
            _pools.clear()
        pool = _pools[origin, verify] = _manager(None, verify).connection_from_url(origin)
    return pool


@lru_cache(maxsize=1000)
def _proxy_of(origin: str) -> str | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for a host."""
    return select_proxy(origin, get_environ_proxies(origin, no_proxy=None))


@lru_cache(maxsize=10)
def _manager(proxy: str | None, verify: bool) -> urllib3.PoolManager:
    options: dict[str, Any] = {"num_pools": POOLS, "maxsize": PER_HOST, "ssl_context": _tls(verify)}
    if proxy is None:
        manager = urllib3.PoolManager(**options)
    else:
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        login = urlsplit(proxy).netloc.rpartition("@")[0]
        manager = urllib3.ProxyManager(
            proxy,
            proxy_headers=urllib3.make_headers(proxy_basic_auth=unquote(login)) if login else None,
            proxy_ssl_context=_tls(True),
            **options,
        )
    manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}
    return manager


@lru_cache(maxsize=2)
def _tls(verify: bool) -> ssl.SSLContext:
    """One context for all connections: parsing the CA bundle costs 17 ms."""
    if not verify:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
    if os.path.isdir(bundle):
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)
