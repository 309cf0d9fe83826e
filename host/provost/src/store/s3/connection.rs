//! Clients of S3: made at the first call, never before.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, timeout::TimeoutConfig};
use aws_types::service_config::ServiceConfigKey;
use provost_core::config::{Endpoint, HostConfiguration};
use tokio::sync::OnceCell;

use crate::store::StoreError;

/// How long a connection may take at most.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a body may stop coming at most.
const STALL: Duration = Duration::from_secs(20);

/// What the clients of all buckets share: credentials, and connections that are kept.
pub(crate) struct S3Connection {
    host: Arc<HostConfiguration>,
    shared: OnceCell<SdkConfig>,
}

/// The client of one bucket.
#[derive(Clone)]
pub(super) struct BucketClient {
    pub(super) client: Client,
    /// The region that is asked, for messages.
    pub(super) region: String,
    /// Whether bodies are sent without a signature of their own: the connection protects them, or
    /// does not leave this machine. They have a checksum either way.
    pub(super) unsigned: bool,
    /// Whether the server takes checksums: AWS does, and others unless the operator says not.
    pub(super) checksums: bool,
}

impl S3Connection {
    pub(crate) fn new(host: Arc<HostConfiguration>) -> Self {
        Self {
            host,
            shared: OnceCell::new(),
        }
    }

    /// Bytes that one transfer holds at most while they are on their way.
    pub(super) fn window(&self) -> usize {
        usize::try_from(self.host.transfer.window.bytes()).unwrap_or(usize::MAX)
    }

    /// Credentials, region and whatever else users of the SDK keep where it looks.
    async fn shared(&self) -> &SdkConfig {
        let load = async || {
            let timeout = *self.host.s3.timeout.get();
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(timeout.min(CONNECT))
                .read_timeout(timeout)
                .build();
            let stalled = StalledStreamProtectionConfig::enabled().grace_period(timeout.min(STALL));
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .timeout_config(timeouts)
                .stalled_stream_protection(stalled.build());
            if let Some(profile) = &self.host.s3.profile {
                loader = loader.profile_name(profile.get());
            }
            // Here, so that the SDK does not ask the machine for what is known.
            if let Some(region) = &self.host.s3.place.region {
                loader = loader.region(Region::new(region.get().clone()));
            }
            loader.load().await
        };
        self.shared.get_or_init(load).await
    }

    pub(super) async fn bucket(&self, bucket: &str) -> Result<BucketClient, StoreError> {
        let place = self.host.s3.for_bucket(bucket);
        let shared = self.shared().await;
        let mut builder = aws_sdk_s3::config::Builder::from(shared);
        if let Some(region) = &place.region {
            builder = builder.region(Region::new(region.get().clone()));
        }
        if let Some(endpoint) = &place.endpoint {
            builder = builder.endpoint_url(endpoint.as_str());
        }
        if let Some(path_style) = &place.path_style {
            builder = builder.force_path_style(*path_style.get());
        }
        let config = builder.build();
        let region = config.region().ok_or_else(|| StoreError::NoRegion {
            name: format!("s3://{bucket}/"),
        })?;
        // AWS's own servers are always reached by https; others are where they are said to be.
        let elsewhere = match &place.endpoint {
            Some(endpoint) => Some(endpoint.get().clone()),
            None => endpoint_of_environment(shared),
        };
        Ok(BucketClient {
            region: region.to_string(),
            unsigned: elsewhere.is_none_or(|endpoint| !endpoint.is_in_the_clear()),
            checksums: shared.request_checksum_calculation()
                != Some(RequestChecksumCalculation::WhenRequired),
            client: Client::from_conf(config),
        })
    }
}

/// An endpoint that came from where the SDK looks: its variables, the service's section of the
/// profile, the profile. One of a form that is not known here counts as one that everybody can
/// read.
fn endpoint_of_environment(shared: &SdkConfig) -> Option<Endpoint> {
    let of_service = || {
        let key = ServiceConfigKey::builder()
            .service_id("s3")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        shared.service_config()?.load_config(key.ok()?)
    };
    let text = of_service().or_else(|| shared.endpoint_url().map(str::to_owned))?;
    let unknown = || Endpoint::parse("http://unknown").ok();
    Endpoint::parse(&text)
        .ok()
        .or_else(|| text.starts_with("http://").then(unknown).flatten())
}

impl fmt::Debug for S3Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Connection").finish_non_exhaustive()
    }
}
