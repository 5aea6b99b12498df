"""Walks both clients against a server: `python walk.py URL CODE`; CODE is what every captcha shows."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import Any, Callable

import httpx

from guichet_client import AsyncGuichet, Guichet, GuichetFault


def expect(name: str, holds: bool, told: object = None) -> None:
    if not holds:
        raise SystemExit(f"{name}: {told!r}")
    print(f"{name}: ok")


def fault(name: str, call: Callable[[], Any], status: int, http: int) -> None:
    try:
        told: object = call()
    except GuichetFault as raised:
        expect(name, (raised.status, raised.http) == (status, http), raised)
    else:
        expect(name, False, told)


def walk(url: str, code: str, name: str) -> None:
    with Guichet(url) as client:
        captcha = client.captcha()
        expect("captcha", captcha.base64.startswith("iVBOR"))
        data = {"username": name, "password": "secret-1", "hash": captcha.proof(code)}
        account = client.call("user/register", data)  # type: ignore[call-overload]
        fault("password", lambda: client.login(name, "wrong-1"), -2, 422)
        expect("user/login", client.login(name, "secret-1")["user_id"] == account["user_id"])
        expect("user/info", client.call("user/info")["username"] == name)
        posted = client.call("score/post", {"app": "walk", "openid": name, "score": 7})
        expect("score/post", posted["new"] and posted["score"] == 7, posted)
        fault("missing", lambda: client.call("score/get", {}), -3, 400)  # type: ignore[call-overload]
        fault("not found", lambda: client.call("score/get", {"openid": "nobody"}), -2, 404)
        client.logout()
        fault("login needed", lambda: client.call("user/info"), -100, 401)


async def walk_async(url: str, name: str) -> None:
    async with AsyncGuichet(url) as client:
        await client.login(name, "secret-1")
        expect("async user/info", (await client.call("user/info"))["username"] == name)
        top = await client.call("score/top", {"app": "walk"})
        expect("async score/top", any(row["score"] == 7 for row in top), top)
        await client.logout()


def retry(url: str) -> None:
    """A server that is busy twice."""
    busy = iter([True, True])
    inner = httpx.HTTPTransport()

    def answer(request: httpx.Request) -> httpx.Response:
        if next(busy, False):
            data = {"status": -404, "message": "Unknown Error", "data": {}}
            return httpx.Response(503, headers={"Retry-After": "0"}, json=data)
        return inner.handle_request(request)

    with Guichet(url, http=httpx.Client(transport=httpx.MockTransport(answer))) as client:
        expect("retry", isinstance(client.call("shop/list"), list))
        expect("retried twice", next(busy, None) is None)


if __name__ == "__main__":
    url, code = sys.argv[1:]
    name = f"walk{random.randrange(10**9)}"
    walk(url, code, name)
    asyncio.run(walk_async(url, name))
    retry(url)
