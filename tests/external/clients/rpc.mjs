// Drives JSON-RPC libraries against the URL in the first argument. A line for each step:
// `LIBRARY STEP: ok` and what the library shows, or `LIBRARY STEP: wrong` and what it shows instead.
import { Client, HTTPTransport, RequestManager } from "@open-rpc/client-js";
import jayson from "jayson";
import { JSONRPCClient } from "json-rpc-2.0";

const url = process.argv[2];
const long = "x".repeat(3000);

async function step(library, name, run, isRight) {
  let shown;
  try {
    shown = await run();
  } catch (error) {
    shown = { code: error.code, message: error.message, data: error.data };
  }
  let verdict = "wrong";
  try {
    verdict = isRight(shown) ? "ok" : "wrong";
  } catch {
    // It has another form.
  }
  console.log(`${library} ${name}: ${verdict} ${JSON.stringify(shown)}`);
}

const isEmptyList = (shown) => Array.isArray(shown) && shown.length === 0;
const isNothing = (shown) => shown === undefined || shown === null;
const isFault = (shown) =>
  shown.code === -3 && shown.message === "Error data key" && shown.data === "shop_id: missing";
const isUnknown = (shown) => shown.code === -32601;
// Refused by HTTP before it was read: an error of any kind, and no result.
const isError = (shown) => typeof shown.message === "string" && shown.message.length > 0;

{
  const library = "json-rpc-2.0";
  const client = new JSONRPCClient(async (request) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    if (answer.status === 200) {
      client.receive(await answer.json());
    } else if (answer.status >= 400) {
      throw new Error(answer.statusText);
    } else if (answer.status !== 204) {
      throw new Error(`without an id: ${answer.status}`);
    }
  });
  await step(library, "result", () => client.request("shop.list", { limit: 5 }), isEmptyList);
  await step(library, "no params", () => client.request("shop.list"), isEmptyList);
  await step(library, "empty list", () => client.request("shop.list", []), isEmptyList);
  await step(library, "fault", () => client.request("shop.get", {}), isFault);
  await step(library, "unknown", () => client.request("no.such"), isUnknown);
  await step(library, "notification", () => client.notify("shop.list", {}), isNothing);
  const calls = ["shop.list", "no.such"].map((method, id) => ({ jsonrpc: "2.0", id: id + 1, method }));
  await step(
    library,
    "batch",
    () => client.requestAdvanced(calls),
    ([first, second]) => isEmptyList(first.result) && isUnknown(second.error),
  );
  await step(library, "HTTP 413", () => client.request("shop.list", { key: long }), isError);
}

{
  const library = "jayson";
  const client = jayson.Client.http(url);
  const ask = (...request) =>
    new Promise((done, failed) =>
      client.request(...request, (error, answer) => {
        if (error) {
          failed(error);
        } else if (answer?.error) {
          done(answer.error);
        } else {
          done(answer?.result ?? answer);
        }
      }),
    );
  await step(library, "result", () => ask("shop.list", { limit: 5 }), isEmptyList);
  await step(library, "empty list", () => ask("shop.list", []), isEmptyList);
  await step(library, "fault", () => ask("shop.get", {}), isFault);
  await step(library, "unknown", () => ask("no.such", {}), isUnknown);
  // An id of null makes it a notification.
  await step(library, "notification", () => ask("shop.list", {}, null), isNothing);
  const batch = [client.request("shop.list", {}), client.request("no.such", [])];
  await step(
    library,
    "batch",
    () => new Promise((done, failed) => client.request(batch, (e, answers) => (e ? failed(e) : done(answers)))),
    ([first, second]) => isEmptyList(first.result) && isUnknown(second.error),
  );
  await step(library, "HTTP 413", () => ask("shop.list", { key: long }), isError);
}

{
  const library = "@open-rpc/client-js";
  const client = new Client(new RequestManager([new HTTPTransport(url)]));
  await step(library, "result", () => client.request({ method: "shop.list", params: { limit: 5 } }), isEmptyList);
  await step(library, "no params", () => client.request({ method: "shop.list" }), isEmptyList);
  await step(library, "empty list", () => client.request({ method: "shop.list", params: [] }), isEmptyList);
  await step(library, "fault", () => client.request({ method: "shop.get", params: {} }), isFault);
  await step(library, "unknown", () => client.request({ method: "no.such", params: [] }), isUnknown);
  await step(library, "notification", () => client.notify({ method: "shop.list", params: [] }), isNothing);
  await step(
    library,
    "batch",
    () => {
      client.startBatch();
      const answers = ["shop.list", "no.such"].map((method) =>
        client.request({ method, params: [] }).catch((error) => ({ code: error.code })),
      );
      client.stopBatch();
      return Promise.all(answers);
    },
    ([first, second]) => isEmptyList(first) && isUnknown(second),
  );
  // It waits for an answer to its id, whatever HTTP says; so its time-out is all that is shown.
  await step(library, "HTTP 413", () => client.request({ method: "shop.list", params: { key: long } }, 1000), isError);
  client.close();
}
process.exit(0);
