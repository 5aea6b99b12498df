//! A call of each kind: one that is done, a list, and a fault.

use generated::apis::configuration::Configuration;
use generated::apis::score_api::{score_get, score_post, score_top};
use generated::models::{ScoreGetRequest, ScorePostRequest, ScoreTopRequest};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let base_path = std::env::args().nth(1).expect("the server's address");
    let configuration = Configuration { base_path, ..Configuration::default() };
    let mut post = ScorePostRequest::new("ada".into(), 5);
    post.app = Some(Some("openapi-generator".into()));
    let posted = score_post(&configuration, post).await.expect("a score is posted");
    assert_eq!(posted.data.rank, 1);
    let mut top = ScoreTopRequest::new();
    top.app = Some(Some("openapi-generator".into()));
    let top = score_top(&configuration, Some(top)).await.expect("the best are listed");
    assert_eq!(top.data[0].score, 5);
    let fault = score_get(&configuration, ScoreGetRequest::new("nobody".into())).await;
    assert!(fault.is_err());
    println!("ok");
}
