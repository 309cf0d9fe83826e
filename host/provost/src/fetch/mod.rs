//! Libraries and TLS artifacts that lie on S3: fetched into a cache, and used from there.
//!
//! A file of the cache has its SHA-256 as its name, and is hashed again each time. What is pinned
//! and in the cache is used without asking; of what is not pinned the object's `ETag` is asked for
//! first, and the body only if it is another one.

mod cache;

use std::path::PathBuf;
use std::sync::Arc;

use provost_core::config::{HostConfiguration, Partition, S3Location, Sha256Digest};
use zeroize::Zeroizing;

use crate::store::{GetOptions, ObjectStore, ObjectUri, StoreError, Stores, UriError};
use cache::{Cache, Record};

pub use cache::CacheError;

/// What was fetched, now or earlier.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// Its copy in the cache.
    pub(crate) path: PathBuf,
    /// What the copy hashed to just now.
    pub(crate) digest: Sha256Digest,
    /// The bytes that were hashed. There may be a private key in them.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// Something that was not fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No object has such a name.
    #[error("`{location}` cannot be fetched: {source}")]
    Name {
        /// Where it should be.
        location: String,
        /// What is wrong with the name.
        source: UriError,
    },
    /// The partition of the ARN has not the region that is configured.
    #[error("`{location}` is in the partition {partition}, and the region {region} is not")]
    Partition {
        /// Where it should be.
        location: String,
        /// The ARN's.
        partition: Partition,
        /// The region that would be asked.
        region: String,
    },
    /// The store does not give it.
    #[error("cannot fetch: {source}")]
    Store {
        /// Where it should be.
        location: String,
        /// Why.
        source: StoreError,
    },
    /// Too large to be what it is wanted for.
    #[error("`{location}` has {got} bytes, at most {limit} are fetched")]
    TooLarge {
        /// Where it is.
        location: String,
        /// Its size.
        got: u64,
        /// The most.
        limit: u64,
    },
    /// It is not what was pinned, so it was not kept.
    #[error("`{location}` has SHA-256 {got}, expected {expected}")]
    Digest {
        /// Where it is.
        location: String,
        /// The operator's pin.
        expected: Sha256Digest,
        /// What was found.
        got: Sha256Digest,
    },
    /// The cache cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// No thread or runtime could be had for it.
    #[error("cannot fetch `{location}`")]
    Start {
        /// Where it is.
        location: String,
        /// Why.
        source: std::io::Error,
    },
}

impl FetchError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => {
                "write it as s3://bucket/key or arn:aws:s3:::bucket/key".to_owned()
            }
            Self::Partition { .. } => {
                "set `region` in [s3] of provost.toml to one of that partition".to_owned()
            }
            Self::Store { source, .. } => return source.hint(),
            Self::TooLarge { .. } => "name the file itself".to_owned(),
            Self::Digest { got, .. } => format!(
                "find out who changed it; if the change is yours, pin it:\nsha256 = \"{got}\""
            ),
            Self::Cache(error) => return error.hint(),
            Self::Start { .. } => return None,
        })
    }

    /// Where what was wanted is, if it is about that.
    pub(crate) fn location(&self) -> Option<&str> {
        match self {
            Self::Name { location, .. }
            | Self::Partition { location, .. }
            | Self::Store { location, .. }
            | Self::TooLarge { location, .. }
            | Self::Digest { location, .. }
            | Self::Start { location, .. } => Some(location),
            Self::Cache(_) => None,
        }
    }
}

