//! `provost object cat`.

use std::path::Path;

use super::{client_side, failed, get, object_uri};
use crate::cli::args::{Cat, Global, Output};
use crate::cli::progress::Progress;
use crate::cli::report::Failure;
use crate::cli::with_runtime;
use crate::store::ObjectUri;
use crate::store::encrypted::ByteRange;

pub(super) fn run(cat: &Cat, global: &Global) -> Result<(), Failure> {
    let uri = object_uri(&cat.uri)?;
    if global.output == Output::Json {
        return Err(Failure::usage(
            "standard output cannot take both the object and a JSON report",
        )
        .hint("leave out `--output json`"));
    }
    match cat.range {
        None => get::to(&cat.uri, Path::new("-"), false, global),
        Some(range) if cat.unauthenticated => part(&uri, range, global),
        Some(range) => Err(Failure::usage(format!(
            "bytes {range} alone cannot be authenticated: the tag is over the whole object"
        ))
        .hint(
            "`--unauthenticated` prints them though anyone who can write to the store could have \
             changed them; without `--range` the whole object is verified and printed",
        )),
    }
}

fn part(uri: &ObjectUri, range: ByteRange, global: &Global) -> Result<(), Failure> {
    let objects = client_side(uri, global)?;
    let progress = Progress::new("decrypting", None);
    let received = with_runtime(async || {
        let (sink, callback) = (std::io::stdout(), Some(progress.callback()));
        objects
            .get_range_unverified(uri, range, sink, callback)
            .await
            .map_err(failed)
    });
    progress.finish();
    received.map(drop)
}
