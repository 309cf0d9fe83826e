//! The command as it is installed: libraries in the prefix, where it looks for its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::plugins::libraries;

/// An installed copy of the command. A build leaves the libraries of the tests beside the tests,
/// not beside the command.
pub(crate) struct Installed {
    _home: TempDir,
    pub(crate) prefix: PathBuf,
}

impl Installed {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let installed = Self {
            prefix: home.path().canonicalize().unwrap(),
            _home: home,
        };
        place(
            Path::new(env!("CARGO_BIN_EXE_provost")),
            &installed.command(),
        );
        place(
            Path::new(env!("CARGO_BIN_EXE_provost-worker")),
            &installed.worker(),
        );
        let plugins = installed.prefix.join("lib/provost/plugins");
        for (name, path) in libraries() {
            place(&path, &plugins.join(name));
        }
        installed
    }

    pub(crate) fn command(&self) -> PathBuf {
        self.prefix.join("bin/provost")
    }

    pub(crate) fn worker(&self) -> PathBuf {
        self.prefix.join("bin/provost-worker")
    }
}

/// A link where that is possible: the command is large.
fn place(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    if fs::hard_link(from, to).is_err() {
        fs::copy(from, to).unwrap();
    }
}
