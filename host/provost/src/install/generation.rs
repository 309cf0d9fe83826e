//! A generation as it lies on disk.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use provost_core::config::Sha256Digest;
use provost_core::tls::render::{Access, RenderedFiles};
use provost_core::tls::{ArtifactFile, RawTlsFiles};
use provost_plugin_api::SecretBytes;
use rustix::fs::FileType;

use super::layout::{MANIFEST, Presence, expect, name_of};
use super::manifest::{InstalledFile, Manifest};
use super::steps::Step;
use super::{InstallError, Owner};
use crate::folder::Folder;
use crate::place::check_one;

/// The bits of a mode that say who may do what.
pub(super) const PERMISSIONS: u32 = 0o7777;

/// A generation that is installed: its folder, held open, and its manifest. Its files are looked
/// at when they are [read](Self::read).
#[derive(Debug)]
pub struct InstalledGeneration {
    path: PathBuf,
    manifest: Manifest,
    folder: Folder,
}

impl InstalledGeneration {
    /// Its number.
    pub fn number(&self) -> u64 {
        self.manifest.generation
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The guide's three files, to be validated again. A file that is not as it was installed is
    /// an error. Of the private key no digest is kept: that it belongs to the certificate is for
    /// validation to say.
    pub fn read(&self) -> Result<RawTlsFiles, InstallError> {
        let mut raw = RawTlsFiles::default();
        for file in ArtifactFile::ALL {
            let Some(listed) = self.manifest.file(file.name()) else {
                continue;
            };
            let bytes = self.read_file(listed, None)?;
            match file {
                ArtifactFile::PrivateKey => raw.private_key = Some(bytes),
                public => raw.set(public, bytes.secret_bytes().to_vec()),
            }
        }
        Ok(raw)
    }

    /// Opens a generation, if there is one of this number.
    pub(super) fn open(
        generations: &Folder,
        path: &Path,
        number: u64,
    ) -> Result<Option<Self>, InstallError> {
        let path = path.join(name_of(number));
        let Some(folder) = open_folder(generations, &path, number)? else {
            return Ok(None);
        };
        let manifest = read_manifest(&folder, &path.join(MANIFEST), number)?;
        Ok(Some(Self {
            path,
            manifest,
            folder,
        }))
    }

    /// The folder and the manifest, to put another manifest there.
    pub(super) fn into_parts(self) -> (Folder, Manifest) {
        (self.folder, self.manifest)
    }

    /// Whether these files are what is installed here, for this owner.
    pub(super) fn holds(&self, files: &RenderedFiles, owner: Owner) -> bool {
        files.iter().len() == self.manifest.files.len()
            && files.iter().all(|file| {
                let listed = self.manifest.file(file.name.as_str());
                listed.is_some_and(|listed| {
                    listed.access == file.access
                        // What cannot be read is not what is wanted, whatever the reason.
                        && self.read_file(listed, Some(owner)).ok().as_ref() == Some(&file.contents)
                })
            })
    }

    /// The bytes of a file, if it is as it was installed; and, if it is private, for this owner.
    fn read_file(
        &self,
        listed: &InstalledFile,
        owner: Option<Owner>,
    ) -> Result<SecretBytes, InstallError> {
        let name = listed.name.as_str();
        let path = self.path.join(name);
        let changed = |problem: String| InstallError::Changed {
            path: path.clone(),
            problem,
        };
        if expect(&self.folder, name, &path, FileType::RegularFile)? == Presence::Absent {
            return Err(changed("it is not there".to_owned()));
        }
        let file = reading(&path, self.folder.open_file(name))?;
        let facts = reading(&path, file.metadata())?;
        let (mode, expected) = (facts.mode() & PERMISSIONS, listed.access.mode());
        if mode != expected {
            return Err(changed(format!("mode {mode:04o}, expected {expected:04o}")));
        }
        let wanted = owner.filter(|_| listed.access == Access::Private);
        let (uid, expected) = (facts.uid(), wanted.map_or(listed.owner, |owner| owner.uid));
        if uid != expected {
            return Err(changed(format!("owner {uid}, expected {expected}")));
        }
        if let Some(expected) = wanted.and_then(|owner| owner.gid)
            && facts.gid() != expected
        {
            let gid = facts.gid();
            return Err(changed(format!("group {gid}, expected {expected}")));
        }
        let (size, expected) = (facts.len(), listed.size);
        if size != expected {
            return Err(changed(format!("{size} bytes, expected {expected}")));
        }
        let bytes = reading(&path, read_whole(&file, listed.size))?;
        let bytes = bytes.ok_or_else(|| changed("its size changes".to_owned()))?;
        if let Some(expected) = listed.sha256 {
            let got = Sha256Digest::of(bytes.secret_bytes());
            if got != expected {
                return Err(changed(format!("SHA-256 {got}, expected {expected}")));
            }
        }
        Ok(bytes)
    }
}

/// Opens the folder of a generation at `path`, whatever is in it.
pub(super) fn open_folder(
    generations: &Folder,
    path: &Path,
    number: u64,
) -> Result<Option<Folder>, InstallError> {
    let name = name_of(number);
    if expect(generations, &name, path, FileType::Directory)? == Presence::Absent {
        return Ok(None);
    }
    let folder = match generations.below(name.as_str()) {
        // Removed just now, by an installation that this reader does not wait for.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => reading(path, opened)?,
    };
    let facts = reading(path, folder.metadata())?;
    let user = rustix::process::geteuid().as_raw();
    check_one(path, &facts, user, false).map_err(InstallError::Place)?;
    Ok(Some(folder))
}

fn read_manifest(folder: &Folder, path: &Path, number: u64) -> Result<Manifest, InstallError> {
    let refused = |problem: String| InstallError::Manifest {
        path: path.to_owned(),
        problem,
    };
    if expect(folder, MANIFEST, path, FileType::RegularFile)? == Presence::Absent {
        return Err(refused("is not there".to_owned()));
    }
    let file = reading(path, folder.open_file(MANIFEST))?;
    reading(path, Manifest::read(&file, number))?.map_err(refused)
}

/// Exactly so many bytes, in memory that is wiped; none if the file has more or fewer by now.
fn read_whole(mut file: &File, size: u64) -> io::Result<Option<SecretBytes>> {
    // The manifest bounds the size, and the file has it.
    let size = usize::try_from(size).map_err(io::Error::other)?;
    let mut bytes = SecretBytes::new(vec![0; size]);
    match file.read_exact(bytes.secret_bytes_mut()) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let is_whole = file.read(&mut [0])? == 0;
    Ok(is_whole.then_some(bytes))
}

fn reading<T>(path: &Path, read: io::Result<T>) -> Result<T, InstallError> {
    read.map_err(InstallError::io(path, Step::ReadGeneration))
}