/// Fetches what is at `location`, of at most `limit` bytes, into the cache. Blocks; works inside of
/// a runtime, too.
pub(crate) fn fetch(
    host: &Arc<HostConfiguration>,
    location: &S3Location,
    pin: Option<Sha256Digest>,
    limit: u64,
) -> Result<Fetched, FetchError> {
    let shown = format!("s3://{}/{}", location.bucket(), location.key());
    let uri: ObjectUri = shown.parse().map_err(|source| FetchError::Name {
        location: shown.clone(),
        source,
    })?;
    let region = host.s3.for_bucket(location.bucket()).region;
    if let (Some(partition), Some(region)) = (location.partition(), region)
        && Partition::of_region(&region) != partition
    {
        return Err(FetchError::Partition {
            location: shown,
            partition,
            region: region.get().clone(),
        });
    }
    let cache = Cache::existing(host)?;
    if let (Some(pin), Some(cache)) = (pin, &cache)
        && let Some(fetched) = cache.read(pin, limit)?
    {
        tracing::debug!(%uri, "in the cache already");
        return Ok(fetched);
    }
    let failed = |source| FetchError::Start {
        location: shown.clone(),
        source,
    };
    let stores = Stores::new(host);
    // On a thread of its own: this one may be one of a runtime, which must not wait for another.
    std::thread::scope(|scope| {
        let fetching = std::thread::Builder::new()
            .name("provost-fetch".into())
            .spawn_scoped(scope, || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(failed)?;
                let work = fetch_into(host, cache.as_ref(), &stores, &uri, pin, limit);
                let fetched = runtime.block_on(work);
                runtime.shutdown_background();
                fetched
            })
            .map_err(failed)?;
        match fetching.join() {
            Ok(fetched) => fetched,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

async fn fetch_into(
    host: &HostConfiguration,
    cache: Option<&Cache>,
    stores: &Stores,
    uri: &ObjectUri,
    pin: Option<Sha256Digest>,
    limit: u64,
) -> Result<Fetched, FetchError> {
    let failed = |source| FetchError::Store {
        location: uri.to_string(),
        source,
    };
    let store = stores.open(uri).map_err(failed)?;
    let info = store.look(uri, None).await.map_err(failed)?.info;
    if pin.is_none()
        && let (Some(etag), Some(cache)) = (&info.etag, cache)
        && let Some(record) = cache.record(uri)?
        && record.etag == *etag
        && let Some(fetched) = cache.read(record.sha256, limit)?
    {
        tracing::debug!(%uri, "unchanged since it was fetched");
        return Ok(fetched);
    }
    if info.size > limit {
        return Err(FetchError::TooLarge {
            location: uri.to_string(),
            got: info.size,
            limit,
        });
    }
    let body = whole(&*store, uri, info.etag.clone(), info.size).await;
    let body = body.map_err(failed)?;
    let digest = Sha256Digest::of(&body);
    if let Some(expected) = pin
        && expected != digest
    {
        return Err(FetchError::Digest {
            location: uri.to_string(),
            expected,
            got: digest,
        });
    }
    // Made only now that there is something to keep.
    let cache = Cache::open(host)?;
    let path = cache.keep(digest, &body)?;
    if let Some(etag) = info.etag {
        let location = uri.to_string();
        cache.note(
            uri,
            &Record {
                location,
                etag,
                sha256: digest,
            },
        )?;
    }
    tracing::info!(%uri, sha256 = %digest, "fetched");
    Ok(Fetched {
        path,
        digest,
        bytes: body,
    })
}

/// A body of known size, in one allocation that is wiped.
async fn whole(
    store: &dyn ObjectStore,
    uri: &ObjectUri,
    etag: Option<String>,
    size: u64,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let options = GetOptions {
        if_match: etag,
        ..GetOptions::default()
    };
    let length = |got| StoreError::BodyLength {
        uri: uri.clone(),
        expected: size,
        got,
    };
    let mut object = store.open(uri, options).await?;
    let room = usize::try_from(size).map_err(|_| length(size))?;
    if object.head.info.size != size {
        return Err(length(object.head.info.size));
    }
    let (body, got) = object.body.read(vec![0; room]).await?;
    let body = Zeroizing::new(body);
    if got == room {
        Ok(body)
    } else {
        Err(length(got as u64))
    }
}
