//! A folder with the three files under their exact names. What else is in it is its owner's.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use provost_core::tls::{ArtifactFile, Finding, Place, RawTlsFiles, RuleId, limits};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::{SourceError, unreadable, whole};

/// How many names of a folder are looked through for one that is nearly right.
const NAMES: usize = 10_000;

/// Reads a folder. It is opened once, so that all three files are of one folder, even if its name
/// leads to another one in between.
pub(super) fn read(path: &Path) -> Result<RawTlsFiles, SourceError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let folder = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|error| unreadable(path, error.into()))?;
    let mut raw = RawTlsFiles::default();
    for file in ArtifactFile::ALL {
        read_file(path, &folder, file, &mut raw)?;
    }
    Ok(raw)
}

fn read_file(
    path: &Path,
    folder: &OwnedFd,
    file: ArtifactFile,
    raw: &mut RawTlsFiles,
) -> Result<(), SourceError> {
    let path = path.join(file.name());
    let failed = |error: Errno| unreadable(&path, error.into());
    let mut found = |rule, message: String, hint: String| {
        let finding = Finding::new(rule, Place::file(file), message).hint(hint);
        raw.findings.push(finding);
    };
    let irregular = |kind: &str| {
        let message = format!("{kind}, expected a regular file");
        (
            RuleId::Art010,
            message,
            "put the file itself there".to_owned(),
        )
    };
    // Symbolic links are followed: Kubernetes mounts secrets so. Asked before opening, as opening
    // a device may do something.
    match rustix::fs::statat(folder, file.name(), AtFlags::empty()) {
        Ok(stat) => {
            if let Some(kind) = special(stat.st_mode) {
                let (rule, message, hint) = irregular(kind);
                found(rule, message, hint);
                return Ok(());
            }
        }
        Err(Errno::NOENT) => {
            let link = rustix::fs::statat(folder, file.name(), AtFlags::SYMLINK_NOFOLLOW);
            if link.is_ok() {
                let (rule, message, hint) = irregular("a symbolic link that leads nowhere");
                found(rule, message, hint);
            } else {
                raw.findings.extend(missing(folder, file));
            }
            return Ok(());
        }
        Err(error) => return Err(failed(error)),
    }
    // NONBLOCK: what was a file just now may be a pipe that nobody writes to.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let opened = rustix::fs::openat(folder, file.name(), flags, Mode::empty());
    let opened = File::from(opened.map_err(failed)?);
    let metadata = opened
        .metadata()
        .map_err(|error| unreadable(&path, error))?;
    if let Some(kind) = special(metadata.mode()) {
        let (rule, message, hint) = irregular(kind);
        found(rule, message, hint);
        return Ok(());
    }
    let mode = metadata.mode() & 0o7777;
    if file == ArtifactFile::PrivateKey && mode & 0o044 != 0 {
        let message = format!("others can read it (mode {mode:04o}), expected 0600 or 0400");
        found(
            RuleId::Key010,
            message,
            format!("`chmod 600 {}`", path.display()),
        );
    }
    let (size, limit) = (metadata.len(), limits::of(file));
    if size == 0 {
        found(
            RuleId::Art011,
            "an empty file".to_owned(),
            "write it anew".to_owned(),
        );
    } else if size > limit as u64 {
        let message = format!("{size} bytes, at most {limit} are read");
        found(
            RuleId::Art007,
            message,
            "remove what is not PEM from it".to_owned(),
        );
    } else {
        let mut bytes = whole(&path, opened, size)?;
        raw.set(file, std::mem::take(&mut *bytes));
    }
    Ok(())
}

/// What a mode says, unless it is that of a regular file.
fn special(mode: RawMode) -> Option<&'static str> {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => None,
        FileType::Directory => Some("a folder"),
        FileType::Fifo => Some("a pipe"),
        FileType::Socket => Some("a socket"),
        _ => Some("a device"),
    }
}

/// What is said of a file that is not there.
fn missing(folder: &OwnedFd, file: ArtifactFile) -> Option<Finding> {
    let name = file.name();
    if let Some(near) = near(folder, name) {
        let message = format!("expected the name `{name}`");
        let hint = format!("rename it: `mv '{near}' {name}`");
        return Some(Finding::new(RuleId::Art004, Place::entry(&near), message).hint(hint));
    }
    let rule = match file {
        ArtifactFile::PrivateKey => RuleId::Art002,
        ArtifactFile::CertificateChain => RuleId::Art003,
        ArtifactFile::TrustedCertificates => return None,
    };
    let message = format!("no {name} in the folder");
    Some(Finding::new(rule, Place::default(), message).hint("add it under exactly this name"))
}

/// A name in the folder that differs from `name` only in case. Not finding one costs a hint.
fn near(folder: &OwnedFd, name: &str) -> Option<String> {
    let entries = Dir::read_from(folder).ok()?;
    let names = entries.take(NAMES).filter_map(Result::ok);
    let mut names = names.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
    names.find(|found| found.eq_ignore_ascii_case(name))
}
