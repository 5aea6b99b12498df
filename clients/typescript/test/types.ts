// What must compile, and what must not.
import { Guichet } from "../src/index.js";

export async function walk(client: Guichet): Promise<void> {
  const posted = await client.call("score/post", { app: "pinball", openid: "ada", score: 5 });
  const rank: number = posted.rank;
  const top = await client.call("score/top", { app: "pinball" });
  const first: string | null | undefined = top[0]?.nickname;
  await client.call("user/logout");
  await client.call("user/register", { username: "ada", password: "secret-1", hash: "x" });
  await client.call("user/register", { mobile: "13800001234", sms_code: "123456", password: "secret-1" });
  void [rank, first];

  // @ts-expect-error there is no such operation
  await client.call("score/put", {});
  // @ts-expect-error a required key is missing
  await client.call("score/post", { openid: "ada" });
  // @ts-expect-error data is required
  await client.call("score/post");
  // @ts-expect-error a value has another type
  await client.call("score/post", { openid: "ada", score: "5" });
  // @ts-expect-error the reply has no such key
  posted.place;
}
