//! Making an object visible together with its instruction file.

use bytes::Bytes;
use provost_core::envelope::{INSTRUCTION_FILE_MARKER, MAX_INSTRUCTION_FILE_BYTES};

use super::{ObjectError, instruction_file};
use crate::store::{
    Condition, Metadata, NewObject, ObjectHead, ObjectInfo, ObjectStore, ObjectStoreExt, ObjectUri,
    ObjectWriter, StoreError,
};

/// What a new object is to replace.
pub(super) struct Replacing {
    /// What must hold of the body.
    pub(super) condition: Condition,
    /// What the new one carries, which tells it from others.
    pub(super) metadata: Metadata,
    /// The mark of the instruction file that the old one was read with.
    pub(super) read_with: Option<String>,
}

/// Puts the instruction file, then the body. If either fails, what was there is put back: an old
/// body opens with its old instruction file only.
///
/// The condition holds for the body; it is looked at before the file too, which then has to be the
/// one that the old body was read with, or the one that was there: what another writer put meanwhile
/// keeps its file.
pub(super) async fn finish_with_file(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    writer: Box<dyn ObjectWriter>,
    file: Vec<u8>,
    replacing: Replacing,
) -> Result<ObjectInfo, ObjectError> {
    let Replacing {
        condition,
        metadata,
        read_with,
    } = replacing;
    let name = instruction_file(uri)?;
    let former = match Former::of(store, uri, name).await {
        Ok(former) => former,
        Err(error) => {
            give_up(writer, uri).await;
            return Err(error.into());
        }
    };
    let mut of_file = Condition::Always;
    if let Condition::Unchanged(etag) = &condition {
        of_file = read_with.map_or(former.mark.clone(), Condition::Unchanged);
        let unchanged = match store.head(uri).await {
            Ok(head) => head.info.check_etag(Some(etag)),
            Err(error) => Err(error),
        };
        if let Err(error) = unchanged {
            give_up(writer, uri).await;
            return Err(error.into());
        }
    }
    // The body is complete but not visible yet: this keeps the time in which an old body meets a
    // new instruction file, and does not open, as short as it can be.
    let ours = match put_file(store, &former.name, file.clone(), of_file).await {
        Ok(ours) => ours,
        Err(error) => {
            give_up(writer, uri).await;
            // A store may fail after the file is in place.
            match find_file(store, &former.name, &file).await {
                Ok(Some(ours)) => former.put_back(store, uri, ours).await,
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(%uri, "its instruction file may not be the one it had: {error}");
                }
            }
            return Err(error.into());
        }
    };
    let done = writer.finish().await;
    match &done {
        Ok(body) => {
            let kept = if condition == Condition::Always {
                keep_together(store, body, &ours, file).await
            } else {
                // Whoever put another file meanwhile has its body still to put.
                keep_there(store, body, &ours.uri, file).await
            };
            told(uri, kept);
        }
        // Not our body, so not our file either.
        Err(StoreError::Condition { .. }) => former.put_back(store, uri, ours).await,
        Err(_) => {
            former
                .put_back_unless_replaced(store, uri, ours, &metadata)
                .await;
        }
    }
    Ok(done?)
}

/// Puts the file of a body again where another writer replaced it, and not the body: of two that put
/// the same object at the same time, the file of one may be beside the body of the other.
async fn keep_together(
    store: &dyn ObjectStore,
    body: &ObjectInfo,
    ours: &ObjectInfo,
    file: Vec<u8>,
) -> Result<(), StoreError> {
    let name = &ours.uri;
    let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
    let (found, condition) = match store.get_bytes(name, limit).await {
        Ok((head, _)) if head.info.etag == ours.etag => return Ok(()),
        Ok((head, found)) => {
            let found = (head.metadata, Bytes::from(found));
            (Some(found), Condition::unchanged(head.info.etag))
        }
        Err(error) if error.is_not_found() => (None, Condition::Absent),
        Err(error) => return Err(error),
    };
    // If not, its own writer looks after it.
    if !is_there(store, body).await? {
        return Ok(());
    }
    let again = match put_file(store, name, file, condition).await {
        // Whoever put another one since looks after it.
        Err(StoreError::Condition { .. }) => return Ok(()),
        done => done?,
    };
    if is_there(store, body).await? {
        return Ok(());
    }
    // The other body has come just now, and its writer may have looked at its file already.
    match found {
        Some(found) => restore(store, Some(found), &again).await,
        None => Ok(()),
    }
}

