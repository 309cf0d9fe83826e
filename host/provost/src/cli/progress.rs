//! Progress on what takes long, when a person watches.

use std::io::IsTerminal;
use std::sync::{Arc, Once};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::report::note;

/// How long something goes on before anybody wants to know.
const WHILE: Duration = Duration::from_millis(500);

/// A bar on stderr, drawn only if that is a terminal and it takes a while.
#[derive(Clone)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// For a transfer of `total` bytes, if that is known.
    pub(crate) fn new(what: &str, total: Option<u64>) -> Self {
        let template = match total {
            Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        Self::with_template(what, total, template)
    }

    /// For `total` things that are done one after the other.
    pub(crate) fn counting(what: &str, total: usize) -> Self {
        Self::with_template(what, Some(total as u64), "{msg} {bar:30} {pos}/{len} {eta}")
    }

    /// For things of which nobody knows how many there are.
    pub(crate) fn counting_up(what: &str) -> Self {
        Self::with_template(what, None, "{msg} {spinner} {pos} objects {elapsed}")
    }

    fn with_template(what: &str, total: Option<u64>, template: &str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self(Some(bar))
    }

    /// What is called with the number of bytes, or of things, done.
    pub(crate) fn callback(&self) -> Arc<dyn Fn(u64) + Send + Sync> {
        let bar = self.0.clone();
        let shown = Once::new();
        Arc::new(move |done| {
            let Some(bar) = &bar else {
                return;
            };
            if bar.elapsed() >= WHILE {
                shown.call_once(|| bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10)));
            }
            bar.set_position(done);
        })
    }

    /// So many are done.
    pub(crate) fn reached(&self, done: u64) {
        if let Some(bar) = &self.0 {
            if bar.is_hidden() && bar.elapsed() >= WHILE {
                bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            }
            bar.set_position(done);
        }
    }

    /// Says something on stderr, above the bar.
    pub(crate) fn line(&self, text: &str) {
        match &self.0 {
            Some(bar) => bar.suspend(|| note(text)),
            None => note(text),
        }
    }

    /// Removes the bar.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.0 {
            bar.finish_and_clear();
        }
    }
}
