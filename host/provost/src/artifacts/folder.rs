//! A folder with the three files under their exact names. What else is in it is its owner's.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

use provost_core::tls::{ArtifactFile, Finding, Place, RawTlsFiles, RuleId, limits};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RawMode};
use rustix::io::Errno;

use super::moment::Moment;
use super::{SourceError, exposed, unreadable, whole};

/// How many names of a folder are looked through for one that is nearly right.
const NAMES: usize = 10_000;

/// How often a folder is read whose files are replaced meanwhile.
const ATTEMPTS: usize = 3;

/// Reads a folder. It is opened once, so that all three files are of one folder, even if its name
/// leads to another one in between. Its names may lead elsewhere, too, when Kubernetes switches
/// `..data`: files of two moments are never mixed.
pub(super) fn read(path: &Path) -> Result<RawTlsFiles, SourceError> {
    read_and(path, &mut || ())
}

/// Does something after each file, which tests use to replace files.
fn read_and(path: &Path, after_each: &mut dyn FnMut()) -> Result<RawTlsFiles, SourceError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let folder = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|error| unreadable(path, error.into()))?;
    let mut read = read_once(path, &folder, after_each);
    for _ in 1..ATTEMPTS {
        match read {
            Err(SourceError::Changed { .. }) => read = read_once(path, &folder, after_each),
            other => return other,
        }
    }
    read
}

fn read_once(
    path: &Path,
    folder: &OwnedFd,
    after_each: &mut dyn FnMut(),
) -> Result<RawTlsFiles, SourceError> {
    let (mut raw, mut moment) = (RawTlsFiles::default(), Moment::default());
    for file in ArtifactFile::ALL {
        read_file(path, folder, file, &mut raw, &mut moment)?;
        after_each();
    }
    match moment.changed(folder) {
        None => Ok(raw),
        Some(file) => Err(SourceError::Changed {
            path: path.join(file.name()),
        }),
    }
}

fn read_file(
    path: &Path,
    folder: &OwnedFd,
    file: ArtifactFile,
    raw: &mut RawTlsFiles,
    moment: &mut Moment,
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
                moment.saw(file, Some(stat));
                let (rule, message, hint) = irregular(kind);
                found(rule, message, hint);
                return Ok(());
            }
        }
        Err(Errno::NOENT) => {
            moment.saw(file, None);
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
    let opened = match opened {
        Ok(opened) => File::from(opened),
        // It was there just now.
        Err(Errno::NOENT) => return Err(SourceError::Changed { path }),
        Err(error) => return Err(failed(error)),
    };
    let stat = rustix::fs::fstat(&opened).map_err(failed)?;
    moment.saw(file, Some(stat));
    if let Some(kind) = special(stat.st_mode) {
        let (rule, message, hint) = irregular(kind);
        found(rule, message, hint);
        return Ok(());
    }
    let private = file == ArtifactFile::PrivateKey;
    let exposed = private.then(|| exposed(stat.st_mode, &path, Place::file(file)));
    let (size, limit) = (stat.st_size.unsigned_abs(), limits::of(file));
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
    raw.findings.extend(exposed.flatten());
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use provost_core::tls::{ArtifactFile, RawTlsFiles};

    use super::{ATTEMPTS, SourceError, read_and};

    /// Links to two sets through `..data`, as Kubernetes mounts a secret. Each file has the name of
    /// its set in it.
    fn mounted() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in ArtifactFile::ALL {
            for set in ["..one", "..two"] {
                fs::create_dir_all(folder.path().join(set)).unwrap();
                fs::write(folder.path().join(set).join(file.name()), set).unwrap();
            }
            let link = folder.path().join(file.name());
            symlink(Path::new("..data").join(file.name()), link).unwrap();
        }
        switch(folder.path(), "..one");
        folder
    }

    fn switch(folder: &Path, to: &str) {
        symlink(to, folder.join("..new")).unwrap();
        fs::rename(folder.join("..new"), folder.join("..data")).unwrap();
    }

    /// What is read if `..data` is switched after each of so many files.
    fn switched(times: usize) -> Result<RawTlsFiles, SourceError> {
        let folder = mounted();
        let mut done = 0;
        read_and(folder.path(), &mut || {
            if done < times {
                done += 1;
                switch(folder.path(), ["..one", "..two"][done % 2]);
            }
        })
    }

    #[test]
    fn files_of_two_moments_are_never_mixed() {
        for times in [0, 1, 2, 3, 4] {
            let raw = switched(times).unwrap();
            let expected = ["..one", "..two"][times % 2].as_bytes();
            for file in ArtifactFile::ALL {
                assert_eq!(raw.get(file), Some(expected), "{file}, {times} times");
            }
        }
        let error = switched(ATTEMPTS * 3).unwrap_err();
        assert!(matches!(error, SourceError::Changed { .. }), "{error}");
        assert!(error.hint().is_some());
    }
}