/// Puts the instruction file of a body again if it is gone: whoever removed it took it for that of
/// an older object.
pub(super) async fn keep_there(
    store: &dyn ObjectStore,
    body: &ObjectInfo,
    name: &ObjectUri,
    file: Vec<u8>,
) -> Result<(), StoreError> {
    match store.head(name).await {
        Ok(_) => return Ok(()),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    // Who replaced the body removed its file.
    if !is_there(store, body).await? {
        return Ok(());
    }
    let again = match put_file(store, name, file, Condition::Absent).await {
        Err(StoreError::Condition { .. }) => return Ok(()),
        done => done?,
    };
    if is_there(store, body).await? {
        return Ok(());
    }
    restore(store, None, &again).await
}

/// Says what could not be found out.
pub(super) fn told(uri: &ObjectUri, kept: Result<(), StoreError>) {
    if let Err(error) = kept {
        tracing::warn!(%uri, "whether its instruction file is still there is not known: {error}");
    }
}

/// Puts a file again that was removed, unless there is another one by now.
pub(super) async fn put_again(
    store: &dyn ObjectStore,
    name: &ObjectUri,
    (metadata, body): (Metadata, Bytes),
) -> Result<(), StoreError> {
    let new = NewObject {
        condition: Condition::Absent,
        ..NewObject::from(metadata)
    };
    unless_another(store.put_bytes(name, new, body).await)
}

/// Where another one is by now, its writer looks after it.
fn unless_another<T>(done: Result<T, StoreError>) -> Result<(), StoreError> {
    match done {
        Ok(_) | Err(StoreError::Condition { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Puts what was there in the place of the file that was put here, or nothing.
async fn restore(
    store: &dyn ObjectStore,
    former: Option<(Metadata, Bytes)>,
    ours: &ObjectInfo,
) -> Result<(), StoreError> {
    match former {
        Some((metadata, body)) => {
            let new = NewObject {
                condition: Condition::unchanged(ours.etag.clone()),
                ..NewObject::from(metadata)
            };
            unless_another(store.put_bytes(&ours.uri, new, body).await)
        }
        None => unless_another(store.delete(&ours.uri, ours.etag.as_deref()).await),
    }
}

/// Whether an object is still the one that was put.
async fn is_there(store: &dyn ObjectStore, put: &ObjectInfo) -> Result<bool, StoreError> {
    match store.head(&put.uri).await {
        Ok(now) => Ok(now.info.etag == put.etag),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Puts an instruction file.
pub(super) async fn put_file(
    store: &dyn ObjectStore,
    name: &ObjectUri,
    file: Vec<u8>,
    condition: Condition,
) -> Result<ObjectInfo, StoreError> {
    let mut marker = Metadata::new();
    marker
        .insert(INSTRUCTION_FILE_MARKER, "")
        .map_err(|source| StoreError::from((name, source)))?;
    let new = NewObject {
        condition,
        ..NewObject::from(marker)
    };
    let file = Bytes::from(file);
    let refused = match store.put_bytes(name, new, file.clone()).await {
        Err(refused @ StoreError::Condition { .. }) => refused,
        done => return done,
    };
    // A request that was sent again because its first answer was lost finds what it wrote.
    match find_file(store, name, &file).await {
        Ok(Some(ours)) => Ok(ours),
        _ => Err(refused),
    }
}

/// What the store says of the file if it is this one. Another has another wrapped data key in it.
async fn find_file(
    store: &dyn ObjectStore,
    name: &ObjectUri,
    file: &[u8],
) -> Result<Option<ObjectInfo>, StoreError> {
    match store.get_bytes(name, file.len() as u64).await {
        Ok((head, found)) => Ok((found == file).then_some(head.info)),
        Err(StoreError::NotFound { .. } | StoreError::BodyLength { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Abandons an object, after an error that counts more than one of this.
pub(super) async fn give_up(writer: Box<dyn ObjectWriter>, uri: &ObjectUri) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%uri, "what was written may not be given up yet: {error}");
    }
}

/// What is there before an object is replaced.
pub(super) struct Former {
    object: Option<ObjectInfo>,
    /// The instruction file's name.
    pub(super) name: ObjectUri,
    file: Option<(Metadata, Bytes)>,
    /// What holds as long as nobody has written the file.
    pub(super) mark: Condition,
}

impl Former {
    pub(super) async fn of(
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        name: ObjectUri,
    ) -> Result<Self, StoreError> {
        let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
        let (file, mark) = match store.get_bytes(&name, limit).await {
            Ok((head, body)) => {
                let file = (head.metadata, body.into());
                (Some(file), Condition::unchanged(head.info.etag))
            }
            // Without one, or with one that is damaged, nothing opens that could be lost.
            Err(StoreError::NotFound { .. }) => (None, Condition::Absent),
            Err(
                StoreError::BodyLength { .. }
                | StoreError::Sidecar { .. }
                | StoreError::Metadata { .. },
            ) => (None, Condition::Always),
            Err(error) => return Err(error),
        };
        let object = look(store, uri).await?.map(|head| head.info);
        Ok(Self {
            object,
            name,
            file,
            mark,
        })
    }

    async fn put_back_unless_replaced(
        self,
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        ours: ObjectInfo,
        metadata: &Metadata,
    ) {
        let is_former = |now: &ObjectHead| Some(&now.info) == self.object.as_ref();
        match look(store, uri).await {
            // A store may fail after the new body is in place; it opens with the new file.
            Ok(Some(now)) if !is_former(&now) && now.metadata == *metadata => {}
            // The old one, or that of another writer, whose file may be the one that was there.
            Ok(_) => self.put_back(store, uri, ours).await,
            Err(error) => tracing::warn!(
                %uri,
                file = %self.name,
                "the object and its instruction file may not belong together; put the object again: {error}"
            ),
        }
    }

    /// The instruction file, if there is one and it is whole.
    pub(super) fn file(&self) -> Option<&[u8]> {
        self.file.as_ref().map(|(_, file)| &**file)
    }

    pub(super) async fn put_back(self, store: &dyn ObjectStore, uri: &ObjectUri, ours: ObjectInfo) {
        if let Err(error) = restore(store, self.file, &ours).await {
            tracing::warn!(%uri, "its instruction file may not be the one it had: {error}");
        }
    }
}

async fn look(store: &dyn ObjectStore, uri: &ObjectUri) -> Result<Option<ObjectHead>, StoreError> {
    match store.head(uri).await {
        Ok(head) => Ok(Some(head)),
        // What is damaged does not open, with any instruction file.
        Err(
            StoreError::NotFound { .. } | StoreError::Sidecar { .. } | StoreError::Metadata { .. },
        ) => Ok(None),
        Err(error) => Err(error),
    }
}
