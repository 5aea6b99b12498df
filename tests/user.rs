//! Accounts over the wire (contract: README "Accounts and tokens", operations.md).

mod common;

use common::{Server, fault, ok};
use serde_json::json;

#[test]
fn logging_out_ends_this_session_at_once_and_leaves_the_others() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    let other = server.login("nora");
    assert_eq!(server.call_as(&token, "user/logout", json!({})), ok(json!({})));
    assert_eq!(server.call_as(&token, "user/info", json!({})), fault(-101, "Error token"));
    assert_eq!(server.done(&other, "user/info", json!({}))["username"], "nora");
}
