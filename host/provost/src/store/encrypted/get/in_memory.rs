//! Small objects.

use provost_core::envelope::open;
use zeroize::Zeroizing;

use super::{Opened, Sink, blocking};
use crate::store::ObjectUri;
use crate::store::encrypted::body::report;
use crate::store::encrypted::error::About;
use crate::store::encrypted::{ObjectError, Progress};

/// Verifies the whole body in memory before the sink gets its first byte.
pub(super) async fn verified<S: Sink>(
    opened: Opened,
    mut sink: S,
    uri: &ObjectUri,
    progress: Option<Progress>,
) -> Result<(u64, S), ObjectError> {
    let text = whole(opened, uri).await?;
    blocking(move || Ok((release(&text, &mut sink, progress)?, sink))).await?
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

/// Gives verified plaintext to the sink. Blocks.
pub(super) fn release(
    text: &[u8],
    sink: &mut impl Sink,
    progress: Option<Progress>,
) -> Result<u64, ObjectError> {
    sink.write(text)?;
    sink.flush()?;
    let done = text.len() as u64;
    report(progress.as_ref(), done);
    Ok(done)
}
