//! Instruction files that an object no longer has a use for.

use provost_core::envelope::{
    INSTRUCTION_FILE_MARKER, Located, MAX_INSTRUCTION_FILE_BYTES, is_envelope_name,
};

use super::policy::located;
use super::replace::put_again;
use super::{ObjectError, instruction_file, is_bad_name};
use crate::store::{Metadata, ObjectStore, ObjectStoreExt, ObjectUri, StoreError};

/// What an instruction file was left beside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Beside<'e> {
    /// An object of this mark, with its envelope in its metadata.
    Envelope(Option<&'e str>),
    /// An object of this mark that no client encrypted.
    Plaintext(Option<&'e str>),
    /// Nothing: the object was removed.
    Nothing,
}

impl Beside<'_> {
    /// Whether that is still so. New metadata may leave the mark as it is, so it says nothing of an
    /// envelope.
    async fn still(self, store: &dyn ObjectStore, uri: &ObjectUri) -> Result<bool, StoreError> {
        let head = match store.head(uri).await {
            Ok(head) => Some(head),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(error),
        };
        Ok(match (self, &head) {
            (Self::Nothing, None) => true,
            (Self::Plaintext(mark), Some(head)) => head.info.etag.as_deref() == mark,
            (Self::Envelope(mark), Some(head)) => {
                head.info.etag.as_deref() == mark && has_envelope_in_metadata(&head.metadata)
            }
            (Self::Nothing, Some(_)) | (Self::Envelope(_) | Self::Plaintext(_), None) => false,
        })
    }
}

pub(super) fn has_envelope_in_metadata(metadata: &Metadata) -> bool {
    matches!(located(metadata), Ok(Located::InMetadata(_)))
}

/// Removes the instruction file of an object that was replaced or removed. That is done and stays
/// so: what goes wrong here is only told.
///
/// Another writer may be about to use the file, for an object whose envelope is nowhere else then.
/// So what it was left beside is looked at before it is removed and afterwards, and the file put
/// again if that has changed: whoever moves an envelope into a file looks for it afterwards as well.
pub(super) async fn tidy_instruction_file(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    beside: Beside<'_>,
) {
    match tidied(store, uri, beside).await {
        // Another writer's, by now.
        Ok(()) | Err(ObjectError::Store(StoreError::Condition { .. })) => {}
        Err(error) if is_bad_name(&error) => {}
        // Who may not list is told the same of a file that is not there.
        Err(error @ ObjectError::Store(StoreError::Denied { .. })) => {
            tracing::debug!(%uri, "an old instruction file may stay behind: {error}");
        }
        Err(error) => tracing::warn!(%uri, "an old instruction file may stay behind: {error}"),
    }
}

async fn tidied(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    beside: Beside<'_>,
) -> Result<(), ObjectError> {
    let name = instruction_file(uri)?;
    let limit = MAX_INSTRUCTION_FILE_BYTES as u64;
    let (found, mark) = match store.get_bytes(&name, limit).await {
        Ok((head, body)) if !is_instruction_file(&head.metadata, &body) => {
            tracing::warn!(%name, "is no instruction file, and stays");
            return Ok(());
        }
        Ok((head, body)) => (Some((head.metadata, body.into())), head.info.etag),
        // Damaged: it opens nothing.
        Err(StoreError::Sidecar { .. } | StoreError::Metadata { .. }) => (None, None),
        Err(StoreError::BodyLength { .. }) => return Ok(()),
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if !beside.still(store, uri).await? {
        return Ok(());
    }
    store.delete(&name, mark.as_deref()).await?;
    if let Some(found) = found
        // Who cannot be asked may need it.
        && !beside.still(store, uri).await.unwrap_or(false)
        && let Err(error) = put_again(store, &name, found).await
    {
        tracing::error!(
            %name,
            "it was removed while another writer came to need it, and cannot be put again: {error}"
        );
    }
    Ok(())
}

/// Whether it is one: not all clients mark theirs, but all write a JSON object with names of the
/// envelope.
fn is_instruction_file(metadata: &Metadata, body: &[u8]) -> bool {
    let names = |object: serde_json::Map<String, serde_json::Value>| {
        object.keys().any(|name| is_envelope_name(name))
    };
    metadata.get(INSTRUCTION_FILE_MARKER).is_some() || serde_json::from_slice(body).is_ok_and(names)
}
