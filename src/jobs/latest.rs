//! A thread that does the newest request: its queue has room for one, and a newer one replaces the one before.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{Builder, JoinHandle},
};

/// The thread's end.
pub(crate) struct LatestReceiver<T> {
    slot: Mutex<Slot<T>>,
    changed: Condvar,
}

struct Slot<T> {
    request: Option<T>,
    closed: bool,
}

/// What a thread finds that has other work.
pub(crate) enum Next<T> {
    Request(T),
    /// Nothing new.
    Idle,
    Closed,
}

impl<T> LatestReceiver<T> {
    fn lock(&self) -> MutexGuard<'_, Slot<T>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a request; `None` at the end.
    pub fn next(&self) -> Option<T> {
        match self.next_or_idle(false) {
            Next::Request(request) => Some(request),
            Next::Idle | Next::Closed => None,
        }
    }

    /// Waits for a request only where there is no other work.
    pub fn next_or_idle(&self, has_work: bool) -> Next<T> {
        let mut slot = self.lock();
        loop {
            match slot.request.take() {
                _ if slot.closed => return Next::Closed,
                Some(request) => return Next::Request(request),
                None if has_work => return Next::Idle,
                None => slot = self.changed.wait(slot).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Something newer has come, or the end.
    pub fn is_stale(&self) -> bool {
        let slot = self.lock();
        slot.closed || slot.request.is_some()
    }

    fn put(&self, change: impl FnOnce(&mut Slot<T>)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// The window's end.
pub struct LatestOnly<T> {
    requests: Arc<LatestReceiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> LatestOnly<T> {
    pub(crate) fn spawn(name: &str, work: impl FnOnce(&LatestReceiver<T>) + Send + 'static) -> io::Result<Self> {
        let requests =
            Arc::new(LatestReceiver { slot: Mutex::new(Slot { request: None, closed: false }), changed: Condvar::new() });
        let there = requests.clone();
        let thread = Builder::new().name(name.into()).spawn(move || work(&there))?;
        Ok(Self { requests, thread: Some(thread) })
    }

    /// Replaces the request before, where that has not begun.
    pub fn ask(&self, request: T) {
        self.requests.put(|slot| slot.request = Some(request));
    }

    /// Ends the thread, and waits for it.
    pub fn join(&mut self) {
        self.requests.put(|slot| slot.closed = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn newest_request_replaces_older_ones() {
        let (go, begun) = channel();
        let (done, seen) = channel();
        let mut worker = LatestOnly::spawn("test", move |requests| {
            begun.recv().unwrap();
            while let Some(request) = requests.next() {
                done.send((request, requests.is_stale())).unwrap();
            }
        })
        .unwrap();
        (1..=3).for_each(|request| worker.ask(request));
        go.send(()).unwrap();
        assert_eq!(seen.recv(), Ok((3, false)));
        worker.join();
        assert!(seen.recv().is_err());
    }

    #[test]
    fn thread_with_other_work_does_not_wait() {
        let (done, seen) = channel();
        let mut worker = LatestOnly::<u8>::spawn("test", move |requests| {
            let idle = matches!(requests.next_or_idle(true), Next::Idle);
            let closed = matches!(requests.next_or_idle(false), Next::Closed) && requests.is_stale();
            done.send((idle, closed)).unwrap();
        })
        .unwrap();
        worker.join();
        // The end may have come before the first look.
        assert!(seen.recv().is_ok_and(|(_, closed)| closed));
    }
}
