"""The one HTTP client of the sources: time limits, polite retries, one connection pool per host, a cache on disk."""

import logging
import random
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from fleet.sources.answer_body import ACCEPTED, TooLargeError, read_body, run_until
from fleet.sources.answer_cache import AnswerCache, Cached
from fleet.sources.base import Query, Source
from fleet.sources.keys import key_name
from fleet.sources.secret_removal import text_without_secret, without_secret
from fleet.version import __version__

if TYPE_CHECKING:
    import httpx

_RETRIED = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_FIRST_WAIT_S = 1.0
_SHOWN = 160
_MINUTE_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a request.

    connect_s, read_s: longest wait for a connection, and for the next bytes.
    total_s: longest time of a request with all its attempts and waits.
    most_bytes: largest answer, unpacked.
    attempts: most attempts of a request.
    """

    connect_s: float = 5.0
    read_s: float = 20.0
    total_s: float = 90.0
    most_bytes: int = 64 * 1024**2
    attempts: int = 3


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request.

    secret: the key in the parameters or headers. It is removed from answers, messages and the cache.
    is_closed: the answer will not change soon, so a cached one is used without asking again.
    token_s: the answer holds a token that is valid for this time. The client uses it again in that time, and never
        writes it to the disk. 0 for any other answer.
    no_data: an answer with status 400 counts if it holds this text; empty if none does.
    """

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    secret: str = ""
    accept: str = "application/json"
    is_closed: bool = False
    token_s: float = 0.0
    no_data: bytes = b""


