//! What one builds instead: a board of scores by axum, in Redis. `axum-redis REDIS_PORT`.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use redis::AsyncCommands as _;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Post {
    openid: String,
    score: i64,
}

#[derive(Deserialize)]
struct Who {
    openid: String,
}

#[derive(Serialize)]
struct Standing {
    score: i64,
    rank: i64,
}

type Answer = Result<Json<Standing>, StatusCode>;

fn failed(_: redis::RedisError) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}

/// The highest score counts, as on Guichet's boards: one round trip for the score and the place.
async fn add(State(mut redis): State<MultiplexedConnection>, Json(post): Json<Post>) -> Answer {
    let (score, rank): (f64, i64) = redis::pipe()
        .cmd("ZADD").arg("board").arg("GT").arg(post.score).arg(&post.openid).ignore()
        .zscore("board", &post.openid)
        .zrevrank("board", &post.openid)
        .query_async(&mut redis)
        .await
        .map_err(failed)?;
    Ok(Json(Standing { score: score as i64, rank: rank + 1 }))
}

async fn standing(State(mut redis): State<MultiplexedConnection>, Query(who): Query<Who>) -> Answer {
    let rank: Option<i64> = redis.zrevrank("board", &who.openid).await.map_err(failed)?;
    let rank = rank.ok_or(StatusCode::NOT_FOUND)?;
    let score: f64 = redis.zscore("board", &who.openid).await.map_err(failed)?;
    Ok(Json(Standing { score: score as i64, rank: rank + 1 }))
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    let port = std::env::args().nth(1).expect("the port of Redis");
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).expect("an address");
    let redis = client.get_multiplexed_async_connection().await.expect("Redis answers");
    let app = Router::new()
        .route("/score", post(add))
        .route("/rank", get(standing))
        .with_state(redis);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("listening on http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, app).await.expect("served");
}
