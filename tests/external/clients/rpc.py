"""Drives JSON-RPC libraries against the URL in the first argument. A line for each step:
`LIBRARY STEP: ok` and what the library shows, or `LIBRARY STEP: wrong` and what it shows instead."""

import sys
import urllib.error
import urllib.request

import jsonrpcclient
import jsonrpclib
import jsonrpclib.config
import pjrpc.client.backend.requests
import tinyrpc
import tinyrpc.client
import tinyrpc.protocols.jsonrpc
import tinyrpc.transports.http

URL = sys.argv[1]
LONG = "x" * 3000
FAULT = (-3, "Error data key", "shop_id: missing")


def step(library, name, run, is_right):
    try:
        shown = run()
    except Exception as error:  # What a library raises differs from one to the next.
        shown = error
    try:
        verdict = "ok" if is_right(shown) else "wrong"
    except Exception:  # It has another form.
        verdict = "wrong"
    print(f"{library} {name}: {verdict} {shown!r}".replace("\n", " ")[:300])


def is_list(shown):
    return shown == []


def is_nothing(shown):
    return shown is None


def is_error(shown):
    return isinstance(shown, Exception)


def with_code(code):
    """The number stands in an attribute, in the arguments or in the text of what is raised."""

    def check(shown):
        return is_error(shown) and str(code) in f"{getattr(shown, 'code', '')} {shown.args} {shown}"

    return check


def post(text):
    """jsonrpcclient and others leave the sending to their caller."""
    request = urllib.request.Request(URL, text.encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return answer.status, answer.read().decode()


# jsonrpcclient
def ask(*request):
    return jsonrpcclient.parse_json(post(jsonrpcclient.request_json(*request))[1])


LIBRARY = "jsonrpcclient"
step(LIBRARY, "result", lambda: ask("shop.list", {"limit": 5}).result, is_list)
step(LIBRARY, "no params", lambda: ask("shop.list").result, is_list)
step(LIBRARY, "empty list", lambda: ask("shop.list", ()).result, is_list)
step(LIBRARY, "fault", lambda: ask("shop.get", {}), lambda e: (e.code, e.message, e.data) == FAULT)
step(LIBRARY, "unknown", lambda: ask("no.such"), lambda e: e.code == -32601)
step(
    LIBRARY,
    "notification",
    lambda: post(jsonrpcclient.notification_json("shop.list")),
    lambda shown: shown == (204, ""),
)
step(
    LIBRARY,
    "batch",
    lambda: list(
        jsonrpcclient.parse_json(
            post(f"[{jsonrpcclient.request_json('shop.list')},{jsonrpcclient.request_json('no.such')}]")[1]
        )
    ),
    lambda shown: shown[0].result == [] and shown[1].code == -32601,
)
step(LIBRARY, "HTTP 413", lambda: ask("shop.list", {"key": LONG}), with_code(413))

# pjrpc
LIBRARY = "pjrpc"
client = pjrpc.client.backend.requests.Client(URL)
step(LIBRARY, "result", lambda: client.call("shop.list", limit=5), is_list)
step(LIBRARY, "empty list", lambda: client.call("shop.list"), is_list)
step(LIBRARY, "fault", lambda: client.call("shop.get"), with_code(-3))
step(LIBRARY, "unknown", lambda: client.call("no.such"), with_code(-32601))
step(LIBRARY, "notification", lambda: client.notify("shop.list"), is_nothing)


def batch():
    with client.batch() as calls:
        calls.call("shop.list")
        calls.call("shop.list", limit=1)
    return list(calls.get_results())


step(LIBRARY, "batch", batch, lambda shown: shown == [[], []])
step(LIBRARY, "HTTP 413", lambda: client.call("shop.list", key=LONG), with_code(413))

# tinyrpc
LIBRARY = "tinyrpc"
client = tinyrpc.client.RPCClient(
    tinyrpc.protocols.jsonrpc.JSONRPCProtocol(), tinyrpc.transports.http.HttpPostClientTransport(URL)
)
step(LIBRARY, "result", lambda: client.call("shop.list", [], {"limit": 5}), is_list)
step(LIBRARY, "no params", lambda: client.call("shop.list", [], {}), is_list)
step(LIBRARY, "fault", lambda: client.call("shop.get", [], {}), with_code("Error data key"))
step(LIBRARY, "unknown", lambda: client.call("no.such", [], {}), with_code("Method not found"))
step(LIBRARY, "notification", lambda: client.call("shop.list", [], {}, one_way=True), is_nothing)
step(
    LIBRARY,
    "batch",
    lambda: [
        answer.result
        for answer in client.call_all([tinyrpc.client.RPCCall("shop.list", [], {"limit": n}) for n in (1, 2)])
    ],
    lambda shown: shown == [[], []],
)
step(LIBRARY, "HTTP 413", lambda: client.call("shop.list", [], {"key": LONG}), is_error)

# jsonrpclib-pelix
LIBRARY = "jsonrpclib-pelix"
config = jsonrpclib.config.Config(version=2.0)
server = jsonrpclib.ServerProxy(URL, config=config)
step(LIBRARY, "result", lambda: server.shop.list(limit=5), is_list)
step(LIBRARY, "empty list", lambda: server.shop.list(), is_list)
step(LIBRARY, "fault", lambda: server.shop.get(), with_code(-3))
step(LIBRARY, "unknown", lambda: server.no.such(), with_code(-32601))
# It takes HTTP 204, by which a notification is answered, for an error of the transport.
step(LIBRARY, "notification", lambda: server._notify.shop.list(), with_code(204))
server = jsonrpclib.ServerProxy(URL, config=config)


def multi():
    calls = jsonrpclib.MultiCall(server, config=config)
    calls.shop.list()
    calls.shop.list(limit=1)
    return list(calls())


step(LIBRARY, "batch", multi, lambda shown: shown == [[], []])
step(LIBRARY, "HTTP 413", lambda: server.shop.list(key=LONG), with_code(413))
