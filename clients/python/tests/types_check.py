"""What mypy must accept, and what it must not (`warn_unused_ignores` is on with --strict)."""

from guichet_client import AsyncGuichet, Guichet


def walk(client: Guichet) -> int:
    posted = client.call("score/post", {"app": "pinball", "openid": "ada", "score": 5})
    client.call("user/logout")
    client.call("score/put", {})  # type: ignore[call-overload]
    client.call("score/post", {"openid": "ada"})  # type: ignore[call-overload]
    posted["place"]  # type: ignore[typeddict-item]
    return posted["rank"]


async def walk_async(client: AsyncGuichet) -> bool:
    posted = await client.call("score/post", {"openid": "ada", "score": 5})
    return posted["new"]
