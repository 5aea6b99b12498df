"""The peer of `score/post`: the same upsert, one durable transaction a request.

DB names the file, whose table the bench has made. Started by the bench as
`gunicorn -k gthread flask_app:app`: threads, so that connections are kept alive as everyone else's are.
"""

import os
import sqlite3
import threading
import time

from flask import Flask, jsonify, request

app = Flask(__name__)
# As everyone else answers: in the order of the envelope.
app.json.sort_keys = False
local = threading.local()

UPSERT = """
INSERT INTO score (app, openid, score, reached_at) VALUES (?, ?, ?, ?)
ON CONFLICT (app, openid) DO UPDATE SET score = excluded.score, reached_at = excluded.reached_at
WHERE excluded.score > score.score
"""


def database():
    """This thread's own connection."""
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(os.environ["DB"], timeout=30, isolation_level=None)
        local.database.execute("PRAGMA journal_mode = WAL")
        local.database.execute("PRAGMA synchronous = FULL")
    return local.database


@app.post("/api")
def post():
    envelope = request.get_json(force=True)
    data = envelope["data"]
    row = ("default", data["openid"], data["score"], time.time_ns() // 1000)
    db = database()
    db.execute("BEGIN IMMEDIATE")
    db.execute(UPSERT, row)
    db.execute("COMMIT")
    return jsonify(id=envelope["id"], status=0, message="successful", data={"score": data["score"]})
