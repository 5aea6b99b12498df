// The peer of `score/post`: the same upsert, one durable transaction a request, on the one thread.
// DB names the file, whose table the bench has made. Prints its address like Guichet does.

import Database from "better-sqlite3";
import fastify from "fastify";

const db = new Database(process.env.DB, { timeout: 30_000 });
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
const upsert = db.prepare(`
  INSERT INTO score (app, openid, score, reached_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (app, openid) DO UPDATE SET score = excluded.score, reached_at = excluded.reached_at
  WHERE excluded.score > score.score`);

const app = fastify();
app.post("/api", (request, reply) => {
  const { id, data } = request.body;
  upsert.run("default", data.openid, data.score, Date.now() * 1000);
  reply.send({ id, status: 0, message: "successful", data: { score: data.score } });
});

const address = await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`listening on ${address}`);
