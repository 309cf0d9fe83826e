//! Making an object visible together with its instruction file.

use bytes::Bytes;
use provost_core::envelope::{INSTRUCTION_FILE_MARKER, MAX_INSTRUCTION_FILE_BYTES};

use super::{ObjectError, instruction_file};
use crate::store::{
    Condition, Metadata, ObjectInfo, ObjectStore, ObjectStoreExt, ObjectUri, ObjectWriter,
    StoreError,
};

/// Puts the instruction file, then the body. If either fails, what was there is put back: an old
/// body opens with its old instruction file only.
///
/// The condition holds for the body; it is looked at before the file too, so that what another
/// writer put meanwhile keeps its file.
pub(super) async fn finish_with_file(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    writer: Box<dyn ObjectWriter>,
    file: Vec<u8>,
    condition: &Condition,
) -> Result<ObjectInfo, ObjectError> {
    let name = instruction_file(uri)?;
    let mut marker = Metadata::new();
    marker
        .insert(INSTRUCTION_FILE_MARKER, "")
        .map_err(|source| StoreError::from((&name, source)))?;
    let former = match Former::of(store, uri, name).await {
        Ok(former) => former,
        Err(error) => {
            give_up(writer, uri).await;
            return Err(error.into());
        }
    };
    if let Condition::Unchanged(etag) = condition {
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
    let done = match store.put_bytes(&former.name, marker, file.into()).await {
        Ok(_) => writer.finish().await,
        Err(error) => {
            give_up(writer, uri).await;
            Err(error)
        }
    };
    match &done {
        Ok(_) => {}
        // Not our body, so not our file either.
        Err(StoreError::Condition { .. }) => former.put_back(store, uri).await,
        Err(_) => former.put_back_unless_replaced(store, uri).await,
    }
    Ok(done?)
}

/// Abandons an object, after an error that counts more than one of this.
pub(super) async fn give_up(writer: Box<dyn ObjectWriter>, uri: &ObjectUri) {
    if let Err(error) = writer.abort().await {
        tracing::warn!(%uri, "what was written may not be given up yet: {error}");
    }
}

/// What is there before an object is replaced.
struct Former {
    object: Option<ObjectInfo>,
    /// The instruction file's name.
    name: ObjectUri,
    file: Option<(Metadata, Bytes)>,
}

impl Former {
    async fn of(
        store: &dyn ObjectStore,
        uri: &ObjectUri,
        name: ObjectUri,
    ) -> Result<Self, StoreError> {
        let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
        let file = match store.get_bytes(&name, limit).await {
            Ok((head, body)) => Some((head.metadata, body.into())),
            // Without one, or with one that is damaged, nothing opens that could be lost.
            Err(
                StoreError::NotFound { .. }
                | StoreError::BodyLength { .. }
                | StoreError::Sidecar { .. }
                | StoreError::Metadata { .. },
            ) => None,
            Err(error) => return Err(error),
        };
        let object = look(store, uri).await?;
        Ok(Self { object, name, file })
    }

    async fn put_back_unless_replaced(self, store: &dyn ObjectStore, uri: &ObjectUri) {
        // A store may fail after the new body is in place; it opens with the new file.
        match look(store, uri).await {
            Ok(now) if now.is_none() || now == self.object => self.put_back(store, uri).await,
            Ok(_) => {}
            Err(error) => tracing::warn!(
                %uri,
                file = %self.name,
                "the object and its instruction file may not belong together; put the object again: {error}"
            ),
        }
    }

    async fn put_back(self, store: &dyn ObjectStore, uri: &ObjectUri) {
        let done = match self.file {
            Some((metadata, body)) => store.put_bytes(&self.name, metadata, body).await.map(drop),
            None => store.delete(&self.name).await,
        };
        if let Err(error) = done {
            tracing::warn!(%uri, "its instruction file may not be the one it had: {error}");
        }
    }
}

async fn look(store: &dyn ObjectStore, uri: &ObjectUri) -> Result<Option<ObjectInfo>, StoreError> {
    match store.head(uri).await {
        Ok(head) => Ok(Some(head.info)),
        // What is damaged does not open, with any instruction file.
        Err(
            StoreError::NotFound { .. } | StoreError::Sidecar { .. } | StoreError::Metadata { .. },
        ) => Ok(None),
        Err(error) => Err(error),
    }
}
