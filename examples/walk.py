#!/usr/bin/env python3
"""Calls every operation, by envelope and by the paths of the four documents, and checks each answer.

    GUICHET__CAPTCHA__TEST_CODE=abcde guichet        (in one terminal)
    python3 examples/walk.py http://127.0.0.1:8080 data/outbox.jsonl

Python 3.9 or newer, standard library only. The class Guichet is a client to copy. May be run again on
the same server: names are new each time. Ends with 0 if every answer was as it should be.
"""

import argparse
import base64
import hashlib
import http.cookiejar
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
        # A client of the cookie's document needs no token: the cookie is kept here.
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

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

    def path(self, method, path, fields=None, file=None):
        """Call one path of a document; its answer as it is. `file` is a field's name and bytes."""
        if file:
            boundary = os.urandom(16).hex()
            about = f'Content-Disposition: form-data; name="{file[0]}"; filename="a"'
            head = f"--{boundary}\r\n{about}\r\n\r\n".encode()
            body = head + file[1] + f"\r\n--{boundary}--\r\n".encode()
            kind = "multipart/form-data; boundary=" + boundary
        else:
            body = None if fields is None else json.dumps(fields).encode()
            kind = "application/json"
        return json.loads(self.http(path, body, method, kind))

    def http(self, path, body=None, method=None, kind="application/json"):
        headers = {"Content-Type": kind}
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.base + path, body, headers, method=method)
        with self.opener.open(request, timeout=30) as answer:
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
    return last_code(phone, outbox), rand


