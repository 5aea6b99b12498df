// A call of each kind: one that is done, a list, a fault, one without data, and a document's.
import { client } from "./src/client.gen";
import { miniGameGetAppApiTopScore, scoreGet, scorePost, scoreTop, shopList } from "./src/sdk.gen";

declare const process: { argv: string[] };

async function main(): Promise<void> {
  client.setConfig({ baseUrl: process.argv[2]! });
  const posted = await scorePost({ body: { app: "hey-api", openid: "ada", score: 5 } });
  const top = await scoreTop({ body: { app: "hey-api" } });
  const fault = await scoreGet({ body: { app: "hey-api", openid: "nobody" } });
  const shops = await shopList();
  const document = await miniGameGetAppApiTopScore({ path: { app: "hey-api" } });
  const told = [posted.data?.data.rank, top.data?.data[0]?.score, fault.error?.status, shops.data?.status, document.response?.status];
  if (JSON.stringify(told) !== "[1,5,-2,0,200]") throw new Error(JSON.stringify(told));
  console.log("ok");
}

void main();
