//! A bucket on a server, and the store that serves it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use provost::store::{ObjectStore, ObjectUri, Stores};
use provost_core::config::{HostConfiguration, Source};

pub(crate) const REGION: &str = "us-east-1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    /// Has everything, checks little.
    Moto,
    /// Checks everything: signatures, least sizes of parts.
    Strict,
}

impl Server {
    pub(crate) const ALL: [Self; 2] = [Self::Moto, Self::Strict];

    pub(crate) fn endpoint(self) -> String {
        variable(match self {
            Self::Moto => "PROVOST_TEST_S3_ENDPOINT",
            Self::Strict => "PROVOST_TEST_S3_STRICT_ENDPOINT",
        })
    }
}

pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run tests/interop/with-servers cargo test -p provost --test s3")
    })
}

/// A bucket of its own, and ways to it.
pub(crate) struct Rig {
    runtime: tokio::runtime::Runtime,
    /// The SDK, for what the store has no way to do or to see.
    pub(crate) sdk: Client,
    pub(crate) host: Arc<HostConfiguration>,
    pub(crate) bucket: String,
    pub(crate) store: Arc<dyn ObjectStore>,
}

impl Rig {
    pub(crate) fn new(server: Server) -> Self {
        Self::with_tables(server, REGION, "")
    }

    /// With more in `[s3]`, whose last line is the region that is asked.
    pub(crate) fn with_tables(server: Server, region: &str, tables: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let bucket = format!("s3-tests-{}-{number}", std::process::id());
        let text = format!(
            "[s3]\nendpoint = \"{}\"\npath_style = true\nregion = \"{region}\"\n{tables}",
            server.endpoint()
        );
        let host = Arc::new(configuration(&text));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sdk = sdk(server, REGION);
        runtime
            .block_on(sdk.create_bucket().bucket(&bucket).send())
            .unwrap();
        let uri: ObjectUri = format!("s3://{bucket}/x").parse().unwrap();
        let store = Stores::new(&host).open(&uri).unwrap();
        Self {
            runtime,
            sdk,
            host,
            bucket,
            store,
        }
    }

    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(crate) fn uri(&self, key: &str) -> ObjectUri {
        format!("s3://{}/{key}", self.bucket).parse().unwrap()
    }
}

pub(crate) fn configuration(text: &str) -> HostConfiguration {
    let source = Source::new("provost.toml", text);
    HostConfiguration::parse(source, Path::new("/"), &|_| None)
        .unwrap()
        .value
}

pub(crate) fn sdk(server: Server, region: &str) -> Client {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "tests",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(server.endpoint())
        .force_path_style(true)
        .credentials_provider(credentials)
        .build();
    Client::from_conf(config)
}

/// `length` bytes that repeat after 251, so that no power of two hides a shift.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}
