//! Opening an object while others may be replacing it.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;

use async_trait::async_trait;
use rustix::fs::Advice;
use zeroize::Zeroizing;

use crate::folder::Folder;
use crate::store::{Metadata, ObjectHead, ObjectReader, ObjectUri, StoreError};

use super::place::Place;
use super::publish;
use super::sidecar::{Body, Sidecar, Unread};
use super::steps::{Step, Steps};

/// How often an object may be replaced while it is being opened.
const ATTEMPTS: usize = 32;

/// Opens a body, and finds the metadata that belongs to exactly that body.
pub(super) fn open(place: &Place, steps: &Steps) -> Result<(ObjectHead, File), StoreError> {
    let missing = || StoreError::NotFound {
        uri: place.uri.clone(),
    };
    let folder = match Folder::open(&place.folder) {
        Err(e) if means_absent(&e) => return Err(missing()),
        opened => steps.run(Step::OpenFolder, || opened)?,
    };
    for _ in 0..ATTEMPTS {
        // The body first: its entry is in the metadata file before it is put in place, and stays
        // until after it is replaced.
        let file = open_body(&folder, place, steps)?.ok_or_else(missing)?;
        let body = steps.run(Step::ReadCurrent, || Body::of(&file))?;
        // Before the metadata, which may be replaced alone: the etag changes after it.
        let info = publish::info(place, &file, steps)?;
        let found = metadata_of(&folder, place, &body);
        // A body that was replaced meanwhile took its entry with it: look again. One that is still
        // there was there all the time.
        if matches!(found, Found::Entry(_)) || is_linked(&file, steps)? {
            let metadata = found.metadata(place)?;
            return Ok((ObjectHead::new(info, metadata), file));
        }
    }
    Err(StoreError::Contended {
        uri: place.uri.clone(),
        attempts: ATTEMPTS,
    })
}

/// The body that lies there and its metadata, for a writer that holds the folder's lock. A body
/// whose metadata is lost is not worth an entry; metadata that could not be read just now is not
/// lost, and is an error: a writer would replace the only copy.
pub(super) fn current(
    folder: &Folder,
    place: &Place,
    steps: &Steps,
) -> Result<Option<(Body, Metadata)>, StoreError> {
    let Some(file) = open_body(folder, place, steps)? else {
        return Ok(None);
    };
    let body = steps.run(Step::ReadCurrent, || Body::of(&file))?;
    match metadata_of(folder, place, &body) {
        Found::Lost(problem) => {
            let (uri, sidecar) = (&place.uri, &place.sidecar);
            tracing::debug!(%uri, "replaced without an entry: {sidecar} {problem}");
            Ok(None)
        }
        found => Ok(Some((body, found.metadata(place)?))),
    }
}

/// Opens what lies under the object's name. Anything but a file is refused.
pub(super) fn open_body(
    folder: &Folder,
    place: &Place,
    steps: &Steps,
) -> Result<Option<File>, StoreError> {
    let refused = |found| StoreError::NotAnObject {
        uri: place.uri.clone(),
        found,
    };
    let file = match folder.open_file(&place.body) {
        Err(e) if means_absent(&e) => return Ok(None),
        Err(e) if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(refused("a symbolic link"));
        }
        opened => steps.run(Step::ReadCurrent, || opened)?,
    };
    let kind = steps
        .run(Step::ReadCurrent, || file.metadata())?
        .file_type();
    if kind.is_dir() {
        return Err(refused("a folder"));
    }
    if !kind.is_file() {
        return Err(refused("a device, pipe or socket"));
    }
    Ok(Some(file))
}

/// Whether this answer of the operating system means that there is nothing.
pub(super) fn means_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// What the metadata file says about a body.
enum Found {
    Entry(Metadata),
    /// There is no metadata file: a file that no store wrote.
    NoFile,
    /// It is damaged, or not for this body; what is wrong, to follow its name.
    Lost(String),
    /// It may be good, but this build cannot tell; why, to follow its name.
    Unknown(String),
    /// It could not be read.
    Failed(io::Error),
}

impl Found {
    fn metadata(self, place: &Place) -> Result<Metadata, StoreError> {
        match self {
            Self::Entry(metadata) => Ok(metadata),
            Self::NoFile => Ok(Metadata::new()),
            Self::Lost(problem) | Self::Unknown(problem) => Err(StoreError::Sidecar {
                uri: place.uri.clone(),
                sidecar: place.sidecar.clone(),
                problem,
            }),
            Self::Failed(source) => Err(StoreError::Io {
                uri: place.uri.clone(),
                step: "read its metadata file",
                source,
            }),
        }
    }
}

fn metadata_of(folder: &Folder, place: &Place, body: &Body) -> Found {
    let sidecar = match folder.open_file(&place.sidecar) {
        Ok(file) => Sidecar::read(&file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Found::NoFile,
        Err(e) => Err(Unread::Io(e)),
    };
    match sidecar.map(|s| s.metadata_of(body)) {
        Ok(Some(metadata)) => Found::Entry(metadata),
        Ok(None) => Found::Lost("is for another body than the one there".to_owned()),
        Err(Unread::Damaged(problem)) => Found::Lost(problem),
        Err(Unread::Unknown(problem)) => Found::Unknown(problem),
        Err(Unread::Io(error)) => Found::Failed(error),
    }
}

fn is_linked(file: &File, steps: &Steps) -> Result<bool, StoreError> {
    let facts = steps.run(Step::ReadCurrent, || file.metadata())?;
    Ok(facts.nlink() > 0)
}

/// A body, read on the threads that may block.
pub(super) struct FileBody {
    uri: ObjectUri,
    file: Arc<File>,
    rest: Range<u64>,
}

impl FileBody {
    pub(super) fn new(uri: ObjectUri, file: File, range: Range<u64>) -> Self {
        // Reads ahead more boldly; without it, things are slower and nothing else.
        let _ = rustix::fs::fadvise(&file, range.start, None, Advice::Sequential);
        Self {
            uri,
            file: Arc::new(file),
            rest: range,
        }
    }
}

#[async_trait]
impl ObjectReader for FileBody {
    async fn read(&mut self, buffer: Vec<u8>) -> Result<(Vec<u8>, usize), StoreError> {
        let mut buffer = Zeroizing::new(buffer);
        let left = self.rest.end - self.rest.start;
        let wanted = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let (file, from) = (Arc::clone(&self.file), self.rest.start);
        let (mut buffer, read) = super::blocking(move || {
            let part = buffer.get_mut(..wanted).unwrap_or_default();
            let read = file.read_exact_at(part, from);
            (buffer, read)
        })
        .await;
        match read {
            Ok(()) => {
                self.rest.start += wanted as u64;
                Ok((std::mem::take(&mut *buffer), wanted))
            }
            Err(source) => Err(StoreError::Io {
                uri: self.uri.clone(),
                step: "read the body",
                source,
            }),
        }
    }
}
