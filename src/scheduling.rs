//! How the operating system chooses between this program's threads. Nothing here needs a privilege; elsewhere than on
//! Linux nothing is changed.

#[cfg(target_os = "linux")]
use thread_priority::NormalThreadSchedulePolicy as Policy;

/// Let this thread run when nothing else wants to (Linux: `SCHED_IDLE`).
pub(crate) fn set_idle_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = set_policy(Policy::Idle) {
        tracing::warn!(
            ?error,
            "a background thread could not be given idle priority; it runs at ordinary priority"
        );
    }
}

/// On a machine with one processor: do not let this thread interrupt others when it wakes (Linux: `SCHED_BATCH`).
/// It comes to work when they wait, or at the end of their time slice.
///
/// A thread that was interrupted is ready and waits, so the kernel may have a thread of idle priority run before it,
/// up to the next tick of the clock, 4 ms later. A request that waited for a write would wait for that, too.
pub(crate) fn do_not_interrupt_others() {
    #[cfg(target_os = "linux")]
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
        // Some latency is lost where this fails, nothing else.
        if let Err(error) = set_policy(Policy::Batch) {
            tracing::debug!(?error, "a thread keeps its scheduling policy");
        }
    }
}

#[cfg(target_os = "linux")]
fn set_policy(policy: Policy) -> Result<(), thread_priority::Error> {
    use rustix::process::{getpriority_process, setpriority_process};
    use thread_priority::{ThreadPriority, ThreadSchedulePolicy, thread_native_id};
    let niceness = getpriority_process(None);
    let (thread, policy) = (thread_native_id(), ThreadSchedulePolicy::Normal(policy));
    let priority = ThreadPriority::Os(Default::default());
    let set = thread_priority::set_thread_priority_and_policy(thread, priority, policy);
    // Setting the policy resets the niceness that the operator may have started the program with.
    if let Ok(niceness @ ..=-1) = niceness {
        let _ = setpriority_process(None, niceness);
    }
    set
}
