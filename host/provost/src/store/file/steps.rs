//! The steps of a write, named and watched.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::store::{ObjectUri, StoreError};

/// A step of a put or delete on a [`FileStore`](super::FileStore): about one system call each, so
/// that a test can end the process before any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Open the folder, made if it is not there.
    OpenFolder,
    /// Create the file that the body is staged in.
    StageBody,
    /// Write a chunk of the body.
    WriteBody,
    /// Make the staged body durable.
    SyncBody,
    /// Wait for other writers of the folder.
    LockFolder,
    /// Look at the object that is there.
    ReadCurrent,
    /// Remove what a writer that died had left.
    RemoveLeftover,
    /// Write the new metadata file, under a passing name.
    WriteSidecar,
    /// Make it durable.
    SyncSidecar,
    /// Put it in place of the old one.
    PlaceSidecar,
    /// Give the staged body a passing name.
    NameBody,
    /// Put the staged body in place.
    PlaceBody,
    /// Tell that the object changes, by the body's time of change.
    MarkBody,
    /// Remove the body.
    RemoveBody,
    /// Remove the metadata file.
    RemoveSidecar,
    /// Make the folder's names durable.
    SyncFolder,
}

impl Step {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::OpenFolder => "open its folder",
            Self::StageBody => "create a staging file",
            Self::WriteBody => "write the body",
            Self::SyncBody => "sync the body",
            Self::LockFolder => "lock its folder",
            Self::ReadCurrent => "look at the object that is there",
            Self::RemoveLeftover => "remove a leftover",
            Self::WriteSidecar => "write the metadata file",
            Self::SyncSidecar => "sync the metadata file",
            Self::PlaceSidecar => "put the metadata file in place",
            Self::NameBody => "name the staged body",
            Self::PlaceBody => "put the body in place",
            Self::MarkBody => "mark the body as changed",
            Self::RemoveBody => "remove the body",
            Self::RemoveSidecar => "remove the metadata file",
            Self::SyncFolder => "sync its folder",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Runs steps: tells the watcher, then names the step in what went wrong.
#[derive(Clone)]
pub(super) struct Steps {
    pub(super) uri: ObjectUri,
    pub(super) watcher: Option<Watcher>,
}

pub(super) type Watcher = Arc<dyn Fn(Step) + Send + Sync>;

impl Steps {
    pub(super) fn run<T>(
        &self,
        step: Step,
        work: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, StoreError> {
        if let Some(watcher) = &self.watcher {
            watcher(step);
        }
        work().map_err(|source| StoreError::Io {
            uri: self.uri.clone(),
            step: step.words(),
            source,
        })
    }
}
