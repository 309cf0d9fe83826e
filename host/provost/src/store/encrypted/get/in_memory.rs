//! Small objects.

use provost_core::envelope::open;
use zeroize::Zeroizing;

use super::{Opened, Sink, blocking};
use crate::store::encrypted::body::report;
use crate::store::encrypted::error::About;
use crate::store::encrypted::{ObjectError, Progress};
use crate::store::{ObjectUri, VerifiedFile};

/// Verifies the whole body in memory before the sink gets its first byte.
pub(super) async fn verified<S: Sink>(
    opened: Opened,
    mut sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    let text = whole(opened, uri).await?;
    blocking(move || {
        sink.write(&text)?;
        sink.flush()?;
        let done = text.len() as u64;
        report(progress.as_ref(), done);
        Ok((done, sink))
    })
    .await?
}

/// The whole plaintext, verified.
pub(super) async fn whole(
    opened: Opened,
    uri: &ObjectUri,
) -> Result<Zeroizing<Vec<u8>>, ObjectError> {
    let Opened {
        metadata,
        key,
        size,
        mut body,
    } = opened;
    let opener = open(&metadata, &key, Some(size)).about(uri)?;
    let (text, length) = body
        .read(vec![0; usize::try_from(size).unwrap_or(0)])
        .await?;
    let mut text = Zeroizing::new(text);
    text.truncate(length);
    opener.open_whole(&mut text).about(uri)?;
    Ok(text)
}

/// A file of verified plaintext, in one go: passing work to another thread costs as much as what
/// is done there. Blocks.
pub(super) fn into_file(
    text: &[u8],
    mut file: VerifiedFile,
    progress: Option<Progress>,
) -> Result<u64, ObjectError> {
    file.write_all(text)?;
    file.commit()?;
    let done = text.len() as u64;
    report(progress.as_ref(), done);
    Ok(done)
}