def last_code(phone, outbox):
    """The last code that was sent to a number."""
    with open(outbox, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    return [message["code"] for message in messages if message["phone"] == phone][-1]


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
    guichet.call("img", "validate", hash=hash)
    code, rand = send(guichet, "138" + stamp, hash, outbox)
    expect_fault(-1, guichet, "img", "validate", hash=hash)
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

    profile_and_rank(Guichet(base), name + ".li", user)
    mini_game(Guichet(base), "second-" + stamp)
    sessions(Guichet(base), "137" + stamp, stamp, outbox)
    print("every answer was as it should be")


def expect(wanted, answer):
    """An answer must hold these keys with these values."""
    found = {key: answer.get(key) for key in wanted}
    assert found == wanted, f"expected {wanted}, got {answer}"
    return answer


def profile_and_rank(guichet, username, user):
    """The documents of login and profile and of the rank leaderboard."""
    login = {"username": username, "password": md5("wrong")}
    expect({"code": 3002}, guichet.path("POST", "/login", login))
    login["password"] = md5("secret-3")
    guichet.token = expect({"code": 0}, guichet.path("POST", "/login", login))["result"]["token"]
    done = {"code": 0, "msg": "", "result": ""}
    expect(done, guichet.path("PUT", "/user/update_user_info", {"nickname": "诺拉"}))
    update = "/user/update_user_profile_picture"
    expect(done, guichet.path("PUT", update, file=("file", base64.b64decode(PICTURE))))
    expect({"code": 200413}, guichet.path("PUT", update, file=("file", b"no picture")))
    info = guichet.path("GET", "/user/get_user_info")["result"]
    expect({"nickname": "诺拉", "username": username}, info)
    picture = urllib.parse.urlsplit(info["profile_picture"]).path
    assert guichet.get(picture) == base64.b64decode(PICTURE)
    print("ok    /login, /user/…")

    ranking = "/ranking_list"
    expect({"code": 200, "data": "ok"}, guichet.path("POST", ranking, {"rank": 1300}))
    wanted = {"rank": 1250, "arange": [1, 3], "version": "0.9"}
    listed = expect({"code": 200}, guichet.path("PUT", ranking, wanted))
    expect({"user": str(user), "rank_score": 1250}, listed["self"])
    places = [(row["rank_list"]["ranking"], row["version"]) for row in listed["data"]]
    assert places == [(1, -1), (2, -1), (3, -1)][: len(places)], listed
    expect({"code": 10098}, guichet.path("PUT", ranking, {}))
    expect(done, guichet.path("POST", "/user/logout"))
    expect({"code": 10086, "data": "error"}, guichet.path("POST", ranking, {"rank": 1300}))
    print("ok    /ranking_list")


def mini_game(guichet, player):
    """The document of mini-games; nobody logs in."""
    api = "/walk/api/"
    posted = guichet.path("POST", api + "post_score", {"openid": player, "score": 70})
    expect({"code": 200, "msg": "添加成绩成功"}, posted)
    posted = guichet.path("POST", api + "post_score", {"openid": player, "score": 7})
    expect({"status": 200, "msg": "修改成绩成功"}, posted)
    assert posted["data"]["score"] == 70, posted
    face = {"openid": player, "nickname": "诺拉", "headimgurl": "https://www.example.com/nora.png"}
    expect({"msg": "添加用户信息成功"}, guichet.path("POST", api + "post_user_info", face))
    score = guichet.path("GET", api + "user_score?openid=" + player)
    assert score["data"]["score"] == 70, score
    expect({"code": 404}, guichet.path("GET", api + "user_score?openid=nobody"))
    best = expect({"code": 200}, guichet.path("GET", api + "tpinball_score"))["data"]
    names = [base64.b64decode(row["nickname"] or "").decode() for row in best]
    assert "诺拉" in names or len(best) == 100, best
    print("ok    /{app}/api/…")


def sessions(guichet, mobile, page, outbox):
    """The document of sessions: register by telephone, log in by cookie, a real name."""
    v1 = "/api/v1.0/"
    assert guichet.get(f"{v1}imagecode/{page}").startswith(b"\xff\xd8"), "this captcha is a JPEG"
    message = f"{v1}smscode/{mobile}?id={page}&text={CODE[:4]}"
    expect({"errno": "0", "errmsg": "发送成功"}, guichet.path("GET", message))
    expect({"errno": "4002"}, guichet.path("GET", message))
    account = {"mobile": mobile, "sms_code": last_code(mobile, outbox), "password": "secret-4"}
    user = expect({"errno": "0"}, guichet.path("POST", v1 + "users", account))["data"]
    login = {"mobile": mobile, "password": "secret-4"}
    expect({"errno": "0"}, guichet.path("POST", v1 + "sessions", login))
    who = {"user_id": user["user_id"], "name": mobile}
    expect({"data": who}, guichet.path("GET", v1 + "session"))
    name = {"name": "omar-" + page}
    expect({"errno": "0", "data": name}, guichet.path("PUT", v1 + "user/name", name))
    picture = ("avatar", base64.b64decode(PICTURE))
    avatar = guichet.path("POST", v1 + "user/avatar", file=picture)["data"]["avatar_url"]
    expect({**name, "avatar_url": avatar}, guichet.path("GET", v1 + "user")["data"])
    identity = {"real_name": "奥马尔", "id_card": "110105198506150022"}
    expect({"real_name": None}, guichet.path("GET", v1 + "user/auth")["data"])
    expect({"errno": "0"}, guichet.path("POST", v1 + "user/auth", identity))
    expect({"errno": "4003"}, guichet.path("POST", v1 + "user/auth", identity))
    expect(identity, guichet.path("GET", v1 + "user/auth")["data"])
    expect({"errno": "0"}, guichet.path("DELETE", v1 + "session"))
    expect({"errno": "4101", "errmsg": "用户未登录"}, guichet.path("GET", v1 + "user"))
    print("ok    /api/v1.0/…")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Call every operation and check each answer.")
    arguments.add_argument("base", nargs="?", default="http://127.0.0.1:8080")
    arguments.add_argument("outbox", nargs="?", default="data/outbox.jsonl")
    given = arguments.parse_args()
    try:
        walk(given.base, given.outbox)
    except (Fault, AssertionError, OSError) as error:
        sys.exit(f"walk.py: {error}")
