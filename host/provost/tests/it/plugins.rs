//! The provider libraries of this build, where a host accepts them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

const NAMES: [&str; 5] = [
    "libprovost_hostile_provider.so",
    "libprovost_kms_key.so",
    "libprovost_pem_files.so",
    "libprovost_rsa_keys.so",
    "libprovost_static_keys.so",
];

/// Copies in a folder that only this user can write: the build's own may be open to a group, as
/// with umask 002, and a library in such a place is refused.
struct Copies {
    folder: PathBuf,
    /// Removes the folder when this process is gone and its end of the pipe with it.
    _remover: Child,
}

static COPIES: OnceLock<Copies> = OnceLock::new();

/// The folder.
pub(crate) fn plugins() -> PathBuf {
    COPIES.get_or_init(copy).folder.clone()
}

/// The libraries in it.
pub(crate) fn libraries() -> impl Iterator<Item = (&'static str, PathBuf)> {
    let folder = plugins();
    NAMES.into_iter().map(move |name| (name, folder.join(name)))
}

/// A scratch folder that only this user can write, whatever the umask is.
pub(crate) fn private_folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()
        .unwrap()
}

fn copy() -> Copies {
    let folder = private_folder().keep().canonicalize().unwrap();
    let remover = Command::new("sh")
        .args(["-c", "cat; rm -r \"$0\""])
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    for name in NAMES {
        let copy = folder.join(name);
        fs::copy(built().join(name), &copy).unwrap();
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).unwrap();
    }
    Copies {
        folder,
        _remover: remover,
    }
}

/// Where cargo puts libraries that tests depend on: beside the test.
fn built() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap_or(Path::new("/")).to_owned()
}
