//! A thread that does the newest wish: its mailbox has room for one, and a newer one replaces the one before.

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

/// What a thread finds that has something else to go on with.
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

    /// Waits for a wish; `None` at the end.
    pub fn next(&self) -> Option<T> {
        match self.next_or_idle(false) {
            Next::Request(request) => Some(request),
            Next::Idle | Next::Closed => None,
        }
    }

    /// Waits for a wish only where there is no other work.
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
    mailbox: Arc<LatestReceiver<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> LatestOnly<T> {
    pub(crate) fn spawn(name: &str, work: impl FnOnce(&LatestReceiver<T>) + Send + 'static) -> io::Result<Self> {
        let mailbox =
            Arc::new(LatestReceiver { slot: Mutex::new(Slot { request: None, closed: false }), changed: Condvar::new() });
        let there = mailbox.clone();
        let thread = Builder::new().name(name.into()).spawn(move || work(&there))?;
        Ok(Self { mailbox, thread: Some(thread) })
    }

    /// Replaces the wish before, where that has not begun.
    pub fn ask(&self, request: T) {
        self.mailbox.put(|slot| slot.request = Some(request));
    }

    /// Ends the thread, and waits for it.
    pub fn join(&mut self) {
        self.mailbox.put(|slot| slot.closed = true);
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
    fn the_newest_wish_is_done_and_older_ones_are_forgotten() {
        let (go, begun) = channel();
        let (done, seen) = channel();
        let mut worker = LatestOnly::spawn("test", move |mailbox| {
            begun.recv().unwrap();
            while let Some(request) = mailbox.next() {
                done.send((request, mailbox.is_stale())).unwrap();
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
    fn a_thread_with_other_work_does_not_wait() {
        let (done, seen) = channel();
        let mut worker = LatestOnly::<u8>::spawn("test", move |mailbox| {
            let idle = matches!(mailbox.next_or_idle(true), Next::Idle);
            let closed = matches!(mailbox.next_or_idle(false), Next::Closed) && mailbox.is_stale();
            done.send((idle, closed)).unwrap();
        })
        .unwrap();
        worker.join();
        // The end may have come before the first look.
        assert!(seen.recv().is_ok_and(|(_, closed)| closed));
    }
}
