"""A client of the document `campus`: it knows nothing of Guichet.

python3 campus.py http://127.0.0.1:8080 NAME PASSWORD
"""

import json
import sys
import urllib.error
import urllib.request


def ask(method, path, data=None, token=None):
    """One request; the HTTP status and the answer."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(base + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


base, name, password = sys.argv[1:]

status, answer = ask("GET", "/campus/v2/me")
assert (status, answer) == (401, {"success": False, "message": "Please log in."}), answer

status, answer = ask("POST", "/campus/v2/login", {"account": name, "secret": "wrong"})
assert status == 422 and not answer["success"], answer

status, answer = ask("POST", "/campus/v2/login", {"account": name, "secret": f" {password} "})
assert status == 200 and answer["success"], answer
token = answer["result"]["accessToken"]

status, answer = ask("GET", "/campus/v2/me", token=token)
assert answer["result"]["name"] == name and set(answer["result"]) == {"id", "name", "displayName"}, answer

status, answer = ask("POST", "/campus/v2/notices", {"kind": "1", "text": "Red, with a fox on it."}, token)
assert status == 400 and answer["field"] == "title", answer

notice = {
    "kind": "1",
    "title": "Umbrella",
    "text": "Red, with a fox on it.",
    "when": "2026-03-01 18:30:00",
    "contact": "Ada",
    "phone": "",
    "label": None,
}
status, answer = ask("POST", "/campus/v2/notices", notice, token)
assert status == 201 and answer["message"] == "published", answer
number = answer["result"]["id"]

status, answer = ask("GET", "/campus/v2/notices/1?q=fox", token=token)
assert answer["result"] == [
    {"id": number, "title": "Umbrella", "text": "Red, with a fox on it.", "day": "01.03.2026", "contact": "Ada, "}
], answer

status, answer = ask("DELETE", "/campus/v2/login", token=token)
assert answer == {"success": True, "message": "See you."}, answer
print("done")
