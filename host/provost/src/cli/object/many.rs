//! Many objects at once: some at a time, each with an outcome of its own, and a summary.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::cli::args::{Global, Output};
use crate::cli::progress::Progress;
use crate::cli::report::{self, Failure, hint_lines, one_line};
use crate::cli::with_runtime_of;
use crate::processors::processors;

/// Hints that were given once are not repeated; past this many, none is given.
const HINTS: usize = 64;

/// What a verb says of itself.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// While it goes on: "encrypting".
    pub(super) doing: &'static str,
    /// Afterwards, of objects: "encrypted".
    pub(super) done: &'static str,
}

/// What became of one object.
pub(super) enum Outcome<T> {
    /// It was done, to so many bytes of plaintext.
    Done { bytes: u64, details: T },
    /// There was nothing to do.
    Skipped { reason: String, worth_a_line: bool },
    /// It was not done.
    Failed(Failure),
}

/// One object to work on, or why there is none.
pub(super) enum Item<I> {
    Work {
        name: String,
        of: I,
    },
    Settled {
        name: String,
        skipped: Option<String>,
        failed: Option<Failure>,
    },
}

/// Runs one verb over many objects.
pub(super) struct Many<'g> {
    pub(super) words: Words,
    pub(super) jobs: usize,
    pub(super) global: &'g Global,
}

/// What has become of all objects so far.
struct Tally<T> {
    words: Words,
    done: u64,
    skipped: u64,
    failed: u64,
    bytes: u64,
    /// For JSON only.
    records: Option<Vec<Record<T>>>,
    hinted: HashSet<String>,
    progress: Progress,
}

#[derive(Serialize)]
struct Record<T> {
    uri: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(flatten)]
    details: Option<T>,
}

#[derive(Serialize)]
struct Document<'a, T, S> {
    objects: &'a [&'a Record<T>],
    summary: Summary<S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<report::ErrorBody<'a>>,
}

#[derive(Serialize)]
struct Summary<S> {
    done: u64,
    skipped: u64,
    failed: u64,
    plaintext_bytes: u64,
    /// Not all objects were reached.
    complete: bool,
    #[serde(flatten)]
    more: S,
}

/// What a verb adds to the summary: lines for people, fields for programs.
pub(super) trait Report: Send + 'static {
    type Fields: Serialize;
    fn lines(&self) -> Vec<String>;
    fn fields(&self) -> Self::Fields;
}

/// A verb that adds nothing.
#[derive(Clone, Copy)]
pub(super) struct Nothing;

#[derive(Serialize)]
pub(super) struct NoFields {}

impl Report for Nothing {
    type Fields = NoFields;
    fn lines(&self) -> Vec<String> {
        Vec::new()
    }
    fn fields(&self) -> NoFields {
        NoFields {}
    }
}

impl Many<'_> {
    /// Works on each item of `next`, `jobs` of them at once. `next` gives `None` after the last.
    ///
    /// An item that fails is told at once and keeps nobody from the others. When the listing
    /// itself fails, what was begun is ended and that failure is returned.
    pub(super) fn run<I, T, F, R>(
        &self,
        report: &Arc<Mutex<R>>,
        mut next: impl AsyncFnMut() -> Result<Option<Item<I>>, Failure>,
        work: impl Fn(I, Arc<Mutex<R>>) -> F,
    ) -> Result<(), Failure>
    where
        T: Serialize + Send + 'static,
        F: Future<Output = Outcome<T>> + Send + 'static,
        R: Report,
    {
        let json = self.global.output == Output::Json;
        let progress = Progress::counting_up(self.words.doing);
        let tally = Arc::new(Mutex::new(Tally::new(self.words, json, progress.clone())));
        let interrupted = {
            let (tally, report) = (Arc::clone(&tally), Arc::clone(report));
            move || {
                let tally = lock(&tally);
                tally.progress.clone().finish();
                let words = "interrupted; what was begun is given up, run it again to go on";
                let _ = tally.print(&*lock(&report), json, Some(&Failure::new(words)));
                report::note(words);
            }
        };
        let listed = with_runtime_of(
            self.jobs.min(processors()),
            async || {
                let mut running = JoinSet::new();
                let mut listed = Ok(());
                let mut ended = false;
                loop {
                    while !ended && running.len() < self.jobs {
                        match next().await {
                            Ok(Some(Item::Work { name, of })) => {
                                // Large, and tokio moves what it spawns.
                                let work = Box::pin(work(of, Arc::clone(report)));
                                running.spawn(async move { (name, work.await) });
                            }
                            Ok(Some(Item::Settled {
                                name,
                                skipped,
                                failed,
                            })) => {
                                let outcome = match failed {
                                    Some(failure) => Outcome::Failed(failure),
                                    None => Outcome::Skipped {
                                        reason: skipped.unwrap_or_default(),
                                        worth_a_line: true,
                                    },
                                };
                                lock(&tally).record(name, outcome);
                            }
                            Ok(None) => ended = true,
                            Err(failure) => {
                                listed = Err(failure);
                                ended = true;
                            }
                        }
                    }
                    match running.join_next().await {
                        Some(Ok((name, outcome))) => lock(&tally).record(name, outcome),
                        Some(Err(stopped)) => match stopped.try_into_panic() {
                            Ok(panic) => std::panic::resume_unwind(panic),
                            Err(stopped) => return Err(Failure::new(stopped)),
                        },
                        None => return listed,
                    }
                }
            },
            interrupted,
        );
        progress.finish();
        let (tally, report) = (lock(&tally), lock(report));
        tally.print(&*report, json, listed.as_ref().err())?;
        listed.map_err(|failure| if json { failure.in_document() } else { failure })?;
        tally.verdict(json)
    }
}

