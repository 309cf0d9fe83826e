//! Putting and deleting, so that a crash at any step leaves the old object or the new one.
//!
//! A put stages the body in a file without a name and syncs it. Then, with the folder locked:
//!
//! 1. the metadata file is replaced by one with an entry for the body that lies there and one for
//!    the new body;
//! 2. the new body is renamed into place: this is the moment at which the object changes;
//! 3. the metadata file is replaced by one with the new entry alone.
//!
//! Every file is synced before it is renamed, and the folder after each rename, so that the steps
//! reach the disk in this order. A delete removes the body, then its metadata file. New metadata
//! alone is one rename, of the metadata file.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::folder::Folder;
use crate::store::staged::Staged;
use crate::store::{Condition, Metadata, NewObject, ObjectInfo, StoreError};

use super::place::Place;
use super::read;
use super::sidecar::{Body, Sidecar};
use super::steps::{Step, Steps};

/// Objects are ciphertext: the group may read them, the umask may forbid even that.
const MODE: u32 = 0o640;

/// A body being written, and where it will go.
pub(super) struct Staging {
    place: Place,
    metadata: Metadata,
    condition: Condition,
    folder: Arc<Folder>,
    staged: Staged,
    steps: Steps,
}

impl Staging {
    pub(super) fn begin(
        place: Place,
        new: NewObject,
        steps: Steps,
        named: bool,
    ) -> Result<Self, StoreError> {
        let folder = steps.run(Step::OpenFolder, || Folder::open_or_create(&place.folder))?;
        let folder = Arc::new(folder);
        // What is there must be something that a put may replace; better said before the body is
        // written than after.
        read::current(&folder, &place, &steps)?;
        check(&new.condition, &folder, &place, &steps)?;
        let staged = steps.run(Step::StageBody, || {
            let unnamed = if named {
                None
            } else {
                Staged::unnamed(&folder, MODE)?
            };
            unnamed.map_or_else(|| stage_named(&folder, &place), Ok)
        })?;
        Ok(Self {
            place,
            metadata: new.metadata,
            condition: new.condition,
            folder,
            staged,
            steps,
        })
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> Result<(), StoreError> {
        self.steps
            .run(Step::WriteBody, || self.staged.file().write_all(chunk))
    }

    pub(super) fn publish(mut self) -> Result<ObjectInfo, StoreError> {
        let steps = self.steps.clone();
        steps.run(Step::SyncBody, || self.staged.file().sync_all())?;
        let new = steps.run(Step::SyncBody, || Body::of(self.staged.file()))?;
        let info = info(&self.place, self.staged.file(), &steps)?;

        let folder = Arc::clone(&self.folder);
        let _lock = steps.run(Step::LockFolder, || folder.lock())?;
        check(&self.condition, &folder, &self.place, &steps)?;
        remove_leftovers(&folder, &self.place, &steps)?;
        let old = read::current(&folder, &self.place, &steps)?;
        let narrow = Sidecar::one(&new, self.metadata.clone());
        let wide = old
            .map(|(body, metadata)| Sidecar::two((&body, metadata), (&new, self.metadata.clone())));

        place_sidecar(
            &folder,
            &self.place,
            wide.as_ref().unwrap_or(&narrow),
            &steps,
        )?;
        if let Err(error) = self.place_body() {
            if wide.is_none() {
                // Only tidiness: a metadata file without a body is no object.
                let _ = folder.remove(&self.place.sidecar);
            }
            return Err(error);
        }
        steps.run(Step::SyncFolder, || folder.sync())?;

        if wide.is_some() {
            // The object is complete, and is read rightly with the old entry still there.
            if let Err(error) = place_sidecar(&folder, &self.place, &narrow, &steps) {
                tracing::warn!(%error, "the old entry stays in the metadata file");
            }
        }
        Ok(info)
    }

    fn place_body(&mut self) -> Result<(), StoreError> {
        let passing = self.place.passing_body();
        self.steps
            .run(Step::NameBody, || self.staged.give_name(&passing))?;
        let name = &self.place.body;
        self.steps
            .run(Step::PlaceBody, || self.staged.replace(name))
    }
}

/// Removes an object and what belongs to it. Nothing there is fine, whatever the condition.
pub(super) fn delete(
    place: &Place,
    condition: &Condition,
    steps: &Steps,
) -> Result<(), StoreError> {
    let folder = match Folder::open(&place.folder) {
        Err(e) if read::means_absent(&e) => return Ok(()),
        opened => steps.run(Step::OpenFolder, || opened)?,
    };
    let _lock = steps.run(Step::LockFolder, || folder.lock())?;
    let there = read::open_body(&folder, place, steps)?.is_some();
    if there {
        check(condition, &folder, place, steps)?;
    }
    remove_leftovers(&folder, place, steps)?;
    if there {
        steps.run(Step::RemoveBody, || folder.remove(&place.body))?;
        // Before the metadata goes, the body must be gone for good.
        steps.run(Step::SyncFolder, || folder.sync())?;
    }
    if steps.run(Step::RemoveSidecar, || folder.remove(&place.sidecar))? {
        steps.run(Step::SyncFolder, || folder.sync())?;
    }
    Ok(())
}

/// Replaces the metadata of the body that lies there.
pub(super) fn replace_metadata(
    place: &Place,
    metadata: Metadata,
    condition: &Condition,
    steps: &Steps,
) -> Result<ObjectInfo, StoreError> {
    let missing = || StoreError::NotFound {
        uri: place.uri.clone(),
    };
    let folder = match Folder::open(&place.folder) {
        Err(e) if read::means_absent(&e) => return Err(missing()),
        opened => steps.run(Step::OpenFolder, || opened)?,
    };
    let _lock = steps.run(Step::LockFolder, || folder.lock())?;
    let file = read::open_body(&folder, place, steps)?.ok_or_else(missing)?;
    check(condition, &folder, place, steps)?;
    remove_leftovers(&folder, place, steps)?;
    // What is there is replaced whole, so it must be known whole.
    read::current(&folder, place, steps)?.ok_or_else(|| StoreError::Sidecar {
        uri: place.uri.clone(),
        sidecar: place.sidecar.clone(),
        problem: "is damaged, or for another body than the one there".to_owned(),
    })?;
    let body = steps.run(Step::ReadCurrent, || Body::of(&file))?;
    place_sidecar(&folder, place, &Sidecar::one(&body, metadata), steps)?;
    // Last, as readers look at it first: none has the new mark with the old metadata.
    steps.run(Step::MarkBody, || mark_changed(&file))?;
    info(place, &file, steps)
}

/// Gives the body a new etag: its time goes on, by the least step if the clock did not.
fn mark_changed(file: &File) -> io::Result<()> {
    let least = file
        .metadata()?
        .modified()?
        .checked_add(Duration::from_nanos(1));
    let now = SystemTime::now();
    file.set_modified(least.map_or(now, |least| least.max(now)))
}

/// Whether what lies there is what the caller wants to replace.
fn check(
    condition: &Condition,
    folder: &Folder,
    place: &Place,
    steps: &Steps,
) -> Result<(), StoreError> {
    if *condition == Condition::Always {
        return Ok(());
    }
    let etag = match read::open_body(folder, place, steps)? {
        None => None,
        Some(file) => Some(etag(&steps.run(Step::ReadCurrent, || file.metadata())?)),
    };
    let holds = match condition {
        Condition::Always => true,
        Condition::Absent => etag.is_none(),
        Condition::Unchanged(expected) => etag.as_ref() == Some(expected),
    };
    if holds {
        return Ok(());
    }
    Err(StoreError::Condition {
        uri: place.uri.clone(),
        condition: condition.clone(),
    })
}

pub(super) fn info(place: &Place, file: &File, steps: &Steps) -> Result<ObjectInfo, StoreError> {
    let facts = steps.run(Step::ReadCurrent, || file.metadata())?;
    let mut info = ObjectInfo::new(place.uri.clone(), facts.len());
    info.last_modified = facts.modified().ok();
    info.etag = Some(etag(&facts));
    Ok(info)
}

/// A body is never changed in place, so its inode and times tell versions apart.
pub(super) fn etag(facts: &std::fs::Metadata) -> String {
    let (ino, size) = (facts.ino(), facts.len());
    format!(
        "{ino:x}-{size:x}-{:x}.{:x}",
        facts.mtime(),
        facts.mtime_nsec()
    )
}

fn stage_named(folder: &Arc<Folder>, place: &Place) -> io::Result<Staged> {
    let _lock = folder.lock()?;
    let mut free = None;
    for name in place.stages() {
        if Staged::clear_abandoned(folder, &name)? {
            free.get_or_insert(name);
        }
    }
    let name = free.ok_or_else(|| io::Error::other("too many writers of this object at once"))?;
    Staged::named(folder, MODE, &name)
}

fn remove_leftovers(folder: &Folder, place: &Place, steps: &Steps) -> Result<(), StoreError> {
    for name in [place.passing_body(), place.passing_sidecar()] {
        steps.run(Step::RemoveLeftover, || folder.remove(&name))?;
    }
    Ok(())
}

fn place_sidecar(
    folder: &Folder,
    place: &Place,
    sidecar: &Sidecar,
    steps: &Steps,
) -> Result<(), StoreError> {
    let passing = place.passing_sidecar();
    let file = steps.run(Step::WriteSidecar, || {
        let mut file = folder.create_file(&passing, MODE)?;
        file.write_all(&sidecar.to_json()?)?;
        Ok(file)
    })?;
    steps.run(Step::SyncSidecar, || file.sync_all())?;
    steps.run(Step::PlaceSidecar, || {
        folder.rename(&passing, &place.sidecar)
    })?;
    steps.run(Step::SyncFolder, || folder.sync())
}
