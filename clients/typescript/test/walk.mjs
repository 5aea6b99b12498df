// Walks the built client against a server: in Node by `node walk.mjs URL`, in a browser by `walk(module, url)`.
export async function walk({ Guichet, GuichetFault, wxTransport, md5 }, url, code) {
  const steps = [];
  const expect = (name, is, told) => {
    if (!is) throw new Error(`${name}: ${JSON.stringify(told)}`);
    steps.push(name);
  };
  const fault = async (name, call, status, http) => {
    const told = await call().then(() => null, (error) => error);
    expect(name, told instanceof GuichetFault && told.status === status && told.http === http, told);
  };
  expect("md5", md5("") === "d41d8cd98f00b204e9800998ecf8427e" && md5("张三丰".repeat(30)).length === 32);
  const client = new Guichet({ url });
  const name = `walk${Math.random().toString(36).slice(2, 10)}`;
  const captcha = await client.captcha();
  expect("captcha", captcha.url.startsWith("data:image/png;base64,iVBOR"));
  const hash = captcha.proof(code);
  const { user_id: id } = await client.call("user/register", { username: name, password: "secret-1", hash });
  expect("user/register", Number.isInteger(id), id);
  await fault("password", () => client.login(name, "wrong-1"), -2, 422);
  expect("user/login", (await client.login(name, "secret-1")).user_id === id);
  expect("user/info", (await client.call("user/info")).username === name);
  const { shop_id } = await client.call("shop/creat", { shop_name: name });
  expect("shop/get", (await client.call("shop/get", { shop_id })).shop_name === name);
  await fault("taken", () => client.call("shop/creat", { shop_name: name }), 100, 409);
  const posted = await client.call("score/post", { app: "walk", openid: name, score: 7 });
  expect("score/post", posted.new === true && posted.score === 7, posted);
  await fault("missing", () => client.call("score/get", {}), -3, 400);
  await fault("not found", () => client.call("score/get", { openid: "nobody" }), -2, 404);
  await client.logout();
  await fault("login needed", () => client.call("user/info"), -100, 401);
  // A mini-program's transport, on a stand-in that is made of `fetch`.
  const wx = {
    request({ url, method, header, data, success, fail }) {
      fetch(url, { method, headers: header, body: data })
        .then(async (reply) => success({ statusCode: reply.status, header: Object.fromEntries(reply.headers), data: await reply.text() }))
        .catch((error) => fail({ errMsg: String(error) }));
    },
  };
  const mini = new Guichet({ url, transport: wxTransport(wx) });
  expect("wx.request", (await mini.call("score/get", { app: "walk", openid: name })).score === 7);
  // A server that is busy twice.
  let busy = 2;
  const slow = new Guichet({
    url,
    transport: async (request) => {
      if (busy-- > 0) return { status: 503, headers: { "retry-after": "0" }, body: '{"status":-404,"message":"Unknown Error","data":{}}' };
      const reply = await fetch(request.url, { method: "POST", headers: request.headers, body: request.body });
      return { status: reply.status, headers: {}, body: await reply.text() };
    },
  });
  expect("retry", Array.isArray(await slow.call("shop/list")) && busy === -1, busy);
  return steps;
}

if (typeof process !== "undefined" && process.argv[2]) {
  const steps = await walk(await import("../dist/index.js"), process.argv[2], process.argv[3]);
  for (const step of steps) console.log(`${step}: ok`);
}
