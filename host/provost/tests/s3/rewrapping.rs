//! New wraps for what is too large to be copied at once; the bound is lowered for that.

use std::io::Cursor;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use provost::store::encrypted::Rewrap;
use provost::store::{Existing, ObjectStoreExt, S3Store, Scheme};
use provost::{Error, Host};
use provost_core::config::{HostConfiguration, SecurityConfiguration, Source};
use serde_json::json;

use crate::command::{at_rest, libraries};
use crate::rig::{Rig, Server, pattern};

/// S3's own least size of a part.
const PART: u64 = 5 << 20;

fn private(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A host whose keys are these lines of a list, and whose copies are made in parts.
fn host(rig: &Rig, folder: &Path, lines: &str) -> Host {
    private(&folder.join("1.key"), &pattern(32));
    private(&folder.join("2.key"), &pattern(200)[168..]);
    private(&folder.join("keys.list"), lines.as_bytes());
    let text = format!(
        "[s3]\nendpoint = \"{}\"\npath_style = true\nregion = \"us-east-1\"\n\
         [classes.\"provost.keys.Static\"]\nisolation = \"in-process\"\n\
         conf.keys = \"{}/keys.list\"\n",
        Server::Strict.endpoint(),
        folder.display()
    );
    let security = at_rest(&json!({
        "EncryptionMode": "CSE-Custom",
        "S3Object": libraries().join("libprovost_static_keys.so"),
        "EncryptionKeyProviderClass": "provost.keys.Static",
    }));
    let security = SecurityConfiguration::parse(Source::new("security.json", security), None);
    let text = HostConfiguration::parse(Source::new("provost.toml", text), folder, &|_| None);
    let host = Host::builder()
        .configuration(text.unwrap().value)
        .security_configuration(security.unwrap().value)
        .worker_program(env!("CARGO_BIN_EXE_provost"))
        .build()
        .unwrap();
    let in_parts = S3Store::copying_in_parts(&rig.bucket, Arc::clone(&rig.host), PART);
    let served = host.stores();
    served.serve(Scheme::S3, &rig.bucket, Arc::new(in_parts));
    host
}

fn get(rig: &Rig, host: &Host, key: &str, to: &Path) -> Result<(), Error> {
    let uri = rig.uri(key);
    let objects = host.objects(&uri)?;
    rig.wait(objects.get_to_file(&uri, to, Existing::Refuse, None))?;
    Ok(())
}

#[test]
fn a_large_object_is_rewrapped_by_copies_of_its_parts() {
    let rig = Rig::new(Server::Strict);
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let folder = folder.path();
    let (uri, text) = (rig.uri("large"), pattern((12 << 20) + 3));
    let old = host(&rig, folder, "* 1 1.key\n");
    let objects = old.objects(&uri).unwrap();
    let source = Cursor::new(text.clone());
    rig.wait(objects.put(&uri, source, Some(text.len() as u64), None))
        .unwrap();
    let (before, body) = rig.wait(rig.store.get_bytes(&uri, 1 << 30)).unwrap();

    let both = host(&rig, folder, "* 1 1.key\n* 2 2.key\n");
    let how = Rewrap {
        prove: true,
        ..Rewrap::default()
    };
    let objects = both.objects(&uri).unwrap();
    let done = rig.wait(objects.rewrap(&uri, how)).unwrap();
    assert!(done.changed);
    let (after, same) = rig.wait(rig.store.get_bytes(&uri, 1 << 30)).unwrap();
    assert!(body == same, "the content changed");
    let etag = after.info.etag.unwrap();
    assert!(etag.ends_with("-3\""), "not copied in three parts: {etag}");
    let wrapped = |metadata: &provost::store::Metadata| metadata.get("x-amz-3").map(str::to_owned);
    assert_ne!(wrapped(&before.metadata), wrapped(&after.metadata));
    let left = rig.wait(rig.store.uploads(&(&uri).into())).unwrap();
    assert_eq!(left, []);

    let new = host(&rig, folder, "* 2 2.key\n");
    let back = folder.join("back");
    get(&rig, &new, "large", &back).unwrap();
    assert!(std::fs::read(&back).unwrap() == text);
    let old = host(&rig, folder, "* 1 1.key\n");
    get(&rig, &old, "large", &folder.join("none")).unwrap_err();
}
