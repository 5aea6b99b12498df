use super::*;
use crate::config::SharedNetworks;
use crate::fault::Exceeded;
use crate::workers::class::{Gateway, Hash, Pictures, Scan, Store};
use crate::workers::queue::{MAX_QUEUED, MAX_QUEUED_PER_ADDRESS};
use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

type Waiting = Pin<Box<dyn Future<Output = Result<u32, Fault>>>>;

/// A client without limits per address.
fn unknown() -> Client {
    Client::unknown([127, 0, 0, 1].into())
}

/// The client `192.0.2.last`.
fn client(last: u8) -> Client {
    Client::new([192, 0, 2, last].into(), &SharedNetworks::default())
}

/// Requests work of a class for a client, and polls it once.
async fn ask_as<K: WorkClass>(
    client: Client,
    workers: &Arc<Workers>,
    metrics: &Arc<Metrics>,
    work: impl FnOnce() -> Result<u32, Fault> + Send + 'static,
) -> Waiting {
    let (workers, metrics) = (Arc::clone(workers), Arc::clone(metrics));
    let mut waiting: Waiting =
        Box::pin(async move { workers.run::<K, _>(&metrics, &client, work).await });
    match poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await {
        // Done already: whoever waits for it gets the result that this look has taken.
        Poll::Ready(result) => Box::pin(ready(result)),
        Poll::Pending => waiting,
    }
}

async fn ask<K: WorkClass>(
    workers: &Arc<Workers>,
    metrics: &Arc<Metrics>,
    work: impl FnOnce() -> Result<u32, Fault> + Send + 'static,
) -> Waiting {
    ask_as::<K>(unknown(), workers, metrics, work).await
}

/// Take a permit until the sender is dropped.
async fn hold_as<K: WorkClass>(
    client: Client,
    workers: &Arc<Workers>,
    metrics: &Arc<Metrics>,
) -> (Sender<()>, Waiting) {
    let (held, until) = channel::<()>();
    let work = move || {
        let _ = until.recv();
        Ok(0)
    };
    (held, ask_as::<K>(client, workers, metrics, work).await)
}

async fn hold<K: WorkClass>(
    workers: &Arc<Workers>,
    metrics: &Arc<Metrics>,
) -> (Sender<()>, Waiting) {
    hold_as::<K>(unknown(), workers, metrics).await
}

fn refused(metrics: &Metrics) -> u64 {
    metrics.refused[RefusalReason::NoPermit as usize].get()
}

#[test]
fn full_queue_is_busy_until_a_request_leaves() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&workers, &metrics).await;
        let mut line = Vec::new();
        for nth in 0..u32::try_from(MAX_QUEUED).unwrap() {
            line.push(ask::<Pictures>(&workers, &metrics, move || Ok(nth)).await);
        }
        let none = || -> Result<u32, Fault> { panic!("it was done") };
        let one_more = workers.run::<Pictures, _>(&metrics, &unknown(), none).await;
        assert!(matches!(one_more, Err(Fault::Busy)), "{one_more:?}");
        assert_eq!(refused(&metrics), 1);
        // Other kinds have a line of their own.
        assert_eq!(workers.run::<Gateway, _>(&metrics, &unknown(), || Ok(7)).await.unwrap(), 7);
        drop(line.pop());
        line.push(ask::<Pictures>(&workers, &metrics, || Ok(255)).await);
        drop(held);
        assert_eq!(first.await.unwrap(), 0);
        for (nth, waiting) in (0..).zip(line) {
            assert_eq!(waiting.await.unwrap(), nth);
        }
        assert_eq!(refused(&metrics), 1);
    });
}

#[test]
fn queued_request_times_out() {
    runtime().block_on(async {
        tokio::time::pause();
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&workers, &metrics).await;
        let waiting = ask::<Pictures>(&workers, &metrics, || Ok(1)).await;
        tokio::time::advance(QUEUE_TIMEOUT - Duration::from_secs(1)).await;
        let later = ask::<Pictures>(&workers, &metrics, || Ok(2)).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(matches!(waiting.await, Err(Fault::Busy)));
        drop(held);
        assert_eq!((first.await.unwrap(), later.await.unwrap()), (0, 2));
        assert_eq!(refused(&metrics), 1);
    });
}

#[test]
fn stuck_work_keeps_its_thread_but_not_its_permit() {
    let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
    let runtime = runtime();
    let pools = workers.pools(runtime.handle()).unwrap();
    runtime.block_on(async {
        let mut starved_after = Vec::new();
        for _ in 0..Hash::permits(cores()) {
            starved_after.push(hold::<Hash>(&workers, &metrics).await);
        }
        let name = || Ok(u32::from(std::thread::current().name() == Some("hurried")));
        let mut next = ask::<Hash>(&workers, &metrics, name).await;
        // Stuck is who is still there after a second; all of them must be asked.
        let turn = poll_fn(|context| {
            for (_, waiting) in &mut starved_after {
                assert!(waiting.as_mut().poll(context).is_pending());
            }
            next.as_mut().poll(context)
        });
        assert_eq!(turn.await.unwrap(), 1);
        assert_eq!(workers.run::<Hash, _>(&metrics, &unknown(), name).await.unwrap(), 1);
        for (held, waiting) in starved_after {
            drop(held);
            assert_eq!(waiting.await.unwrap(), 0);
        }
        // No place is given back twice.
        let free = workers.queues[Hash::INDEX].free();
        assert_eq!(free, Hash::permits(cores()));
    });
    pools.end(Duration::from_secs(1));
}

