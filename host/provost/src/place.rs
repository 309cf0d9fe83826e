//! Whether anybody else can change what a path leads to.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// A file that others could have put there or could replace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsafePlace {
    /// Group or world may write.
    #[error("`{}` can be written by others (mode {mode:04o})", path.display())]
    Writable {
        /// The file or folder, or one above it.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to somebody who is neither root nor the host's user.
    #[error("`{}` belongs to user {owner}, neither root nor this process's user {user}", path.display())]
    Owner {
        /// The file or folder, or one above it.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// The effective user of the host.
        user: u32,
    },
}

impl UnsafePlace {
    /// What to do about a library in such a place.
    pub fn hint(&self) -> String {
        match self {
            Self::Writable { path, .. } => {
                format!("chmod go-w {}, or move the library", path.display())
            }
            Self::Owner { .. } => {
                "libraries belong to root or to the user that runs the host".to_owned()
            }
        }
    }
}

/// Checks an opened library and every folder above it. `path` must be canonical.
///
/// A folder with the sticky bit, such as `/tmp`, may be open to others as long as the library is
/// not directly in it: nobody else can move what lies below.
pub(crate) fn check(path: &Path, file: &File) -> std::io::Result<Result<(), UnsafePlace>> {
    let user = rustix::process::geteuid().as_raw();
    if let Err(refusal) = check_one(path, &file.metadata()?, user, false) {
        return Ok(Err(refusal));
    }
    for (above, folder) in path.ancestors().skip(1).enumerate() {
        let metadata = std::fs::metadata(folder)?;
        if let Err(refusal) = check_one(folder, &metadata, user, above > 0) {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// Checks one file or folder. For a folder above, the sticky bit may suffice.
pub(crate) fn check_one(
    path: &Path,
    metadata: &Metadata,
    user: u32,
    sticky_suffices: bool,
) -> Result<(), UnsafePlace> {
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    if owner != 0 && owner != user {
        return Err(UnsafePlace::Owner {
            path: path.to_owned(),
            owner,
            user,
        });
    }
    if mode & OTHERS_WRITE != 0 && !(sticky_suffices && mode & STICKY != 0) {
        return Err(UnsafePlace::Writable {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn verdict(path: &Path) -> Result<(), UnsafePlace> {
        check(path, &File::open(path).unwrap()).unwrap()
    }

    #[test]
    fn a_library_below_a_sticky_folder_is_accepted_and_in_it_refused() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let library = root.join("libx.so");
        std::fs::write(&library, b"x").unwrap();
        assert_eq!(verdict(&library), Ok(()));

        std::fs::set_permissions(&root, Permissions::from_mode(0o1777)).unwrap();
        assert_eq!(
            verdict(&library),
            Err(UnsafePlace::Writable {
                path: root,
                mode: 0o1777
            })
        );
    }

    #[test]
    fn a_library_that_others_can_write_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().canonicalize().unwrap().join("libx.so");
        std::fs::write(&library, b"x").unwrap();
        std::fs::set_permissions(&library, Permissions::from_mode(0o664)).unwrap();
        assert_eq!(
            verdict(&library),
            Err(UnsafePlace::Writable {
                path: library,
                mode: 0o664
            })
        );
    }
}
