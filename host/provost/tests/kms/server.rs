//! The KMS server of the test run, its keys, and its log.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_kms::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use serde::Deserialize;

/// The account that moto has by default.
pub(crate) const ACCOUNT: &str = "123456789012";

/// What `tests/interop/with-servers` sets; without it these tests fail.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: run `tests/interop/with-servers cargo test -p provost --test kms`"
        )
    })
}

pub(crate) fn endpoint() -> String {
    variable("PROVOST_TEST_KMS_ENDPOINT")
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// KMS as its administrator uses it.
pub(crate) async fn administrator(region: &str) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint())
        .load()
        .await;
    Client::new(&config)
}

/// The ARN of a new key in this region.
pub(crate) fn new_key(region: &str) -> String {
    runtime().block_on(async {
        let made = administrator(region).await.create_key().send().await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    })
}

/// The ARN of a new key that belongs to another account than the caller's.
pub(crate) fn new_key_of(account: &'static str, region: &str) -> String {
    runtime().block_on(async {
        let made = administrator(region)
            .await
            .create_key()
            .customize()
            // Whose administrator this is, in moto's words.
            .mutate_request(move |request| {
                request.headers_mut().insert("x-moto-account-id", account);
            })
            .send()
            .await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    })
}

/// A new bucket in this region.
pub(crate) fn new_bucket(region: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("kms-tests-{}-{number}", std::process::id());
    runtime().block_on(async {
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(variable("PROVOST_TEST_S3_ENDPOINT"))
            .load()
            .await;
        let config = aws_sdk_s3::config::Builder::from(&shared).force_path_style(true);
        let place = CreateBucketConfiguration::builder()
            .location_constraint(BucketLocationConstraint::from(region))
            .build();
        aws_sdk_s3::Client::from_conf(config.build())
            .create_bucket()
            .bucket(&name)
            .create_bucket_configuration(place)
            .send()
            .await
            .unwrap();
    });
    name
}

/// A request that reached KMS.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Request {
    pub(crate) operation: String,
    pub(crate) region: Option<String>,
    pub(crate) key_id: Option<String>,
    pub(crate) context: Option<BTreeMap<String, String>>,
}

/// All requests so far for one of these keys.
pub(crate) fn requests(keys: &[&str]) -> Vec<Request> {
    let log = std::fs::read_to_string(variable("PROVOST_TEST_KMS_LOG")).unwrap();
    log.lines()
        .map(|line| serde_json::from_str::<Request>(line).unwrap())
        .filter(|r| {
            r.key_id
                .as_ref()
                .is_some_and(|id| keys.contains(&id.as_str()))
        })
        .collect()
}

/// How often each operation was asked for with this key.
pub(crate) fn counted(key: &str) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for request in requests(&[key]) {
        *counted.entry(request.operation).or_default() += 1;
    }
    counted
}
