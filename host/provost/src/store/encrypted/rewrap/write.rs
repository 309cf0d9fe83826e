//! Writing the new envelope of an object that keeps its content.

use provost_core::envelope::StoredEnvelope;

use crate::store::encrypted::leftover::has_envelope_in_metadata;
use crate::store::encrypted::put::unstorable;
use crate::store::encrypted::replace::{Former, keep_there, put_file, told};
use crate::store::encrypted::{ObjectError, instruction_file};
use crate::store::{
    Condition, Metadata, ObjectHead, ObjectInfo, ObjectStore, ObjectStoreExt as _, StoreError,
};

/// The instruction file when the data key was read.
pub(super) enum File {
    /// None, and none is to be.
    None,
    /// The one of this mark, which the envelope was in.
    ReadWith(String),
    /// What is where one is to be: nothing, or that of an earlier run.
    There(Box<Former>),
}

/// Writes the new envelope; what the object is then. Where it moves to an instruction file, that is
/// there before it goes from the object's metadata.
pub(super) async fn replace(
    store: &dyn ObjectStore,
    was: &ObjectHead,
    file: File,
    mut own: Metadata,
    envelope: StoredEnvelope,
) -> Result<ObjectInfo, ObjectError> {
    let uri = &was.info.uri;
    let Some(etag) = was.info.etag.clone() else {
        return Err(ObjectError::NoMark { uri: uri.clone() });
    };
    for (name, value) in envelope.object_metadata {
        own.insert(&name, value).map_err(unstorable(uri))?;
    }
    let unchanged = Condition::Unchanged(etag.clone());
    let Some(new) = envelope.instruction_file else {
        return Ok(store.replace_metadata(uri, own, unchanged).await?);
    };
    let (mark, former) = match file {
        File::None => (Condition::Always, None),
        File::ReadWith(mark) => (Condition::Unchanged(mark), None),
        File::There(former) => (former.mark.clone(), Some(former)),
    };
    // Who put another object meanwhile put another file too, before this look or after it.
    store.head(uri).await?.info.check_etag(Some(&etag))?;
    let name = instruction_file(uri)?;
    let ours = put_file(store, &name, new.clone(), mark).await?;
    let Some(former) = former else {
        return Ok(was.info.clone());
    };
    let error = match store.replace_metadata(uri, own.clone(), unchanged).await {
        Ok(now) => {
            // Somebody may have taken it for a leftover while the envelope was in the metadata too.
            told(uri, keep_there(store, &now, &name, new).await);
            return Ok(now);
        }
        Err(error) => error,
    };
    if let StoreError::Condition { .. } = error {
        match store.head(uri).await {
            // It was done, and the request sent again because its first answer was lost.
            Ok(now) if now.metadata == own && now.info.size == was.info.size => {
                told(uri, keep_there(store, &now.info, &name, new).await);
                return Ok(now.info);
            }
            // The object is another writer's, and so is the file that was there. Without one there
            // was, this one is removed only from beside an envelope.
            Ok(now) if former.file().is_some() || has_envelope_in_metadata(&now.metadata) => {
                former.put_back(store, uri, ours).await;
            }
            Ok(_) | Err(_) => {}
        }
    }
    Err(error.into())
}
