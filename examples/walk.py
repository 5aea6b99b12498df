#!/usr/bin/env python3
"""Calls every operation of the envelope once and checks each answer.

    GUICHET__CAPTCHA__TEST_CODE=abcde guichet        (in one terminal)
    python3 examples/walk.py http://127.0.0.1:8080 data/outbox.jsonl

Python 3.9 or newer, standard library only. The class Guichet is a client to copy. May be run again on
the same server: names are new each time. Ends with 0 if every answer was as it should be.
"""

import argparse
import base64
import hashlib
import itertools
import json
import os
import sys
import time
import urllib.parse
import urllib.request

CODE = os.environ.get("GUICHET__CAPTCHA__TEST_CODE", "abcde")
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Fault(Exception):
    """An answer whose status is not 0."""

    def __init__(self, answer):
        self.status = answer["status"]
        self.message = answer["message"]
        self.detail = answer.get("detail", "")
        super().__init__(f"{self.status} {self.message}: {self.detail}".rstrip(": "))


class Guichet:
    """A server; `token` says who calls it, and login() sets it."""

    def __init__(self, base, token=None):
        self.base = base.rstrip("/")
        self.token = token
        self.ids = itertools.count(1)

    def call(self, kind, subtype, **data):
        """Call one operation; its data, or a Fault."""
        answer = self.post(self.envelope(kind, subtype, **data))
        if answer["status"] != 0:
            raise Fault(answer)
        return answer["data"]

    def envelope(self, kind, subtype, **data):
        return {"id": next(self.ids), "status": 0, "type": kind, "subtype": subtype, "data": data}

    def post(self, body):
        """Post an envelope, a batch of them, or JSON-RPC; the answer as it is."""
        return json.loads(self.http("/api", json.dumps(body).encode()))

    def get(self, path, **query):
        """GET a path; the bytes of the answer."""
        return self.http(path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def http(self, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.base + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def login(self, username, password):
        session = self.call("user", "login", username=username, password=password)
        self.token = session["token"]
        return session


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def solve(guichet):
    """Have a captcha drawn, and read it: the hash that proves it."""
    captcha = guichet.call("img", "generate")
    assert base64.b64decode(captcha["imgdata"]).startswith(b"\x89PNG"), "a captcha is a PNG"
    return md5(CODE + captcha["rand"])


def send(guichet, phone, hash, outbox):
    """Have a code sent to a number: the code, and the text that belongs behind it."""
    rand = guichet.call("sms", "generate", phone=phone, hash=hash)["rand"]
    with open(outbox, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    return [message["code"] for message in messages if message["phone"] == phone][-1], rand


def expect_fault(status, guichet, kind, subtype, **data):
    """Call an operation that must be refused with this status."""
    try:
        guichet.call(kind, subtype, **data)
    except Fault as fault:
        assert fault.status == status, f"{kind}/{subtype}: expected {status}, got {fault}"
        print(f"ok    {kind}/{subtype} is refused: {fault}")
    else:
        raise AssertionError(f"{kind}/{subtype}: expected {status}, got 0")


def walk(base, outbox):
    guichet = Guichet(base)
    stamp = f"{time.time_ns() // 1_000_000 % 10**8:08}"

    # Captchas and codes.
    hash = solve(guichet)
    guichet.call("img", "validate", hash=hash)
    expect_fault(-1, guichet, "img", "validate", hash=hash)
    code, rand = send(guichet, "138" + stamp, hash, outbox)
    guichet.call("sms", "validate", phone="138" + stamp, hash=md5(code + rand))
    expect_fault(1016, guichet, "sms", "generate", phone="12345", hash=hash)
    print("ok    img, sms")

    # Accounts.
    name = "nora-" + stamp
    user = guichet.call(
        "user", "register", username=name, password="secret-1", hash=solve(guichet)
    )["user_id"]
    code, _ = send(guichet, "139" + stamp, solve(guichet), outbox)
    guichet.call("user", "register", mobile="139" + stamp, sms_code=code, password="secret-2")
    expect_fault(-2, guichet, "user", "login", username=name, password="wrong")
    guichet.login(name, md5("secret-1"))
    guichet.call("user", "update", nickname="诺拉 🌻")
    guichet.call("user", "rename", username=name + ".li")
    avatar = guichet.call("user", "avatar", base64=PICTURE)["url"]
    identity = {"real_name": "诺拉", "id_card": "11010519491231002X"}
    guichet.call("user", "verify", **identity)
    assert guichet.call("user", "verified") == {"user_id": user, **identity}
    profile = guichet.call("user", "info")
    assert (profile["user_id"], profile["nickname"]) == (user, "诺拉 🌻"), profile
    assert (profile["profile_picture"], profile["verified"]) == (avatar, True), profile
    guichet.call("user", "password", old_password="secret-1", new_password="secret-3")
    expect_fault(-101, guichet, "user", "info")
    guichet.login(name + ".li", "secret-3")
    print("ok    user")

    # Portraits.
    guichet.call(
        "portrait", "upload", name="nora.png", id=str(user), base64=PICTURE, type="png"
    )
    assert guichet.call("portrait", "get", id=str(user)) == {"base64": PICTURE, "type": "png"}
    assert guichet.get(f"/api/external/get/portrait/{user}") == base64.b64decode(PICTURE)
    print("ok    portrait")

    # Lost and found.
    notice = guichet.call(
        "property",
        "add",
        type=1,
        lab="card|student card",
        title="Student card lost",
        content="Near the library.",
        occurrence_time="2026-03-01 08:15:00",
        user_name="Nora Li",
        user_phone="13800001234",
        user_qq="",
    )["uid"]
    guichet.call("property", "update", id=notice, state=1, user2_name="Omar")
    rows = guichet.call("property", "query", type=1, id=notice)
    assert [(row["state"], row["user2_name"]) for row in rows] == [(1, "Omar")], rows
    found = json.loads(guichet.get("/api/external/get/property", type=1, key="library", limit=1))
    assert (found["status"], found["data"]) == (0, rows), found
    expect_fault(-202, guichet, "property", "add", type=3)
    guichet.call("property", "delete", id=notice)
    expect_fault(-200, guichet, "property", "delete", id=notice)
    print("ok    property")

    # Shops.
    title = "Blue Lamp Books " + stamp
    shop = guichet.call("shop", "creat", shop_name=title, shop_content="Second-hand books.")
    expect_fault(100, guichet, "shop", "create", shop_name=title)
    guichet.call("shop", "update", shop_content="Bought and sold.", **shop)
    row = guichet.call("shop", "get", **shop)
    assert (row["shop_name"], row["shop_content"]) == (title, "Bought and sold."), row
    assert guichet.call("shop", "list", user_id=user) == [row]
    print("ok    shop")

    # Leaderboards.
    place = guichet.call("rank", "upload", rank=1200)["ranking"]
    mine = {"ranking": place, "user": str(user), "rank_score": 1200}
    assert guichet.call("rank", "list", arange=[place, place]) == [mine]
    assert mine in guichet.call("rank", "around", span=2)
    player = {"app": "walk", "openid": "player-" + stamp}
    posted = guichet.call("score", "post", score=900, **player)
    assert posted["new"] and posted["score"] == 900, posted
    guichet.call("player", "update", nickname="Omar", **player)
    assert guichet.call("score", "get", **player) == {"score": 900, "rank": posted["rank"]}
    assert len(guichet.call("score", "top", app="walk", limit=1)) == 1
    around = guichet.call("score", "around", span=2, **player)
    assert [row["nickname"] for row in around if row.get("me")] == ["Omar"], around
    expect_fault(-2, guichet, "score", "get", app="walk", openid="nobody")
    print("ok    rank, score")

    # Several at once.
    batch = [guichet.envelope("user", "info"), guichet.envelope("shop", "get", **shop)]
    answers = guichet.post(batch)
    assert [answer["id"] for answer in answers] == [item["id"] for item in batch], answers
    assert [answer["status"] for answer in answers] == [0, 0], answers
    answer = guichet.post({"jsonrpc": "2.0", "id": "a", "method": "shop.get", "params": shop})
    assert answer == {"jsonrpc": "2.0", "id": "a", "result": row}, answer
    print("ok    a batch, JSON-RPC")

    guichet.call("user", "logout")
    expect_fault(-101, guichet, "user", "info")
    print("every answer was as it should be")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Call every operation and check each answer.")
    arguments.add_argument("base", nargs="?", default="http://127.0.0.1:8080")
    arguments.add_argument("outbox", nargs="?", default="data/outbox.jsonl")
    given = arguments.parse_args()
    try:
        walk(given.base, given.outbox)
    except (Fault, AssertionError, OSError) as error:
        sys.exit(f"walk.py: {error}")