#[test]
fn request_aside_runs_at_idle_priority() {
    let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
    let runtime = runtime();
    let pools = workers.pools(runtime.handle()).unwrap();
    let thread = || std::thread::current().name().map(str::to_owned);
    runtime.block_on(async {
        let inner = Arc::clone(&workers);
        let aside = workers.aside(async move {
            let client = unknown();
            let work = move || Ok(thread());
            (thread(), inner.run::<Store, _>(&metrics, &client, work).await.unwrap())
        });
        let (own, other) = aside.await.unwrap();
        assert_eq!(own.as_deref(), Some("background"));
        // Work that it asks for has the priority of its class.
        assert_ne!(other.as_deref(), Some("background"));
    });
    pools.end(Duration::from_secs(1));
}

#[test]
fn request_aside_ends_with_its_caller() {
    let workers = Arc::new(Workers::new());
    let runtime = runtime();
    let pools = workers.pools(runtime.handle()).unwrap();
    runtime.block_on(async {
        let (begins, begun) = oneshot::channel();
        let (keeps, kept) = oneshot::channel::<()>();
        let inner = Arc::clone(&workers);
        let caller = tokio::spawn(async move {
            let aside = inner.aside(async move {
                let _ = begins.send(());
                std::future::pending::<()>().await;
                drop(keeps);
            });
            aside.await
        });
        begun.await.unwrap();
        caller.abort();
        assert!(kept.await.is_err(), "it was dropped with its caller");
    });
    pools.end(Duration::from_secs(1));
}

#[test]
fn panic_returns_the_permit() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        for _ in 0..3 {
            let panics = || -> Result<u32, Fault> { panic!("on purpose") };
            let told = workers.run::<Pictures, _>(&metrics, &unknown(), panics).await;
            assert!(matches!(told, Err(Fault::Unknown(_))), "{told:?}");
        }
        assert_eq!(workers.run::<Pictures, _>(&metrics, &unknown(), || Ok(1)).await.unwrap(), 1);
    });
}

/// The order in which queued `clients` are served, as the last byte of each address.
async fn served(clients: &[u8]) -> Vec<u32> {
    let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
    let (held, first) = hold::<Pictures>(&workers, &metrics).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for last in clients.iter().copied() {
        let order = Arc::clone(&order);
        let work = move || {
            order.lock().unwrap().push(u32::from(last));
            Ok(0)
        };
        waiting.push(ask_as::<Pictures>(client(last), &workers, &metrics, work).await);
    }
    drop(held);
    first.await.unwrap();
    // Each goes on when it is polled: all of them at once, until all are done.
    poll_fn(|context| {
        waiting.retain_mut(|waiting| waiting.as_mut().poll(context).is_pending());
        if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    order.lock().unwrap().clone()
}

#[test]
fn addresses_are_served_in_turn() {
    runtime().block_on(async {
        assert_eq!(served(&[1, 1, 1, 1, 2, 2, 3]).await, [1, 2, 3, 1, 2, 1, 1]);
    });
}

#[test]
fn one_address_may_queue_a_quarter() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&workers, &metrics).await;
        let mut queued = Vec::new();
        for _ in 0..MAX_QUEUED_PER_ADDRESS {
            queued.push(ask_as::<Pictures>(client(1), &workers, &metrics, || Ok(1)).await);
        }
        let refused = workers.run::<Pictures, u32>(&metrics, &client(1), || Ok(1)).await;
        let limit = "queue.per_address";
        assert!(
            matches!(refused, Err(Fault::TooManyAttempts(Exceeded { limit: told, .. })) if told == limit),
            "{refused:?}"
        );
        let other = ask_as::<Pictures>(client(2), &workers, &metrics, || Ok(2)).await;
        drop(held);
        first.await.unwrap();
        for waiting in queued {
            drop(waiting);
        }
        assert_eq!(other.await.unwrap(), 2);
    });
}

#[test]
fn newcomer_displaces_latest_of_the_longest_queue() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&workers, &metrics).await;
        let mut queued = Vec::new();
        for _ in 0..MAX_QUEUED {
            queued.push(ask::<Pictures>(&workers, &metrics, || Ok(1)).await);
        }
        let newcomer = ask_as::<Pictures>(client(2), &workers, &metrics, || Ok(2)).await;
        assert!(matches!(queued.pop().unwrap().await, Err(Fault::Busy)));
        drop((held, queued));
        assert_eq!((first.await.unwrap(), newcomer.await.unwrap()), (0, 2));
    });
}

#[test]
fn one_address_cannot_take_all_scan_permits() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let mut scans = Vec::new();
        for _ in 0..2 * Scan::permits(cores()) {
            scans.push(hold_as::<Scan>(client(1), &workers, &metrics).await);
        }
        let other = ask_as::<Scan>(client(2), &workers, &metrics, || Ok(2)).await;
        assert_eq!(other.await.unwrap(), 2);
        drop(scans);
    });
}

#[test]
fn leaving_after_the_grant_returns_the_permit() {
    runtime().block_on(async {
        let (workers, metrics) = (Arc::new(Workers::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&workers, &metrics).await;
        let leaver = ask_as::<Pictures>(client(1), &workers, &metrics, || Ok(1)).await;
        let other = ask_as::<Pictures>(client(2), &workers, &metrics, || Ok(2)).await;
        drop(held);
        // Now the leaver has the permit, and has not looked.
        first.await.unwrap();
        drop(leaver);
        assert_eq!(other.await.unwrap(), 2);
        assert_eq!(workers.queues[Pictures::INDEX].free(), 1);
    });
}
