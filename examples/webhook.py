"""A receiver for `sms.gateway = "webhook"`: Python 3.9 or newer, standard library only.

    python3 examples/webhook.py 9000 "a long random text"

takes messages at http://127.0.0.1:9000/ from a server with the same `sms.webhook.secret`, checks
that they are signed and new, and prints them. Yours hands them to a provider where this one prints.
"""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


def is_signed(headers, body, secret):
    """Is this request from whoever has the secret, and not older than five minutes?"""
    id, sent = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(time.time() - int(sent)) > 300:
        return False
    mac = hmac.new(secret.encode(), f"{id}.{sent}.".encode() + body, hashlib.sha256)
    expected = b"v1," + base64.b64encode(mac.digest())
    return hmac.compare_digest(expected, headers.get("webhook-signature", "").encode())


class Receiver(BaseHTTPRequestHandler):
    secret = ""
    seen = {}  # ids of the last ten minutes: a second try is the same message

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_signed(self.headers, body, self.secret):
            return self.answer(401, {"code": 1001})
        id, now = self.headers["webhook-id"], time.time()
        Receiver.seen = {old: at for old, at in self.seen.items() if now - at < 600}
        if id not in self.seen:
            self.seen[id] = now
            message = json.loads(body)  # phone, code, text
            print(message["phone"], message["text"], flush=True)
        # A provider that refuses is told by an integer of the table: {"code": 1016}.
        self.answer(200, {"code": 0})

    def answer(self, status, data):
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # a log of requests is no place for telephone numbers


if __name__ == "__main__":
    Receiver.secret = sys.argv[2]
    server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
