//! Listing and removing: neither needs a key.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use provost_core::envelope::{INSTRUCTION_SUFFIX, Located};

use super::get::envelope;
use super::leftover::{Beside, tidy_instruction_file};
use super::{ObjectError, policy};
use crate::store::{
    ObjectInfo, ObjectPrefix, ObjectStore, ObjectStoreExt, ObjectUri, StoreError, Stores,
};

/// An object of a listing.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listed {
    /// Name, stored size and age.
    pub info: ObjectInfo,
    /// Bytes of plaintext; none if the object is not one of ours, has a problem, or is
    /// CBC whose writer did not record it.
    pub plaintext: Option<u64>,
    /// Why nobody can tell what it is, to follow its name, such as "its metadata file ... is
    /// damaged".
    pub problem: Option<String>,
}

/// Lists the objects under `prefix`, sorted, also those that cannot be looked at. Instruction files
/// belong to their objects and are not listed. Looks at `jobs` objects at once.
pub async fn list(
    stores: &Stores,
    prefix: &ObjectPrefix,
    jobs: usize,
) -> Result<Vec<Listed>, ObjectError> {
    let store = stores.open_prefix(prefix)?;
    let all = store.list_all(prefix).await?;
    let names: HashSet<&str> = all.iter().map(|info| info.uri.key()).collect();
    let (store, names) = (&*store, &names);
    let belongs = |info: &&ObjectInfo| {
        let owner = info.uri.key().strip_suffix(INSTRUCTION_SUFFIX);
        owner.is_none_or(|owner| !names.contains(owner))
    };
    stream::iter(all.iter().filter(belongs))
        .map(|info| look_at(store, info, names))
        .buffered(jobs.max(1))
        .try_filter_map(async |listed| Ok(listed))
        .try_collect()
        .await
}

/// One object; none if it was removed since it was listed.
async fn look_at(
    store: &dyn ObjectStore,
    info: &ObjectInfo,
    names: &HashSet<&str>,
) -> Result<Option<Listed>, ObjectError> {
    let head = match store.head(&info.uri).await {
        Ok(head) => head,
        Err(StoreError::NotFound { .. } | StoreError::NotAnObject { .. }) => return Ok(None),
        Err(error) => {
            let problem = problem(&error).ok_or(error)?;
            return Ok(Some(Listed {
                info: info.clone(),
                plaintext: None,
                problem: Some(problem),
            }));
        }
    };
    let located = policy::located(&head.metadata);
    let size = head.info.size;
    let plaintext = match located {
        Ok(Located::InMetadata(found)) => found.plaintext_length(size).ok(),
        // Its file says whether there is a tag or padding.
        Ok(Located::InInstructionFile(_))
            if names.contains(format!("{}{INSTRUCTION_SUFFIX}", info.uri.key()).as_str()) =>
        {
            let found = envelope(store, &info.uri, &head, &policy::look_at_anything()).await;
            found
                .ok()
                .and_then(|found| found.plaintext_length(size).ok())
        }
        Ok(Located::InInstructionFile(_)) | Err(_) => None,
    };
    Ok(Some(Listed {
        info: head.info,
        plaintext,
        problem: None,
    }))
}

/// What is wrong with one object; nothing if it is the store that fails. One bad object must not
/// hide all others.
fn problem(error: &StoreError) -> Option<String> {
    Some(match error {
        StoreError::Sidecar {
            sidecar, problem, ..
        } => format!("its metadata file `{sidecar}` {problem}"),
        StoreError::Metadata { source, .. } => source.to_string(),
        StoreError::Answer { step, problem, .. } => format!("cannot {step}: {problem}"),
        StoreError::Io { step, source, .. } => format!("cannot {step}: {source}"),
        StoreError::Contended { attempts, .. } => {
            format!("replaced {attempts} times while it was being opened")
        }
        _ => return None,
    })
}

/// Checks that there is an object to remove. One whose metadata is damaged can be removed too.
pub async fn removable(store: &dyn ObjectStore, uri: &ObjectUri) -> Result<(), ObjectError> {
    match store.head(uri).await {
        Ok(_) | Err(StoreError::Sidecar { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Removes an object and its instruction file. Removing what is not there is an error.
pub async fn delete(stores: &Stores, uri: &ObjectUri) -> Result<(), ObjectError> {
    let store = stores.open(uri)?;
    let _turn = stores.turn(uri).await;
    removable(&*store, uri).await?;
    // The object first: an instruction file without an object opens nothing.
    store.delete(uri, None).await?;
    if !uri.key().ends_with(INSTRUCTION_SUFFIX) {
        tidy_instruction_file(&*store, uri, Beside::Nothing).await;
    }
    Ok(())
}
