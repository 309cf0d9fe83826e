//! Credentials from each place where the SDK's users have them; the proxy sees whose were used.

use std::collections::BTreeSet;
use std::path::Path;

use tempfile::TempDir;

use crate::command::provost;
use crate::faults::Proxy;
use crate::instance_metadata;
use crate::rig::Setup;
use crate::server::{new_key, variable};

/// Puts and gets a file with these variables and no others; returns whose credentials were used.
fn used(proxy: &Proxy, folder: &TempDir, environment: &[(&str, &str)]) -> BTreeSet<String> {
    let root = folder.path();
    std::fs::write(root.join("plain"), "some text").unwrap();
    let uri = format!("file://{}/object", root.canonicalize().unwrap().display());
    for args in [
        &["object", "put", "plain", &uri][..],
        &["object", "get", &uri, "back"],
    ] {
        let (status, _, stderr) = provost(root, args, environment);
        assert_eq!(status, 0, "{stderr}");
    }
    assert_eq!(std::fs::read(root.join("back")).unwrap(), b"some text");
    let seen = proxy.seen();
    assert!(seen.iter().all(|s| s.region == "us-east-1"), "{seen:?}");
    seen.into_iter().map(|s| s.access_key).collect()
}

fn only(key: &str) -> BTreeSet<String> {
    BTreeSet::from([key.to_owned()])
}

fn setup() -> (Proxy, Setup) {
    let proxy = Proxy::start();
    let setup = Setup::cse_kms(&new_key("us-east-1")).endpoint(&proxy.url);
    (proxy, setup)
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn from_the_environment() {
    let (proxy, setup) = setup();
    let folder = setup.folder();
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    assert_eq!(used(&proxy, &folder, &environment), only("AKIAENVIRONMENT"));
}

#[test]
fn from_a_profile_of_the_environment_or_of_the_configuration() {
    for named_in_file in [false, true] {
        let (proxy, mut setup) = setup();
        if named_in_file {
            setup = setup.kms("profile = \"writer\"");
        }
        let folder = setup.folder();
        let text = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n\
                    [writer]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = s\n";
        let file = write(folder.path(), "credentials", text);
        let mut environment = vec![("AWS_SHARED_CREDENTIALS_FILE", file.as_str())];
        if !named_in_file {
            environment.push(("AWS_PROFILE", "writer"));
        }
        assert_eq!(used(&proxy, &folder, &environment), only("AKIAPROFILE"));
    }
}

#[test]
fn from_a_web_identity() {
    let (proxy, setup) = setup();
    let folder = setup.folder();
    let token = write(folder.path(), "token", "a.web.token");
    let sts = variable("PROVOST_TEST_STS_ENDPOINT");
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/writer"),
        ("AWS_ROLE_SESSION_NAME", "provost"),
        ("AWS_ENDPOINT_URL_STS", sts.as_str()),
        ("AWS_REGION", "us-east-1"),
    ];
    let keys = used(&proxy, &folder, &environment);
    // Each process has its own from STS, where they begin so.
    assert!(keys.iter().all(|key| key.starts_with("ASIA")), "{keys:?}");
}

#[test]
fn from_instance_metadata() {
    let (proxy, setup) = setup();
    let folder = setup.folder();
    let metadata = instance_metadata::start("ASIAINSTANCE");
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.as_str()),
    ];
    assert_eq!(used(&proxy, &folder, &environment), only("ASIAINSTANCE"));
}

#[test]
fn none_at_all_is_said_with_where_they_are_looked_for() {
    let (proxy, setup) = setup();
    let folder = setup.folder();
    std::fs::write(folder.path().join("plain"), "some text").unwrap();
    let uri = format!("file://{}/object", folder.path().display());
    let (status, _, stderr) = provost(folder.path(), &["object", "put", "plain", &uri], &[]);
    assert_eq!(status, 1);
    assert!(
        stderr.contains("no credentials") && stderr.contains("AWS_PROFILE"),
        "{stderr}"
    );
    assert!(!stderr.contains("WARN"), "the SDK's own lines: {stderr}");
    assert!(proxy.seen().is_empty());
}
