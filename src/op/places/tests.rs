use super::super::kind::{Gateway, Hash, Pictures};
use super::*;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

type Waiting = Pin<Box<dyn Future<Output = Result<u32, Fault>>>>;

/// Ask for work of a kind, and go as far as it goes without waiting.
async fn ask<K: Kind>(
    places: &Arc<Places>,
    metrics: &Arc<Metrics>,
    work: impl FnOnce() -> Result<u32, Fault> + Send + 'static,
) -> Waiting {
    let (places, metrics) = (Arc::clone(places), Arc::clone(metrics));
    let mut waiting: Waiting = Box::pin(async move { places.run::<K, _>(&metrics, work).await });
    poll_fn(|context| {
        let _ = waiting.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
    waiting
}

/// Take a place of a kind until the sender is dropped.
async fn hold<K: Kind>(places: &Arc<Places>, metrics: &Arc<Metrics>) -> (Sender<()>, Waiting) {
    let (held, until) = channel::<()>();
    let work = move || {
        let _ = until.recv();
        Ok(0)
    };
    (held, ask::<K>(places, metrics, work).await)
}

fn refused(metrics: &Metrics) -> u64 {
    metrics.refused[Refused::NoPlace as usize].get()
}

#[test]
fn the_line_for_a_place_is_bounded_and_who_leaves_it_makes_room() {
    runtime().block_on(async {
        let (places, metrics) = (Arc::new(Places::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&places, &metrics).await;
        let mut line = Vec::new();
        for nth in 0..u32::try_from(LINE).unwrap() {
            line.push(ask::<Pictures>(&places, &metrics, move || Ok(nth)).await);
        }
        let none = || -> Result<u32, Fault> { panic!("it was done") };
        let one_more = places.run::<Pictures, _>(&metrics, none).await;
        assert!(matches!(one_more, Err(Fault::Busy)), "{one_more:?}");
        assert_eq!(refused(&metrics), 1);
        // Other kinds have a line of their own.
        assert_eq!(places.run::<Gateway, _>(&metrics, || Ok(7)).await.unwrap(), 7);
        drop(line.pop());
        line.push(ask::<Pictures>(&places, &metrics, || Ok(255)).await);
        drop(held);
        assert_eq!(first.await.unwrap(), 0);
        for (nth, waiting) in (0..).zip(line) {
            assert_eq!(waiting.await.unwrap(), nth);
        }
        assert_eq!(refused(&metrics), 1);
    });
}

#[test]
fn nobody_waits_for_ever() {
    runtime().block_on(async {
        tokio::time::pause();
        let (places, metrics) = (Arc::new(Places::new()), Arc::new(Metrics::default()));
        let (held, first) = hold::<Pictures>(&places, &metrics).await;
        let waiting = ask::<Pictures>(&places, &metrics, || Ok(1)).await;
        tokio::time::advance(PATIENCE - Duration::from_secs(1)).await;
        let later = ask::<Pictures>(&places, &metrics, || Ok(2)).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(matches!(waiting.await, Err(Fault::Busy)));
        drop(held);
        assert_eq!((first.await.unwrap(), later.await.unwrap()), (0, 2));
        assert_eq!(refused(&metrics), 1);
    });
}

#[test]
fn work_that_is_stuck_keeps_its_thread_and_not_its_place() {
    let (places, metrics) = (Arc::new(Places::new()), Arc::new(Metrics::default()));
    let crews = places.crews().unwrap();
    runtime().block_on(async {
        let mut stuck = Vec::new();
        for _ in 0..Hash::places(cores()) {
            stuck.push(hold::<Hash>(&places, &metrics).await);
        }
        let name = || Ok(u32::from(std::thread::current().name() == Some("hurried")));
        let mut next = ask::<Hash>(&places, &metrics, name).await;
        // Stuck is who is still there after a second; all of them must be asked.
        let turn = poll_fn(|context| {
            for (_, waiting) in &mut stuck {
                assert!(waiting.as_mut().poll(context).is_pending());
            }
            next.as_mut().poll(context)
        });
        assert_eq!(turn.await.unwrap(), 1);
        assert_eq!(places.run::<Hash, _>(&metrics, name).await.unwrap(), 1);
        for (held, waiting) in stuck {
            drop(held);
            assert_eq!(waiting.await.unwrap(), 0);
        }
        // No place is given back twice.
        let free = places.queues[Hash::INDEX].free.available_permits();
        assert_eq!(free, Hash::places(cores()));
    });
    crews.end(Duration::from_secs(1));
}

#[test]
fn a_panic_gives_its_place_back() {
    runtime().block_on(async {
        let (places, metrics) = (Arc::new(Places::new()), Arc::new(Metrics::default()));
        for _ in 0..3 {
            let panics = || -> Result<u32, Fault> { panic!("on purpose") };
            let told = places.run::<Pictures, _>(&metrics, panics).await;
            assert!(matches!(told, Err(Fault::Unknown(_))), "{told:?}");
        }
        assert_eq!(places.run::<Pictures, _>(&metrics, || Ok(1)).await.unwrap(), 1);
    });
}
