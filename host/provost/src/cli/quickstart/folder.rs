//! The folder of the demonstration.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::failed;
use crate::cli::interrupt::{Passing, Transfer};
use crate::cli::report::Failure;

/// Where the demonstration happens: a new folder, which goes again unless all went well and it is
/// to be kept.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) keep: bool,
    scratch: tempfile::TempDir,
    _passing: Passing,
}

impl Folder {
    pub(super) fn create(keep: Option<&Path>) -> Result<Self, Failure> {
        // An interruption waits until it is known which folder is to go.
        let _creating = Transfer::begin();
        let scratch = match keep {
            None => tempfile::Builder::new()
                .permissions(owner_alone())
                .prefix("provost-quickstart-")
                .tempdir()
                .map_err(|error| failed("make a folder", &error))?,
            Some(path) => {
                // Under its own name from the start, and with nothing of somebody else's in it.
                let parent = match path.parent() {
                    Some(parent) if parent != Path::new("") => parent,
                    _ => Path::new("."),
                };
                let name = path.file_name().unwrap_or_default();
                tempfile::Builder::new()
                    .permissions(owner_alone())
                    .prefix(name)
                    .rand_bytes(0)
                    .tempdir_in(parent)
                    .map_err(|error| not_made(path, &error))?
            }
        };
        let path = scratch.path().canonicalize();
        let path = path.map_err(|error| failed("make a folder", &error))?;
        Ok(Self {
            _passing: Passing::folder(&path),
            path,
            keep: keep.is_some(),
            scratch,
        })
    }

    pub(super) fn done(mut self) {
        self.scratch.disable_cleanup(self.keep);
    }
}

/// A library and a key list are refused where others can write, whatever the umask is.
fn owner_alone() -> fs::Permissions {
    fs::Permissions::from_mode(0o700)
}

fn not_made(path: &Path, error: &std::io::Error) -> Failure {
    let failure =
        |why: &dyn std::fmt::Display| failed(&format!("make the folder `{}`", path.display()), why);
    match error.kind() {
        ErrorKind::AlreadyExists => failure(&"it exists already")
            .hint("--keep makes a new folder: name another one, or remove this one"),
        ErrorKind::NotFound => {
            failure(&"the folder above it does not exist").hint("make that first")
        }
        _ => failure(error),
    }
}
