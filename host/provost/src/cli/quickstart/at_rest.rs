//! The half at rest: a key, a provider, a file that is encrypted and read back.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::steps::Steps;
use super::{failed, in_transit, write};
use crate::cli::report::Failure;
use crate::cli::{object, with_runtime, workers};
use crate::store::encrypted;
use crate::store::{Existing, ObjectUri};
use crate::{Error, Host, configuration};

const CLASS: &str = "provost.keys.Static";
const LIBRARY: &str = "libprovost_static_keys.so";

pub(super) fn demonstrate(
    folder: &Path,
    library: &Path,
    source: &Path,
    (plain, size): (File, u64),
    steps: &mut Steps,
) -> Result<Host, Failure> {
    let store = folder.join("store");
    let host_file = folder.join("provost.toml");
    let security_file = folder.join("security.json");

    steps.begin();
    fs::create_dir(&store).map_err(|error| failed("make the store", &error))?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| failed("make a key", &error))?;
    write(&folder.join("demo.key"), &key)?;
    zeroize::Zeroize::zeroize(&mut key);
    write(
        &folder.join("keys.list"),
        format!("{}/ demo demo.key\n", store.display()).as_bytes(),
    )?;
    steps.done(
        "key",
        "made a demonstration key of 32 random bytes".to_owned(),
    )?;

    steps.begin();
    // Into a folder that only this user can write: a build folder may be open to a group, and
    // what is in such a place is not loaded.
    let installed = folder.join(LIBRARY);
    fs::copy(library, &installed)
        .and_then(|_| fs::set_permissions(&installed, fs::Permissions::from_mode(0o644)))
        .map_err(|error| failed(&format!("copy `{}`", library.display()), &error))?;
    steps.done(
        "library",
        format!("installed a copy of {}", library.display()),
    )?;

    steps.begin();
    write(
        &security_file,
        security_json(&installed, &folder.join(in_transit::ZIP)).as_bytes(),
    )?;
    write(&host_file, host_toml(folder).as_bytes())?;
    let configuration = configuration::load_host(&host_file)
        .map_err(Error::from)?
        .value;
    let security = configuration::load_security(&security_file)
        .map_err(Error::from)?
        .value;
    let host = workers::host()
        .configuration(configuration)
        .security_configuration(security)
        .build()?;
    steps.done(
        "configuration",
        "wrote and read security.json (EMR's grammar) and provost.toml".to_owned(),
    )?;

    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let path = store.join(&*name);
    let uri = ObjectUri::from_file_path(&path)
        .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))?;

    steps.begin();
    let class = host.object_class(&uri)?.clone();
    let found = host.registry().resolve(&class).map_err(Error::from)?;
    steps.done(
        "class",
        format!("found {class} in {}", found.path.display()),
    )?;

    steps.begin();
    let objects = host.objects(&uri)?;
    let provider = host.provider(&class)?;
    let status = provider.status(&provider.new_call()).map_err(Error::from)?;
    steps.done(
        "provider",
        format!("checked, sealed and loaded it in a worker process: {status}"),
    )?;

    steps.begin();
    let stored = with_runtime(async || {
        let stored = objects.put(&uri, plain, Some(size), None).await;
        stored.map_err(|error| Error::from(error).into())
    })?;
    steps.done(
        "put",
        format!(
            "encrypted {} ({} bytes) into {uri}",
            source.display(),
            stored.plaintext
        ),
    )?;
    steps.note(&format!("proof: {}", object::proof(stored.proof)))?;

    steps.begin();
    let inspection = with_runtime(async || {
        let found = encrypted::inspect(host.stores(), host.configuration(), &uri).await;
        found.map_err(|error| Error::from(error).into())
    })?;
    steps.done("envelope", "read it back, without any key:".to_owned())?;
    for line in object::inspection(&inspection).lines().skip(1) {
        steps.note(line)?;
    }

    steps.begin();
    let back = folder.join("read-back");
    with_runtime(async || {
        let received = objects
            .get_to_file(&uri, &back, Existing::Refuse, None)
            .await;
        received.map_err(|error| Error::from(error).into())
    })?;
    steps.done("get", "verified and decrypted it into a file".to_owned())?;

    steps.begin();
    if !same(source, &back).map_err(|error| failed("compare the files", &error))? {
        return Err(Failure::new(
            "the file that was read back differs from the one that was put",
        ));
    }
    steps.done("compare", "identical, byte for byte".to_owned())?;
    Ok(host)
}

/// The file to encrypt, which is read twice.
pub(super) fn open(path: &Path) -> Result<(File, u64), Failure> {
    let shown = path.display();
    let hint = "name a file with --file";
    let failed = |error: std::io::Error| failed(&format!("read `{shown}`"), &error).hint(hint);
    let plain = File::open(path).map_err(failed)?;
    let metadata = plain.metadata().map_err(failed)?;
    if metadata.is_file() {
        return Ok((plain, metadata.len()));
    }
    Err(Failure::new(format!("`{shown}` is not a file")).hint(hint))
}

/// The first-party library: beside the executable as built, or in the installed prefix.
pub(super) fn library() -> Result<PathBuf, Failure> {
    let exe = std::env::current_exe().map_err(|error| failed("find this executable", &error))?;
    let beside = exe.with_file_name(LIBRARY);
    let installed = exe
        .parent()
        .and_then(Path::parent)
        .map(|prefix| prefix.join("lib/provost/plugins").join(LIBRARY));
    let candidates = std::iter::once(beside.clone()).chain(installed);
    candidates
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::new(format!("`{}` does not exist", beside.display()))
                .hint("in a checkout, `cargo run --release -- quickstart` builds the libraries too")
        })
}

fn security_json(library: &Path, zip: &Path) -> String {
    let configuration = serde_json::json!({ "EncryptionConfiguration": {
        "EnableInTransitEncryption": true,
        "EnableAtRestEncryption": true,
        "InTransitEncryptionConfiguration": { "TLSCertificateConfiguration": {
            "CertificateProviderType": "PEM",
            "S3Object": zip,
        } },
        "AtRestEncryptionConfiguration": { "S3EncryptionConfiguration": {
            "EncryptionMode": "CSE-Custom",
            "S3Object": library,
            "EncryptionKeyProviderClass": CLASS,
        } },
    } });
    format!("{configuration:#}\n")
}

fn host_toml(folder: &Path) -> String {
    let keys = folder.join("keys.list").display().to_string();
    format!(
        "security_configuration = \"security.json\"\n\n\
         [tls]\ndirectory = \"{}\"\ndefault_roots = \"none\"\n\n\
         [classes.\"{CLASS}\".conf]\nkeys = {}\n",
        in_transit::DIRECTORY,
        // A JSON string is a TOML string.
        serde_json::Value::String(keys)
    )
}

fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = one.read(&mut left)?;
        let (left, right) = (&left[..read], &mut right[..read]);
        if read == 0 {
            return Ok(other.read(&mut [0])? == 0);
        }
        if other.read_exact(right).is_err() || left != right {
            return Ok(false);
        }
    }
}
