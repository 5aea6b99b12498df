"""A typed client of Guichet, sync and async."""

from __future__ import annotations

import asyncio
import hashlib
import time
from types import TracebackType
from typing import Any, Optional, Union, cast

import httpx
from typing_extensions import Self

from . import schemas
from .operations import AsyncCalls, Calls

__all__ = ["AsyncGuichet", "Captcha", "Guichet", "GuichetFault", "schemas", "sms_proof"]


class GuichetFault(Exception):
    """An operation was not done."""

    def __init__(
        self,
        operation: str,
        status: int,
        message: str,
        detail: Optional[str],
        http: int,
        retry_after: Optional[float],
    ) -> None:
        super().__init__(f"{operation}: {message}" + (f" ({detail})" if detail else ""))
        self.operation = operation
        #: The fault's code, as in the envelope.
        self.status = status
        #: The text that belongs to the code.
        self.message = message
        #: In plain words what is wrong, and with which key.
        self.detail = detail
        #: The HTTP status, which follows the fault.
        self.http = http
        #: In how many seconds it is worth trying again, if that is known.
        self.retry_after = retry_after


class Captcha:
    """A picture captcha."""

    def __init__(self, base64: str, rand: str) -> None:
        #: The picture, a PNG in base64.
        self.base64 = base64
        self.rand = rand

    def proof(self, code: str) -> str:
        """The proof that somebody read `code`: what goes where an operation takes a `hash`."""
        return _md5(code.lower() + self.rand)


def sms_proof(code: str, rand: str) -> str:
    """The proof that somebody got `code` by SMS, whose message answered `rand`."""
    return _md5(code + rand)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Base:
    """What both clients share.

    `retries`: how often a request is sent again that was refused as too early (429) or because the server is busy
    (503). `longest_wait`: the longest wait before that, in seconds; a longer one raises the fault.
    """

    def __init__(self, url: str, token: Optional[str], retries: int, longest_wait: float) -> None:
        self._url = url.rstrip("/")
        self.token = token
        self._retries = retries
        self._longest_wait = longest_wait

    def _request(self, operation: str, data: object) -> dict[str, Any]:
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return {"url": f"{self._url}/api/op/{operation}", "json": data or {}, "headers": headers}

    def _wait(self, fault: GuichetFault, attempt: int) -> Optional[float]:
        """For how many seconds to wait before the next attempt; `None`: there is none."""
        is_early = fault.http in (429, 503) and fault.retry_after is not None
        if not is_early or attempt >= self._retries:
            return None
        wait = cast(float, fault.retry_after)
        return wait if wait <= self._longest_wait else None


def _read(operation: str, response: httpx.Response) -> Union[GuichetFault, tuple[object]]:
    try:
        answer = response.json()
    except ValueError:
        # What a proxy answers is no JSON.
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    if response.status_code == 200 and answer.get("status") == 0:
        return (answer.get("data"),)
    try:
        retry_after: Optional[float] = float(response.headers["retry-after"])
    except (KeyError, ValueError):
        retry_after = None
    message = answer.get("message", f"HTTP {response.status_code}")
    status = answer.get("status", -404)
    return GuichetFault(operation, status, message, answer.get("detail"), response.status_code, retry_after)


def _captcha(reply: object) -> Captcha:
    if not isinstance(reply, dict) or "imgdata" not in reply:
        raise TypeError("the server has answered no picture")
    return Captcha(reply["imgdata"], reply["rand"])


class Guichet(_Base, Calls):
    """A client of one server. It keeps the token of a login."""

    def __init__(
        self,
        url: str,
        *,
        token: Optional[str] = None,
        retries: int = 2,
        longest_wait: float = 10,
        http: Optional[httpx.Client] = None,
    ) -> None:
        super().__init__(url, token, retries, longest_wait)
        self._http = http or httpx.Client(timeout=30)

    def _call(self, operation: str, data: object) -> object:
        attempt = 0
        while True:
            told = _read(operation, self._http.post(**self._request(operation, data)))
            if isinstance(told, tuple):
                return told[0]
            wait = self._wait(told, attempt)
            if wait is None:
                raise told
            time.sleep(wait)
            attempt += 1

    def login(self, username: str, password: str) -> schemas.UserLoginReply:
        """Log in, and keep the token for later requests."""
        session = self.call("user/login", {"username": username, "password": password})
        self.token = session["token"]
        return session

    def logout(self) -> None:
        """Log out, and forget the token."""
        self.call("user/logout")
        self.token = None

    def captcha(self) -> Captcha:
        """Ask for a picture captcha."""
        return _captcha(self.call("img/generate"))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


class AsyncGuichet(_Base, AsyncCalls):
    """The same for `asyncio`."""

    def __init__(
        self,
        url: str,
        *,
        token: Optional[str] = None,
        retries: int = 2,
        longest_wait: float = 10,
        http: Optional[httpx.AsyncClient] = None,
    ) -> None:
        super().__init__(url, token, retries, longest_wait)
        self._http = http or httpx.AsyncClient(timeout=30)

    async def _call(self, operation: str, data: object) -> object:
        attempt = 0
        while True:
            told = _read(operation, await self._http.post(**self._request(operation, data)))
            if isinstance(told, tuple):
                return told[0]
            wait = self._wait(told, attempt)
            if wait is None:
                raise told
            await asyncio.sleep(wait)
            attempt += 1

    async def login(self, username: str, password: str) -> schemas.UserLoginReply:
        """Log in, and keep the token for later requests."""
        session = await self.call("user/login", {"username": username, "password": password})
        self.token = session["token"]
        return session

    async def logout(self) -> None:
        """Log out, and forget the token."""
        await self.call("user/logout")
        self.token = None

    async def captcha(self) -> Captcha:
        """Ask for a picture captcha."""
        return _captcha(await self.call("img/generate"))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.aclose()