class Client:
    """Fetches answers. Use it in a `with` statement.

    Args:
        cache: None keeps no answer on disk.
        limits: of each request.
        sleep: called with the seconds to wait; tests replace it.
    """

    def __init__(
        self,
        cache: AnswerCache | None = None,
        *,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cache, self._limits, self._sleep = cache, limits or Limits(), sleep
        self._pools: dict[str, httpx.Client] = {}
        self._sent: dict[str, deque[float]] = defaultdict(deque)
        # URL and login -> a body with a token, and the end of its time.
        self._tokens: dict[tuple[str, tuple[str, str] | None], tuple[bytes, float]] = {}
        self._last: Request | None = None
        self.requests = 0

    def __enter__(self) -> Self:
        if self._cache is not None:
            self._cache.prune()
        # These libraries log each URL with its parameters, and a key may be one of them.
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for pool in self._pools.values():
            pool.close()

    def get(self, request: Request, *, source: type[Source], query: Query) -> bytes:
        """Return the body of an answer, without the secret.

        Raises: SourceError with the text of the service if there is no answer within the limits, it is refused, too
            large or cut off, or it leads to another host.
        """
        self._last = request
        token, end_s = self._tokens.get((request.url, request.auth), (b"", 0.0))
        if request.token_s and time.monotonic() < end_s:
            return token
        cache = None if request.token_s else self._cache
        cached = None if cache is None else cache.find(request.url, request.params)
        if cached is not None and cached.is_usable_for(is_closed=request.is_closed):
            return cached.body
        deadline = time.monotonic() + self._limits.total_s
        for attempt in range(self._limits.attempts):
            answer = self._attempt(request, source, query, cached, deadline)
            if answer.status == 304 and cached is not None:
                return self._kept(request, cached.body, cached.tags)
            if answer.status == 200:
                return self._kept(request, answer.body, answer.tags)
            if answer.status == 400 and request.no_data and request.no_data in answer.body:
                return answer.body
            wait_s = _wait_s(answer, attempt)
            is_last = attempt + 1 == self._limits.attempts or time.monotonic() + wait_s > deadline
            if is_last or not answer.may_be_repeated:
                raise query.error(_refusal(answer, attempt + 1, wait_s, key_name(source, query)))
            self._sleep(wait_s)
        raise AssertionError("the last attempt returns or raises")

    def forget_last(self) -> None:
        """Remove the last answer from the cache, because it was refused or empty: the next request asks again."""
        if self._cache is not None and self._last is not None:
            self._cache.remove(self._last.url, self._last.params)

    def _kept(self, request: Request, body: bytes, tags: Mapping[str, str]) -> bytes:
        if request.token_s:
            self._tokens[request.url, request.auth] = body, time.monotonic() + request.token_s
        # Without a tag, only an answer that will not change soon is of use later.
        elif self._cache is not None and (tags or request.is_closed):
            self._cache.keep(request.url, request.params, Cached.now(body, tags))
        return body

    def _attempt(
        self, request: Request, source: type[Source], query: Query, cached: Cached | None, deadline: float
    ) -> "_Answer":
        """Send the request once, and follow redirects on the same host."""
        import httpx

        url, params = request.url, dict(request.params)
        headers = {"Accept": request.accept, **request.headers, **({} if cached is None else cached.conditions)}
        for _ in range(_MOST_REDIRECTS + 1):
            self._wait_for_turn(url, source.per_minute, query, deadline)
            try:
                answer = run_until(deadline, partial(self._send, url, params, headers, request, deadline))
            except TooLargeError:
                most = f"{self._limits.most_bytes / 1024**2:g} MiB"
                raise query.error(f"the answer is larger than {most}, expected less") from None
            except TimeoutError:
                self._abandon(url)
                most = f"{self._limits.total_s:g} s"
                raise query.error(f"the answer took longer than {most}, expected it sooner") from None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                reason = text_without_secret(str(error) or type(error).__name__, request.secret)
                is_certain = "certificate" in reason.lower()
                return _Answer(error=f"{_host(url)}: {reason}", may_be_repeated=not is_certain)
            if answer.status not in _REDIRECTS:
                return answer
            # The library has refused an address that cannot be joined.
            target = str(httpx.URL(url).join(answer.location))
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                shown = text_without_secret(_host(target), request.secret)
                return _Answer(error=f"{_host(url)} redirects to another address, {shown}")
            url, params = target, {}
        return _Answer(error=f"{_host(url)} redirects more than {_MOST_REDIRECTS} times")

    def _send(
        self, url: str, params: dict[str, str], headers: dict[str, str], request: Request, deadline: float
    ) -> "_Answer":
        pool = self._pool(url)
        self.requests += 1
        options: dict[str, Any] = {"headers": headers, "auth": request.auth}
        if params:
            options["params"] = params
        with pool.stream("GET", url, **options) as response:
            body = read_body(response, most_bytes=self._limits.most_bytes, end_s=deadline)
            kept = without_secret(body, request.secret)
            tags = {name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers}
            # EIA answers 500 with a body that says 404: another attempt would give the same.
            return _Answer(
                status=response.status_code,
                body=kept,
                tags=tags,
                location=response.headers.get("location", ""),
                retry_after=response.headers.get("retry-after", ""),
                content_type=response.headers.get("content-type", ""),
                may_be_repeated=response.status_code in _RETRIED and b'"code":404' not in kept.replace(b" ", b""),
            )

    def _pool(self, url: str) -> "httpx.Client":
        import httpx

        host = _host(url)
        if host not in self._pools:
            self._pools[host] = httpx.Client(
                timeout=httpx.Timeout(self._limits.read_s, connect=self._limits.connect_s),
                headers={"User-Agent": f"global-fleet-orchestrator/{__version__}", "Accept-Encoding": ACCEPTED},
                follow_redirects=False,
            )
        return self._pools[host]

    def _abandon(self, url: str) -> None:
        """Close the connections of a host, so that an answer that never ends keeps no thread."""
        pool = self._pools.pop(_host(url), None)
        if pool is not None:
            pool.close()

    def _wait_for_turn(self, url: str, per_minute: int, query: Query, deadline: float) -> None:
        """Wait until the host may get one more request within its minute."""
        sent, now = self._sent[_host(url)], time.monotonic()
        while sent and now - sent[0] > _MINUTE_S:
            sent.popleft()
        if len(sent) >= per_minute:
            wait_s = _MINUTE_S - (now - sent[0])
            if now + wait_s > deadline:
                raise query.error(f"{_host(url)} allows {per_minute} requests a minute; ask again in {wait_s:.0f} s")
            self._sleep(wait_s)
            sent.popleft()
        sent.append(time.monotonic())


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int = 0
    body: bytes = b""
    tags: Mapping[str, str] = field(default_factory=dict)
    location: str = ""
    retry_after: str = ""
    content_type: str = ""
    error: str = ""
    may_be_repeated: bool = False


def _wait_s(answer: _Answer, attempt: int) -> float:
    """Return the seconds to wait: what the service asks for, or a random time that doubles."""
    if answer.retry_after.isascii() and answer.retry_after.isdigit():
        return float(answer.retry_after)
    try:
        return max(parsedate_to_datetime(answer.retry_after).timestamp() - time.time(), 0.0)
    except ValueError:
        return _FIRST_WAIT_S * 2.0**attempt * random.uniform(0.5, 1.5)  # noqa: S311


def _refusal(answer: _Answer, attempts: int, wait_s: float, key: str) -> str:
    tried = f" after {attempts} attempts" if attempts > 1 else ""
    if answer.error:
        return f"no answer{tried} ({answer.error[:_SHOWN]}), expected one; check the address and the network"
    said = text_of(answer.body)
    if answer.status in (401, 403):
        cause = f"; check the key in {key}, and that the plan includes this zone" if key else ""
        return f"the service answers {answer.status} ({said}), expected 200{cause}"
    later = f"; it asks to wait {wait_s:,.0f} s" if answer.retry_after else ""
    return f"the service answers {answer.status}{tried} ({said}), expected 200{later}"


def text_of(body: bytes) -> str:
    """Return the text of an answer for a message: without tags, in one line, shortened."""
    text = re.sub(r"<[^>]*>", " ", body[:4096].decode("utf-8", errors="replace"))
    line = " ".join(text.split())
    return (line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…") or "without a text"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
