//! Names in the folder of an installation.

use std::ffi::OsStr;
use std::path::Path;

use rustix::fs::FileType;
use rustix::path::Arg;

use super::InstallError;
use super::steps::Step;
use crate::folder::Folder;

/// The link to the generation in force.
pub(super) const CURRENT: &str = "current";
/// The folder of generations, each named by its number.
pub(super) const GENERATIONS: &str = "generations";
/// The lock file.
pub(super) const LOCK: &str = "lock";
/// What the names of folders begin with that are staged or on their way out.
pub(super) const STAGING: &str = ".staging-";
/// What the names of links begin with that are about to replace `current`.
pub(super) const NEXT: &str = ".current-";
/// The manifest of a generation.
pub(super) const MANIFEST: &str = "generation.json";
/// A manifest that is about to replace the one that is there.
pub(super) const NEXT_MANIFEST: &str = ".generation.json";

/// The generation of a folder's name: its number, without a sign or leading zeros.
pub(super) fn number(name: &OsStr) -> Option<u64> {
    let text = name.to_str()?;
    let number = text.parse().ok().filter(|number| *number > 0)?;
    (name_of(number) == text).then_some(number)
}

/// The folder's name of a generation.
pub(super) fn name_of(number: u64) -> String {
    number.to_string()
}

/// What a link to a generation says.
pub(super) fn target(number: u64) -> String {
    format!("{GENERATIONS}/{number}")
}

/// The generation that a link leads to, if it is one of this layout.
pub(super) fn number_of_target(target: &OsStr) -> Option<u64> {
    let name = target.to_str()?.strip_prefix(GENERATIONS)?;
    number(name.strip_prefix('/')?.as_ref())
}

/// Refuses a name under which something else lies than this layout has there.
pub(super) fn expect(
    folder: &Folder,
    name: &str,
    path: &Path,
    expected: FileType,
) -> Result<Presence, InstallError> {
    match look(folder, name, path)? {
        None => Ok(Presence::Absent),
        Some(kind) if kind == expected => Ok(Presence::There),
        Some(kind) => Err(unexpected(path, kind, describe(expected))),
    }
}

/// Refuses a name under which something lies.
pub(super) fn expect_nothing(folder: &Folder, name: &str, path: &Path) -> Result<(), InstallError> {
    match look(folder, name, path)? {
        None => Ok(()),
        Some(kind) => Err(unexpected(path, kind, "nothing")),
    }
}

pub(super) fn look(
    folder: &Folder,
    name: impl Arg,
    path: &Path,
) -> Result<Option<FileType>, InstallError> {
    let found = folder.look_at(name);
    let found = found.map_err(InstallError::io(path, Step::LookAt))?;
    Ok(found.map(|(kind, _)| kind))
}

/// Whether something lies under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Absent,
}

/// Something lies there that this layout does not have.
pub(super) fn unexpected(path: &Path, found: FileType, expected: &'static str) -> InstallError {
    InstallError::Unexpected {
        path: path.to_owned(),
        found: describe(found).to_owned(),
        expected,
    }
}

/// What lies under a name, for people.
pub(super) fn describe(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a folder",
        FileType::RegularFile => "a file",
        FileType::Symlink => "a symbolic link",
        _ => "a device, pipe or socket",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_generation_by_one_spelling() {
        let number = |target: &str| number_of_target(target.as_ref());
        assert_eq!(number(&target(7)), Some(7));
        assert_eq!(number(&target(u64::MAX)), Some(u64::MAX));
        for other in [
            "generations/0",
            "generations/07",
            "generations/+7",
            "generations/7/",
            "generations//7",
            "generations/../7",
            "./generations/7",
            "/generations/7",
            "generations/18446744073709551616",
            "generations7",
            "7",
        ] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
