//! Members of a JSON-RPC call whose format the specification leaves open: id and params.

use super::rpc::{RPC, call, error, no_shops, not_found, post};
use crate::common::Server;
use serde_json::{Value, json};

/// Public reports of the kind: erpc/erpc#869 and #851 (rounded and truncated ids), rsksmart/rskj#169 (an
/// id past 32 bits), markaren/YAJ-RPC#11 (43 becomes 43.0), btcsuite/btcrpcclient#80 (E notation).
#[test]
fn numeric_ids_come_back_unchanged() {
    let server = Server::start("");
    let ids = [
        "18446744073709551615",
        "9223372036854775808",
        "-9223372036854775809",
        "9223372036854775807",
        "-9223372036854775808",
        "9007199254740993",
        "9007199254740993.5",
        "123456789012345678901234567890123456789012345678901234567890",
        "-0",
        "0",
        "1.0",
        "1.10",
        "0.1",
        "1e2",
        "1E+2",
        "1e-7",
        "3.14159265358979323846264338327950288",
        "1501691352102",
    ];
    for path in [RPC, "/api"] {
        for id in ids {
            assert_eq!(server.post(path, &call(id, "")), no_shops(id), "{path}");
            let spaced = format!(r#" {{ "id" :	{id} , "method":"no.such","jsonrpc":"2.0" }} "#);
            assert_eq!(server.post(path, &spaced), not_found(id), "{path}");
        }
        let calls: Vec<String> = ids.iter().map(|id| call(id, r#","params":{"id":5}"#)).collect();
        let answers: Vec<String> = ids.iter().map(|id| no_shops(id)).collect();
        let answer = server.post(path, &format!("[{}]", calls.join(",")));
        assert_eq!(answer, format!("[{}]", answers.join(",")), "{path}");
    }
}

#[test]
fn string_and_null_ids_come_back_unchanged() {
    let server = Server::start("");
    for id in ["null", "\"\"", "\"1\"", "\"编号\"", "\"a\\\"b\\\\c\\n\"", "\"\\u0000\"", "\"🌻\""]
    {
        assert_eq!(post(&server, call(id, "")), no_shops(id));
    }
}

/// Public reports of the kind: stellar/stellar-cli#616 and paritytech/jsonrpc#293 (`[]`),
/// neo-project/neo-modules#742 (missing and null), cinemast/libjson-rpc-cpp#232 (a client that sends null).
#[test]
fn empty_params_count_as_absent() {
    let server = Server::start("");
    for path in [RPC, "/api"] {
        for params in
            ["", r#","params":[]"#, r#","params": [ ]"#, r#","params":{}"#, r#","params":null"#]
        {
            let sent = call("1", params);
            assert_eq!(server.post(path, &sent), no_shops("1"), "{path} {params}");
            let batch = format!("[{sent},{sent}]");
            assert_eq!(server.post(path, &batch), format!("[{0},{0}]", no_shops("1")), "{params}");
            // Required params are reported as missing.
            let sent = sent.replace("shop.list", "shop.get");
            let answer: Value = serde_json::from_str(&server.post(path, &sent)).unwrap();
            assert_eq!(
                (&answer["error"]["code"], &answer["error"]["data"]),
                (&json!(-3), &json!("shop_id: missing"))
            );
        }
        for params in ["[null]", "[{}]", "[[]]", "[1]", r#"[{"limit":1}]"#, r#"["limit",1]"#] {
            let sent = call("1", &format!(r#","params":{params}"#));
            assert_eq!(server.post(path, &sent), error("1", -32602, "Invalid params"), "{params}");
        }
    }
}
