//! Who waits, and for how long.

use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[test]
fn counter_keeps_current_and_previous_period() {
    let mut counter = Counter::from(0);
    counter.move_to(7);
    counter.current = 5;
    counter = Counter::from(u64::from(counter));
    counter.move_to(8);
    assert_eq!((counter.current, counter.previous), (0, 5));
    counter.move_to(10);
    assert_eq!((counter.current, counter.previous), (0, 0));
}

#[test]
fn client_alone_never_waits() {
    let turns = ReadTurns::new();
    let one = turns.client([192, 0, 2, 1].into());
    turns.count(one, 1);
    // The very first read is a change of client, too; later ones are none.
    turns.is_contended.store(false, Ordering::Relaxed);
    assert!((0..10_000).all(|_| !turns.count(one, 1)));
}

#[test]
fn busy_client_waits_beside_another_one() {
    let turns = ReadTurns::new();
    let (busy, quiet) = (turns.client([192, 0, 2, 1].into()), turns.client([192, 0, 2, 2].into()));
    let waits: Vec<bool> = (0..FREE_COST + 2)
        .map(|_| {
            assert!(!turns.count(quiet, 0));
            turns.count(busy, 1)
        })
        .collect();
    assert!(!waits[0] && waits[usize::try_from(FREE_COST).unwrap()]);
}

/// Connections of one client, each with one byte that can be read.
async fn ready_streams(turns: &Arc<ReadTurns>, client: u64, count: usize) -> Vec<FairStream> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut peer = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        peer.write_all(b"x").await.unwrap();
        stream.readable().await.unwrap();
        // The peer stays open until the test ends.
        std::mem::forget(peer);
        streams.push(FairStream::new(stream, turns, Some(client)));
    }
    streams
}

#[tokio::test]
async fn quiet_client_is_read_first_and_others_by_turns() {
    let turns = ReadTurns::new();
    let [one, two, quiet] = [1, 2, 3].map(|last| turns.client([192, 0, 2, last].into()));
    let mut streams = Vec::new();
    for (name, client, count) in [("one", one, 3), ("two", two, 2), ("quiet", quiet, 1)] {
        for stream in ready_streams(&turns, client, count).await {
            streams.push((name, stream));
        }
    }
    turns.count(one, FREE_COST + 1);
    turns.count(two, FREE_COST + 1);
    let order = Arc::new(Mutex::new(Vec::new()));
    let reads: Vec<_> = streams
        .into_iter()
        .map(|(name, mut stream)| {
            let order = Arc::clone(&order);
            tokio::spawn(async move {
                stream.read_u8().await.unwrap();
                order.lock().unwrap().push(name);
            })
        })
        .collect();
    tokio::spawn(Arc::clone(&turns).grant(|| false));
    for read in reads {
        read.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["quiet", "one", "two", "one", "two", "one"]);
}

#[tokio::test]
async fn closed_connection_leaves_the_rotation() {
    let turns = ReadTurns::new();
    let [one, two] = [1, 2].map(|last| turns.client([192, 0, 2, last].into()));
    let streams = ready_streams(&turns, one, 3).await;
    turns.count(one, FREE_COST + 1);
    turns.count(two, 1);
    let waiting: Vec<_> = streams
        .into_iter()
        .map(|mut stream| tokio::spawn(async move { stream.read_u8().await }))
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(turns.lock().connections[&one].len(), 3);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
    for ended in waiting {
        assert!(ended.await.unwrap_err().is_cancelled());
    }
    let left = turns.lock();
    assert!(left.connections.is_empty() && left.rotation.is_empty());
}
