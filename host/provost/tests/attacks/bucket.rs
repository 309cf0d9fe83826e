//! A bucket of its own for each test, used past Provost with the SDK.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, MultipartUpload, VersioningConfiguration};

use crate::proxy::runtime;
use crate::servers::{Server, variable};

#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) client: Client,
}

/// An object as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) metadata: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Bucket {
    /// A new bucket. The name begins with that of the test.
    pub(crate) fn new(server: Server, test: &str) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{test}-{}-{number}", std::process::id());
        let client = client(&server.endpoint());
        let created = client.create_bucket().bucket(&name).send();
        runtime().block_on(created).unwrap();
        Self {
            name,
            server,
            client,
        }
    }

    pub(crate) fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    /// These lines of `provost.toml` for all of the bucket.
    pub(crate) fn policy(&self, lines: &str) -> String {
        format!("[[prefixes]]\nprefix = \"{}\"\n{lines}\n", self.uri(""))
    }

    pub(crate) fn put(&self, key: &str, raw: &Raw) {
        runtime().block_on(self.put_later(key, raw.clone()));
    }

    pub(crate) async fn put_later(&self, key: &str, raw: Raw) {
        let put = self.client.put_object().bucket(&self.name).key(key);
        put.set_metadata(Some(raw.metadata))
            .body(ByteStream::from(raw.body))
            .send()
            .await
            .unwrap();
    }

    pub(crate) fn get(&self, key: &str) -> Raw {
        self.find(key)
            .unwrap_or_else(|| panic!("there is no {key}"))
    }

    /// Objects of many cases would fill the disk.
    pub(crate) fn remove(&self, key: &str) {
        let delete = self.client.delete_object().bucket(&self.name).key(key);
        runtime().block_on(delete.send()).unwrap();
    }

    /// The object, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<Raw> {
        let get = self.client.get_object().bucket(&self.name).key(key).send();
        runtime().block_on(async {
            let got = match get.await {
                Ok(got) => got,
                Err(error) => {
                    let error = error.into_service_error();
                    assert!(error.is_no_such_key(), "{error:?}");
                    return None;
                }
            };
            Some(Raw {
                metadata: got.metadata.unwrap_or_default(),
                body: got.body.collect().await.unwrap().to_vec(),
            })
        })
    }

    /// The object's mark, its `ETag`.
    pub(crate) fn mark(&self, key: &str) -> String {
        let head = self.client.head_object().bucket(&self.name).key(key);
        let found = runtime().block_on(head.send()).unwrap();
        found.e_tag().unwrap().to_owned()
    }

    /// Stores the object again with this change.
    pub(crate) fn change(&self, key: &str, change: impl FnOnce(&mut Raw)) {
        let mut raw = self.get(key);
        change(&mut raw);
        self.put(key, &raw);
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let list = self.client.list_objects_v2().bucket(&self.name).send();
        let listed = runtime().block_on(list).unwrap();
        let keys = listed.contents().iter();
        keys.map(|object| object.key().unwrap().to_owned())
            .collect()
    }

    /// Uploads in parts that were neither completed nor given up.
    pub(crate) fn uploads(&self) -> Vec<MultipartUpload> {
        let list = self.client.list_multipart_uploads().bucket(&self.name);
        let listed = runtime().block_on(list.send()).unwrap();
        listed.uploads().to_vec()
    }

    pub(crate) fn keep_versions(&self) {
        let enabled = VersioningConfiguration::builder()
            .status(BucketVersioningStatus::Enabled)
            .build();
        let put = self
            .client
            .put_bucket_versioning()
            .bucket(&self.name)
            .versioning_configuration(enabled);
        runtime().block_on(put.send()).unwrap();
    }

    /// The tags of an object, by name.
    pub(crate) fn tags(&self, key: &str) -> Vec<(String, String)> {
        let get = self.client.get_object_tagging().bucket(&self.name).key(key);
        let got = runtime().block_on(get.send()).unwrap();
        let mut tags: Vec<_> = got
            .tag_set()
            .iter()
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect();
        tags.sort();
        tags
    }
}

/// The SDK's own client for an S3 server, without retries.
pub(crate) fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "test",
    );
    let configuration = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(credentials)
        .region(Region::new(variable("AWS_REGION")))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .retry_config(RetryConfig::disabled())
        // Slow without optimization, and what the proxy and the tests compare is the bytes.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .build();
    Client::from_conf(configuration)
}
