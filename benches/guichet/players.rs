//! Boards filled with the same players in every database.

use crate::folder::Folder;
use crate::guichet;
use crate::wire;
use rusqlite::{Connection, params};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

/// Redis's key, and the app of the scores.
pub const BOARD: &str = "default";

/// A player's id; ids sort in the order of their numbers.
pub fn openid(player: u64) -> String {
    format!("player-{player:010}")
}

/// A player's score: spread evenly, small enough to be exact in Redis's doubles.
pub fn score(player: u64) -> u64 {
    let mut mixed = player.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    (mixed ^ (mixed >> 32)) >> 24
}

/// A folder whose database has `count` players on the board, and as many accounts' ranks if
/// `ranks`. The server made the tables.
pub fn folder(count: u64, ranks: bool) -> Folder {
    let folder = Folder::new();
    guichet::start(&folder).end();
    fill(&guichet::database(&folder), count, ranks);
    folder
}

/// A database file with the server's schema and `count` players, for other servers.
pub fn file(path: &Path, count: u64) {
    Connection::open(path).unwrap().execute_batch(include_str!("../../schema.sql")).unwrap();
    fill(path, count, false);
}

fn fill(path: &Path, count: u64, ranks: bool) {
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    let tx = connection.transaction().unwrap();
    {
        tx.execute("INSERT INTO app (name) VALUES (?)", [BOARD]).unwrap();
        let mut insert = tx
            .prepare("INSERT INTO score (app, openid, score, reached_at) VALUES (?, ?, ?, ?)")
            .unwrap();
        for player in 0..count {
            let (score, reached) = (score(player).cast_signed(), player.cast_signed() + 1);
            insert.execute(params![BOARD, openid(player), score, reached]).unwrap();
        }
        let mut insert =
            tx.prepare("INSERT INTO rank (account, score, reached_at) VALUES (?, ?, ?)").unwrap();
        for player in 0..if ranks { count } else { 0 } {
            let (account, score) = (200_000 + player.cast_signed(), score(player).cast_signed());
            insert.execute(params![account, score, player.cast_signed() + 1]).unwrap();
        }
    }
    tx.commit().unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// Put the same players into Redis.
pub fn into_redis(address: SocketAddr, count: u64) {
    const PIECE: u64 = 1_000;
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request = Vec::new();
    for first in (0..count).step_by(PIECE as usize) {
        let players = first..count.min(first + PIECE);
        let members: Vec<String> =
            players.flat_map(|player| [score(player).to_string(), openid(player)]).collect();
        let words: Vec<&str> =
            ["ZADD", BOARD].into_iter().chain(members.iter().map(String::as_str)).collect();
        request.clear();
        wire::command(&mut request, &words);
        stream.write_all(&request).unwrap();
        let mut answer = [0; 64];
        let length = stream.read(&mut answer).unwrap();
        assert_eq!(answer[..length][0], b':', "{:?}", &answer[..length]);
    }
}
