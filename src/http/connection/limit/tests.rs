use super::*;
use crate::config::{Networks, SharedNetworks};

fn limits() -> Limits {
    Limits {
        trusted_proxies: Networks::from_iter(["192.0.2.250/32".parse().unwrap()]),
        shared_networks: SharedNetworks::from_iter([("192.0.2.100/32".parse().unwrap(), 10)]),
        ..Limits::default()
    }
}

/// A server with a limit of `most` connections.
fn connections(most: usize) -> Arc<Connections> {
    let (metrics, table, freed) = (Arc::default(), Mutex::default(), Notify::new());
    Arc::new(Connections { most, metrics, table, freed })
}

struct Opened(
    Arc<ConnectionState>,
    #[expect(dead_code, reason = "held for its end")] ConnectionPermit,
);

impl Opened {
    fn is_evicted(&self) -> bool {
        self.0.is_evicted()
    }
}

/// Opens a connection from `192.0.2.last`; `None` if it was refused or has to wait.
async fn open(connections: &Arc<Connections>, last: u8) -> Option<Opened> {
    let state = Arc::new(ConnectionState::default());
    let limits = limits();
    let admitted = connections.admit(&limits, [192, 0, 2, last].into(), &state);
    let place = timeout(Duration::from_millis(1), admitted).await.ok()??;
    Some(Opened(state, place))
}

async fn open_many(connections: &Arc<Connections>, last: u8, count: usize) -> Vec<Opened> {
    let mut opened = Vec::new();
    for _ in 0..count {
        opened.extend(open(connections, last).await);
    }
    opened
}

fn evicted(opened: &[Opened]) -> usize {
    opened.iter().filter(|opened| opened.is_evicted()).count()
}

#[test]
fn connection_limit_follows_files_and_memory() {
    let much = usize::MAX;
    assert_eq!(most(Some(1024), 1, much), 896);
    assert_eq!(most(Some(1024), 2, much), 448);
    assert_eq!(most(Some(64), 1, much), 32);
    assert_eq!(most(Some(100_000), 1, 128 << 20), (128 << 20) / BYTES_EACH);
    assert_eq!(most(None, 1, 40 << 20), 1024);
    assert_eq!(most(Some(1), 1, 1), 1);
}

#[tokio::test(start_paused = true)]
async fn half_empty_server_limits_nobody() {
    let connections = connections(100);
    let all = open_many(&connections, 1, 50).await;
    assert_eq!((all.len(), evicted(&all)), (50, 0));
}

#[tokio::test(start_paused = true)]
async fn busiest_address_loses_idle_connections() {
    let connections = connections(100);
    let heavy = open_many(&connections, 1, 45).await;
    let light = open_many(&connections, 2, 5).await;
    assert_eq!(evicted(&heavy) + evicted(&light), 0);
    let newcomers = open_many(&connections, 3, 4).await;
    assert_eq!((newcomers.len(), evicted(&newcomers), evicted(&light)), (4, 0, 0));
    assert_eq!(evicted(&heavy), 4, "one for each newcomer");
    assert_eq!(connections.metrics.http.evicted.get(), 4);
    assert!(heavy[..4].iter().all(Opened::is_evicted), "the oldest first");
}

#[tokio::test(start_paused = true)]
async fn connections_with_a_request_are_not_evicted() {
    let connections = connections(100);
    let heavy = open_many(&connections, 1, 50).await;
    let mut requests: Vec<_> = heavy[..49].iter().map(|opened| opened.0.request()).collect();
    let newcomer = open(&connections, 2).await;
    assert!(newcomer.is_some() && heavy[49].is_evicted() && evicted(&heavy) == 1);
    // One that has answered goes after those that never asked.
    requests.truncate(1);
    let unfinished = open(&connections, 1).await.unwrap();
    let _newcomer = open(&connections, 3).await.unwrap();
    assert!(unfinished.is_evicted());
}

#[tokio::test(start_paused = true)]
async fn address_has_at_most_half_of_the_connections() {
    let connections = connections(100);
    let heavy = open_many(&connections, 1, 50).await;
    let _requests: Vec<_> = heavy.iter().map(|opened| opened.0.request()).collect();
    assert!(open(&connections, 1).await.is_none());
    let others = open_many(&connections, 2, 50).await;
    assert_eq!(others.len(), 50);
    assert!(open(&connections, 3).await.is_none(), "all places are taken");
    assert_eq!(
        connections.metrics.http.refused_by_limit.get(),
        1,
        "of those that were not to wait"
    );
}

#[tokio::test(start_paused = true)]
async fn trusted_proxy_and_shared_network_have_more_places() {
    let connections = connections(100);
    assert_eq!(open_many(&connections, 250, 90).await.len(), 90);
    let connections = self::connections(100);
    let shared = open_many(&connections, 100, 60).await;
    assert_eq!((shared.len(), evicted(&shared)), (60, 0));
}

#[tokio::test(start_paused = true)]
async fn full_server_closes_idle_one_to_admit_newcomer() {
    let connections = connections(10);
    let mut others = Vec::new();
    for last in 1..=5 {
        others.extend(open_many(&connections, last, 2).await);
    }
    assert_eq!((others.len(), evicted(&others)), (10, 0));
    assert!(open(&connections, 9).await.is_none());
    assert_eq!(evicted(&others), 1, "the newcomer has fewer than any other");
    others.retain(|opened| !opened.is_evicted());
    assert!(open(&connections, 9).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn closed_connections_leave_no_trace() {
    let connections = connections(10);
    drop(open_many(&connections, 1, 5).await);
    let table = connections.lock();
    assert_eq!((table.open, table.clients.len(), table.by_weight.len()), (0, 0, 0));
}
