//! Whether the files of a folder were all in it at one moment.

use std::os::fd::OwnedFd;

use provost_core::tls::ArtifactFile;
use rustix::fs::{AtFlags, Stat};
use rustix::io::Errno;

/// What was under each name when it was looked at.
#[derive(Debug, Default)]
pub(super) struct Moment(Vec<(ArtifactFile, Option<Stat>)>);

impl Moment {
    /// Notes what was there, before it is read.
    pub(super) fn saw(&mut self, file: ArtifactFile, stat: Option<Stat>) {
        self.0.push((file, stat));
    }

    /// A file that is another one now, has been written to, came or went: asked after the last one
    /// was read. If there is none, all of them were there, as they were read, at that moment.
    pub(super) fn changed(&self, folder: &OwnedFd) -> Option<ArtifactFile> {
        let changed = self.0.iter().find(|(file, seen)| {
            let now = rustix::fs::statat(folder, file.name(), AtFlags::empty());
            match (now, seen) {
                (Ok(now), Some(seen)) => !same(&now, seen),
                (Err(Errno::NOENT), None) => false,
                _ => true,
            }
        });
        changed.map(|(file, _)| *file)
    }
}

/// Which file it is, and when it was last written to or changed in any other way.
fn same(one: &Stat, other: &Stat) -> bool {
    let file = |stat: &Stat| (stat.st_dev, stat.st_ino, stat.st_size);
    let written = |stat: &Stat| (stat.st_mtime, stat.st_mtime_nsec);
    let changed = |stat: &Stat| (stat.st_ctime, stat.st_ctime_nsec);
    file(one) == file(other) && written(one) == written(other) && changed(one) == changed(other)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    use provost_core::tls::ArtifactFile;
    use rustix::fs::AtFlags;

    use super::Moment;

    const CHAIN: ArtifactFile = ArtifactFile::CertificateChain;

    fn opened(path: &Path) -> OwnedFd {
        fs::File::open(path).unwrap().into()
    }

    fn seen(folder: &OwnedFd) -> Moment {
        let mut moment = Moment::default();
        for file in ArtifactFile::ALL {
            let stat = rustix::fs::statat(folder, file.name(), AtFlags::empty());
            moment.saw(file, stat.ok());
        }
        moment
    }

    #[test]
    fn a_file_that_came_went_or_changed_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CHAIN.name());
        let other = folder.path().join("other");
        let folder = opened(folder.path());
        let found = |change: &dyn Fn()| {
            let moment = seen(&folder);
            assert_eq!(moment.changed(&folder), None);
            change();
            moment.changed(&folder)
        };
        assert_eq!(found(&|| fs::write(&path, "one").unwrap()), Some(CHAIN));
        // Other bytes, as many, with the time that it had.
        let rewritten = || {
            let time = fs::metadata(&path).unwrap().modified().unwrap();
            fs::write(&path, "two").unwrap();
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(time).unwrap();
            // The clock of a file system is coarse: until it has gone on, nothing is to be seen.
            let changed = || {
                let now = fs::metadata(&path).unwrap();
                (now.ctime(), now.ctime_nsec())
            };
            let before = changed();
            while changed() == before {
                file.set_modified(time).unwrap();
            }
        };
        assert_eq!(found(&rewritten), Some(CHAIN));
        let replaced = || {
            fs::write(&other, "two").unwrap();
            fs::rename(&other, &path).unwrap();
        };
        assert_eq!(found(&replaced), Some(CHAIN));
        assert_eq!(found(&|| fs::remove_file(&path).unwrap()), Some(CHAIN));
        assert_eq!(found(&|| ()), None);
    }
}
