//! The libraries that the configuration names, looked at one by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use provost_core::section::LoadPolicy;

use super::library::{Library, LibraryError};

/// What was found in the configured folders and files.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Scan {
    /// Provider libraries, those that would be refused included, sorted by path.
    pub libraries: Vec<Library>,
    /// Files that are none, and why; sorted by path.
    pub unusable: Vec<(PathBuf, LibraryError)>,
}

/// A configured folder that cannot be listed.
#[derive(Debug, thiserror::Error)]
#[error("cannot list the library folder `{}`", path.display())]
pub struct FolderError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// Looks at every `*.so` directly in `folders`, and at `files`, without running any.
pub fn scan(
    folders: &[PathBuf],
    files: &[PathBuf],
    policy: &LoadPolicy,
) -> Result<Scan, FolderError> {
    let mut paths = files.to_vec();
    for folder in folders {
        let listed = list(folder);
        paths.extend(listed.map_err(|source| FolderError {
            path: folder.clone(),
            source,
        })?);
    }
    // One library may be reached by several names.
    let mut libraries = BTreeMap::new();
    let mut unusable = BTreeMap::new();
    for path in paths {
        match Library::inspect(&path, policy) {
            Ok(library) => drop(libraries.insert(library.path.clone(), library)),
            Err(error) => drop(unusable.insert(path, error)),
        }
    }
    Ok(Scan {
        libraries: libraries.into_values().collect(),
        unusable: unusable.into_iter().collect(),
    })
}

fn list(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "so") {
            found.push(path);
        }
    }
    Ok(found)
}
