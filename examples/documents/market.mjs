// A client of the document `market`: it knows nothing of Guichet.
//
// node market.mjs http://127.0.0.1:8080 NAME PASSWORD

import assert from "node:assert/strict";

const [base, userName, passWord] = process.argv.slice(2);

/** One request; what its answer says. */
async function ask(method, path, body, token) {
  const headers = { "Content-Type": "application/json" };
  if (token) headers["X-Token"] = token;
  const answer = await fetch(`${base}/market/api${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.equal(answer.status, 200);
  return answer.json();
}

assert.deepEqual(await ask("POST", "/signIn", { userName, passWord: "wrong-1" }), {
  code: 40101,
  msg: "wrong name or password",
});
const { data } = await ask("POST", "/signIn", { userName, passWord });
assert.deepEqual(Object.keys(data.profile), ["userId", "nickname"]);

assert.equal((await ask("POST", "/shops", { shopName: "A", shopContent: "tea" })).code, 40100);
const shops = [];
for (const shopName of ["Apples", "Bread", "Cheese"]) {
  shops.push((await ask("POST", "/shops", { shopName, shopContent: "fresh" }, data.token)).data.shopId);
}
const again = await ask("POST", "/shops", { shopName: "Bread", shopContent: "stale" }, data.token);
assert.deepEqual([again.code, again.msg], [40900, "another shop has this name"]);

const first = (await ask("GET", "/shops?pageSize=2")).data;
assert.deepEqual([first.total, first.pageNo, first.list.length], [3, 1, 2]);
const second = (await ask("GET", "/shops?pageSize=2&pageNo=2")).data;
assert.deepEqual([second.total, second.pageNo, second.list.length], [3, 2, 1]);
const names = [...first.list, ...second.list].map((shop) => shop.shopName).sort();
assert.deepEqual(names, ["Apples", "Bread", "Cheese"]);

const one = (await ask("GET", `/shops/${shops[0]}`)).data;
assert.deepEqual([one.shopName, one.shopContent], ["Apples", "fresh"]);
assert.equal((await ask("GET", "/shops/999999999")).code, 40400);
console.log("done");