impl<T: Serialize> Tally<T> {
    fn new(words: Words, json: bool, progress: Progress) -> Self {
        Self {
            words,
            done: 0,
            skipped: 0,
            failed: 0,
            bytes: 0,
            records: json.then(Vec::new),
            hinted: HashSet::new(),
            progress,
        }
    }

    fn record(&mut self, name: String, outcome: Outcome<T>) {
        let (told, reason, hint, details) = match outcome {
            Outcome::Done { bytes, details } => {
                self.done += 1;
                self.bytes = self.bytes.saturating_add(bytes);
                ("done", None, None, Some(details))
            }
            Outcome::Skipped {
                reason,
                worth_a_line,
            } => {
                self.skipped += 1;
                if worth_a_line {
                    self.progress
                        .line(&one_line(&format!("skipped: `{name}`: {reason}")));
                }
                ("skipped", Some(reason), None, None)
            }
            Outcome::Failed(failure) => {
                self.failed += 1;
                let (message, hint, _) = failure.into_parts();
                let about = if message.contains(&name) {
                    String::new()
                } else {
                    format!("`{name}`: ")
                };
                let mut line = one_line(&format!("failed: {about}{message}"));
                if let Some(hint) = &hint
                    && self.hinted.len() < HINTS
                    && self.hinted.insert(hint.clone())
                {
                    line.push('\n');
                    line.push_str(&hint_lines(hint, "  "));
                }
                self.progress.line(&line);
                ("failed", Some(message), hint, None)
            }
        };
        self.progress
            .reached(self.done + self.skipped + self.failed);
        if let Some(records) = &mut self.records {
            records.push(Record {
                uri: name,
                outcome: told,
                reason,
                hint,
                details,
            });
        }
    }

    /// The summary, or the document.
    fn print<R: Report>(
        &self,
        report: &R,
        json: bool,
        error: Option<&Failure>,
    ) -> Result<(), Failure> {
        let Self {
            words,
            done,
            skipped,
            failed,
            bytes,
            ..
        } = self;
        if json {
            let mut records: Vec<_> = self.records.iter().flatten().collect();
            records.sort_by(|a, b| a.uri.cmp(&b.uri));
            return report::json(&Document {
                objects: &records,
                summary: Summary {
                    done: *done,
                    skipped: *skipped,
                    failed: *failed,
                    plaintext_bytes: *bytes,
                    complete: error.is_none(),
                    more: report.fields(),
                },
                error: error.map(Failure::document),
            });
        }
        for line in report.lines() {
            report::print(&line)?;
        }
        let objects = if *done == 1 { "object" } else { "objects" };
        let mut line = format!("{done} {objects} {}, {bytes} bytes", words.done);
        for (count, what) in [(skipped, "skipped"), (failed, "failed")] {
            if *count > 0 {
                let _ = write!(line, "; {count} {what}");
            }
        }
        report::print(&line)
    }

    fn verdict(&self, json: bool) -> Result<(), Failure> {
        if self.failed == 0 {
            return Ok(());
        }
        let all = self.done + self.skipped + self.failed;
        let failure = Failure::new(format!("{} of {all} objects failed", self.failed))
            .hint("each is named above; run the command again when its cause is removed");
        Err(if json { failure.in_document() } else { failure })
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
