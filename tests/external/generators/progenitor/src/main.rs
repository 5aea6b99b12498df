//! A call of each kind: one that is done, a list, and a fault.

progenitor::generate_api!("openapi-3.0.json");

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = Client::new(&std::env::args().nth(1).expect("the server's address"));
    let app = "progenitor";
    let post = types::ScorePostRequest {
        app: Some(app.parse().expect("a name")),
        openid: "ada".parse().expect("a name"),
        score: 5,
    };
    let posted = client.score_post(&post).await.expect("a score is posted");
    assert_eq!(posted.data.rank, 1);
    let top = types::ScoreTopRequest { app: Some(app.parse().expect("a name")), ..Default::default() };
    let top = client.score_top(&top).await.expect("the best are listed");
    assert_eq!(top.data[0].score, 5);
    let get = types::ScoreGetRequest { app: None, openid: "nobody".parse().expect("a name") };
    match client.score_get(&get).await {
        Err(Error::ErrorResponse(fault)) => assert_eq!(fault.status, -2),
        other => panic!("{other:?}"),
    }
    println!("ok");
}
