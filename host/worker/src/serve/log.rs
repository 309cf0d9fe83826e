//! A provider's log lines, on their way to the host.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};

use provost_plugin_api::Level;
use rustix::net::{SendFlags, send};

use crate::wire::log::packet;

pub(super) struct LogSocket {
    socket: OwnedFd,
    dropped: AtomicU64,
}

impl LogSocket {
    pub(super) fn new(socket: OwnedFd) -> Self {
        let dropped = AtomicU64::new(0);
        Self { socket, dropped }
    }

    /// Sends one line, or drops it: a provider must not wait for the host's log.
    pub(super) fn send(&self, level: Level, text: &str) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 && !self.try_send(Level::Warn, &format!("{dropped} lines dropped")) {
            self.dropped.fetch_add(dropped + 1, Ordering::Relaxed);
        } else if !self.try_send(level, text) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn try_send(&self, level: Level, text: &str) -> bool {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        send(&self.socket, &packet(level, text), flags).is_ok()
    }
}
