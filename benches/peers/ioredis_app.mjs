// What one builds instead: a board of scores by fastify, in Redis. REDIS is its port.
import Fastify from "fastify";
import Redis from "ioredis";

const redis = new Redis(Number(process.env.REDIS), "127.0.0.1", { enableAutoPipelining: true });
const app = Fastify();

app.post("/score", async ({ body: { openid, score } }) => {
  const [, held, rank] = await Promise.all([
    redis.zadd("board", "GT", score, openid), redis.zscore("board", openid), redis.zrevrank("board", openid)]);
  return { score: Number(held), rank: rank + 1 };
});

app.get("/rank", async ({ query: { openid } }) => {
  const [rank, score] = await Promise.all([redis.zrevrank("board", openid), redis.zscore("board", openid)]);
  return { score: Number(score), rank: rank + 1 };
});

const address = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`listening on ${address}`);
