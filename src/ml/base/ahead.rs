//! Computes one item ahead on a second thread.

use std::{ops::Range, sync::mpsc, thread};

/// `make` of each of `range`, one ahead, on a thread of its own; `take` is given them in order, and may leave the rest.
pub fn ahead<T: Send, R>(range: Range<usize>, make: impl Fn(usize) -> T + Send, take: impl FnOnce(mpsc::Receiver<T>) -> R) -> R {
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(0);
        scope.spawn(move || {
            // The other end hangs up when it stops early.
            for i in range {
                if sender.send(make(i)).is_err() {
                    break;
                }
            }
        });
        take(receiver)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_come_in_order_and_none_is_waited_for() {
        assert_eq!(ahead(3..9, |i| 2 * i, |made| made.into_iter().collect::<Vec<_>>()), [6, 8, 10, 12, 14, 16]);
        assert_eq!(ahead(0..usize::MAX, |i| i, |made| made.into_iter().nth(4)), Some(4));
    }
}
