//! Times: an accepted time comes back as sent, for every field and time zone.

use crate::common::Server;
use crate::common::notice::{add, sample, with};
use serde_json::{Value, json};

/// Zones with extreme and odd offsets, with daylight saving, and with a skipped day.
const ZONES: [&str; 10] = [
    "UTC",
    "Asia/Shanghai",
    "America/New_York",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Monrovia",
    "Asia/Manila",
];

/// The ends of the calendar and of 32-bit times; times around clock changes in one of the zones.
const TIMES: [&str; 18] = [
    "9999-12-31 23:59:59",
    "9999-12-31 00:00:00",
    "9999-12-30 12:34:56",
    "2514-05-30 01:53:04",
    "2262-04-11 23:47:17",
    "2106-02-07 06:28:16",
    "2038-01-19 03:14:08",
    "2024-02-29 12:00:00",
    "2024-03-10 02:30:00",
    "2024-11-03 01:30:00",
    "2024-10-06 02:15:00",
    "2011-12-30 12:00:00",
    "1986-05-04 02:30:00",
    "1969-12-31 23:59:59",
    "1901-12-13 20:45:51",
    "1844-12-31 12:00:00",
    "0001-01-01 00:00:00",
    "0000-01-01 00:00:00",
];

/// Does this zone skip this local time?
fn is_skipped(zone: &str, time: &str) -> bool {
    matches!(
        (zone, time),
        ("America/New_York", "2024-03-10 02:30:00")
            | ("Australia/Lord_Howe", "2024-10-06 02:15:00")
            | ("Pacific/Apia", "2011-12-30 12:00:00")
            | ("Asia/Shanghai", "1986-05-04 02:30:00")
            | ("Asia/Manila", "1844-12-31 12:00:00")
    )
}

fn status(answer: &str) -> i64 {
    serde_json::from_str::<Value>(answer).unwrap()["status"].as_i64().unwrap()
}

#[test]
fn every_time_round_trips_or_is_refused_in_every_zone() {
    // Public reports: modelcontextprotocol/servers#4719, matrixone#28570 and luxon#1772 (a time that
    // the clocks skip is silently another).
    for zone in ZONES {
        let server = Server::start(&format!("timezone = {zone:?}\n"));
        let (_, token) = server.account("nora");
        let id = add(&server, &token, sample());
        for time in TIMES {
            let shown = format!("{time} in {zone}");
            let sent = with(sample(), json!({"occurrence_time": time, "publish_time": time}));
            let update = json!({"id": id, "occurrence_time": time, "update_time": time});
            let query = |key: &str| json!({"type": 1, key: time});
            if is_skipped(zone, time) {
                assert_eq!(status(&server.call_as(&token, "property/add", sent)), -204, "{shown}");
                let refused = server.call_as(&token, "property/update", update);
                assert_eq!(status(&refused), -204, "{shown}");
                for key in ["occurrence_time", "publish_time", "update_time"] {
                    let refused = server.call_as(&token, "property/query", query(key));
                    assert_eq!(status(&refused), -106, "{shown}");
                }
                continue;
            }
            let added = add(&server, &token, sent);
            server.done(&token, "property/update", update);
            for (key, expected) in [
                ("occurrence_time", &[id, added][..]),
                ("publish_time", &[added]),
                ("update_time", &[id, added]),
            ] {
                let rows = server.done(&token, "property/query", query(key));
                let mut found: Vec<i64> = Vec::new();
                for row in rows.as_array().unwrap() {
                    assert_eq!(row[key], time, "{shown}: {key}");
                    found.push(row["id"].as_i64().unwrap());
                }
                found.sort_unstable();
                assert_eq!(found, expected, "{shown}: {key}");
            }
        }
    }
}

#[test]
fn invalid_date_of_birth_is_refused() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    // 17 digits and their check digit.
    let card = |date: &str| {
        let digits = format!("110105{date}002");
        let sum = digits.bytes().fold(0, |sum, byte| (sum + u32::from(byte - b'0')) * 2 % 11);
        let check = match (12 - sum) % 11 {
            10 => "X".to_owned(),
            digit => digit.to_string(),
        };
        format!("{digits}{check}")
    };
    for date in [
        "20230229", "19000229", "21000229", "19991301", "19990001", "19990431", "19990100",
        "29990101", "20991231", "99991231",
    ] {
        let data = json!({"real_name": "诺拉", "id_card": card(date)});
        let answer = server.call_as(&token, "user/verify", data);
        assert_eq!(status(&answer), -2, "{date}: {answer}");
    }
    // A day whose midnight was skipped is valid.
    for (name, date) in [("nora1", "20000229"), ("nora2", "19400601"), ("nora3", "19860504")] {
        let (_, token) = server.account(name);
        let data = json!({"real_name": "诺拉", "id_card": card(date)});
        server.done(&token, "user/verify", data);
    }
}

#[test]
fn out_of_range_numbers_are_refused_not_clamped() {
    let server = Server::start("");
    let (_, token) = server.account("nora");
    for (name, data) in [
        ("property/query", r#"{"type":1,"limit":9223372036854775808}"#),
        ("property/query", r#"{"type":1,"id":18446744073709551616}"#),
        ("property/query", r#"{"type":4294967297}"#),
        ("property/query", r#"{"type":1,"state":1e0}"#),
        ("property/query", r#"{"type":1,"before":-9223372036854775809}"#),
        ("shop/get", r#"{"shop_id":"9223372036854775808"}"#),
        ("shop/list", r#"{"limit":4294967396}"#),
        ("shop/list", r#"{"before":"1e3"}"#),
        ("rank/list", r#"{"arange":[1,9223372036854775808]}"#),
        ("rank/list", r#"{"arange":[-9223372036854775808,9223372036854775807]}"#),
        ("rank/upload", r#"{"rank":9223372036854775808}"#),
        ("rank/upload", r#"{"rank":1.0}"#),
        ("score/post", r#"{"openid":"a","score":9223372036854775808}"#),
        ("score/top", r#"{"limit":4294967297}"#),
    ] {
        let (kind, subtype) = name.split_once('/').unwrap();
        let body =
            format!(r#"{{"id":7,"status":0,"type":"{kind}","subtype":"{subtype}","data":{data}}}"#);
        let answer = server.post(&format!("/api?token={token}"), &body);
        assert!(status(&answer) < 0 && !answer.contains("-404"), "{name} {data}: {answer}");
    }
}
