//! Default trusted roots, read from where a configuration says that they are.

mod deadline;
mod error;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::time::Duration;

use provost_core::config::DefaultRootsSource;
use provost_core::tls::{DefaultRoots, JAVA_PASSWORD, RootsError, limits};
use rustls_native_certs::CertificateResult;
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

pub use self::error::TrustedRootsError;

/// How long reading may take. A key store says itself how much work it is, and a file system may
/// hang.
const DEADLINE: Duration = Duration::from_mins(1);

/// Reads the roots; nothing is read before. It blocks, for a minute at most.
///
/// Of the system's roots, what cannot be read or parsed is left out with a warning in the log. A
/// file is read as a whole or refused.
pub fn load(source: &DefaultRootsSource) -> Result<DefaultRoots, TrustedRootsError> {
    let roots = match source {
        DefaultRootsSource::None => DefaultRoots::from_der("none", []),
        DefaultRootsSource::Webpki => {
            let roots = TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref);
            DefaultRoots::from_der("webpki (Mozilla's)", roots)
        }
        DefaultRootsSource::Native => {
            let found = deadline::within(DEADLINE, source, rustls_native_certs::load_native_certs)?;
            native(found)?
        }
        DefaultRootsSource::Pem(path) => {
            file(source, path, limits::TRUSTED_FILE, DefaultRoots::from_pem)?
        }
        DefaultRootsSource::Cacerts(path) => {
            file(source, path, limits::KEY_STORE, |name, bytes| {
                DefaultRoots::from_java_keystore(name, bytes, JAVA_PASSWORD)
            })?
        }
    };
    if roots.skipped() > 0 {
        let (from, skipped) = (roots.name(), roots.skipped());
        tracing::warn!(
            from,
            skipped,
            "trusted roots that do not parse are left out"
        );
    }
    Ok(roots)
}

/// What is in a file of at most `limit` bytes. It is opened within the deadline, too.
fn file(
    source: &DefaultRootsSource,
    path: &Path,
    limit: usize,
    parse: fn(String, &[u8]) -> Result<DefaultRoots, RootsError>,
) -> Result<DefaultRoots, TrustedRootsError> {
    let (name, path) = (source.to_string(), path.to_owned());
    let work = move || {
        let bytes = read(&path, limit)?;
        parse(name, &bytes).map_err(refused(&path))
    };
    deadline::within(DEADLINE, source, work)?
}

/// The system's roots, as far as they could be read.
fn native(found: CertificateResult) -> Result<DefaultRoots, TrustedRootsError> {
    let roots = found.certs.iter().map(AsRef::as_ref);
    let roots = DefaultRoots::from_der("native (the system's)", roots);
    let mut errors = found.errors.into_iter();
    if roots.roots().is_empty() {
        return Err(TrustedRootsError::NoneFound {
            source: errors.next().map(Into::into),
        });
    }
    for error in errors {
        tracing::warn!(%error, "a part of the system's trusted roots is left out");
    }
    Ok(roots)
}

fn refused(path: &Path) -> impl FnOnce(RootsError) -> TrustedRootsError {
    let path = path.to_owned();
    move |source| TrustedRootsError::Refused { path, source }
}

/// A file and nothing else, and not more than `limit` bytes of it.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, TrustedRootsError> {
    let io = |source| TrustedRootsError::Read {
        path: path.to_owned(),
        source,
    };
    let file = crate::configuration::open_file(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut bytes = Vec::new();
    file.take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() > limit {
        // One that grows while it is read has more than it had.
        let got = usize::try_from(length).map_or(bytes.len(), |length| length.max(bytes.len()));
        let at_most = limit;
        return Err(refused(path)(RootsError::TooLarge { at_most, got }));
    }
    Ok(bytes)
}
