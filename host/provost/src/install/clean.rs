//! Removing what killed runs left, and generations that are no longer needed.
//!
//! Only what this layout has is removed. A folder with anything else in it stays as it is, and
//! there is a warning that names what is in it.

use std::ffi::OsStr;
use std::path::Path;

use provost_core::tls::ArtifactFile;
use provost_core::tls::render::FileName;
use rustix::fs::FileType;

use super::generation::{InstalledGeneration, open_folder};
use super::layout::{
    MANIFEST, NEXT, NEXT_MANIFEST, STAGING, describe, look, name_of, number, number_of_target,
};
use super::session::Session;
use super::steps::Step;
use super::{InstallError, InstallWarning};
use crate::folder::Folder;

impl Session<'_> {
    /// Removes what no run needs any more: all that has a passing name, and the generations that
    /// are not to be kept, if it is known which are.
    pub(super) fn clean(&self, kept: Option<&[u64]>) -> Vec<InstallWarning> {
        let mut cleaning = Cleaning {
            session: self,
            warnings: Vec::new(),
        };
        cleaning.links();
        cleaning.generations(kept);
        cleaning.warnings
    }
}

struct Cleaning<'a> {
    session: &'a Session<'a>,
    warnings: Vec<InstallWarning>,
}

impl Cleaning<'_> {
    /// Links that were to replace `current`.
    fn links(&mut self) {
        let Session { folder, path, .. } = self.session;
        for name in self.names(folder, path) {
            if !begins_with(&name, NEXT) {
                continue;
            }
            let path = path.join(&name);
            let target = folder.read_link(&name);
            if target.is_ok_and(|target| number_of_target(&target).is_some()) {
                self.remove(folder, &name, &path);
            } else {
                self.left(folder, &name, &path);
            }
        }
    }

    fn generations(&mut self, kept: Option<&[u64]>) {
        let Session {
            generations,
            generations_path,
            ..
        } = self.session;
        let mut names = self.names(generations, generations_path);
        // What has a passing name goes first: generations get such names on their way out.
        names.sort_by_key(|name| !begins_with(name, STAGING));
        for name in names {
            let path = generations_path.join(&name);
            if begins_with(&name, STAGING) {
                self.remove_folder(&name, &path);
            } else if let Some(number) = number(&name) {
                match kept {
                    Some(kept) if !kept.contains(&number) => self.retire(number, &path),
                    _ => self.next_manifest(&name, &path),
                }
            } else {
                self.left(generations, &name, &path);
            }
        }
    }

    /// A generation gets a passing name first, so that none that has a number is incomplete.
    fn retire(&mut self, number: u64, path: &Path) {
        let session = self.session;
        let below = &session.generations_path;
        match InstalledGeneration::open(&session.generations, below, number) {
            Ok(None) => return,
            Ok(Some(generation)) => {
                let (folder, manifest) = generation.into_parts();
                if self.foreign(&folder, path, |name| manifest.file(name).is_some()) {
                    return;
                }
            }
            // Its private key is not to stay for ever because nothing lists it.
            Err(error @ InstallError::Manifest { .. }) => {
                if !self.has_only_artifacts(number, path) {
                    return self.failed(error);
                }
            }
            Err(error) => return self.failed(error),
        }
        let (from, to) = (name_of(number), format!("{STAGING}{number}"));
        let rename = || session.generations.rename(from.as_str(), to.as_str());
        match session.steps.run(Step::Remove, path, rename) {
            Ok(()) => self.remove_folder(to.as_ref(), &below.join(&to)),
            Err(error) => self.failed(error),
        }
    }

    /// Whether a generation that does not say what is in it has nothing but the guide's files.
    fn has_only_artifacts(&mut self, number: u64, path: &Path) -> bool {
        let is_known = |name: &str| ArtifactFile::ALL.iter().any(|file| file.name() == name);
        match open_folder(&self.session.generations, path, number) {
            Ok(Some(folder)) => !self.foreign(&folder, path, is_known),
            _ => false,
        }
    }

    /// A folder with a passing name, in whatever state.
    fn remove_folder(&mut self, name: &OsStr, path: &Path) {
        let session = self.session;
        let generations = &session.generations;
        if !matches!(look(generations, name, path), Ok(Some(FileType::Directory))) {
            return self.left(generations, name, path);
        }
        let open = || generations.below(name);
        let folder = match session.steps.run(Step::Remove, path, open) {
            Ok(folder) => folder,
            Err(error) => return self.failed(error),
        };
        let is_known = |name: &str| name.parse::<FileName>().is_ok();
        if self.foreign(&folder, path, is_known) {
            return;
        }
        for file in self.names(&folder, path) {
            self.remove(&folder, &file, &path.join(&file));
        }
        let remove = || generations.remove_folder(name);
        if let Err(error) = session.steps.run(Step::Remove, path, remove) {
            self.failed(error);
        }
    }

    /// Whether there is anything in a folder but files that are known, or the manifest. Warns.
    fn foreign(&mut self, folder: &Folder, path: &Path, is_known: impl Fn(&str) -> bool) -> bool {
        let before = self.warnings.len();
        for name in self.names(folder, path) {
            let of_layout = |name| [MANIFEST, NEXT_MANIFEST].contains(&name) || is_known(name);
            let path = path.join(&name);
            let is_file = matches!(look(folder, &name, &path), Ok(Some(FileType::RegularFile)));
            if !is_file || !name.to_str().is_some_and(of_layout) {
                self.left(folder, &name, &path);
            }
        }
        self.warnings.len() > before
    }

    /// A manifest that was to replace the one in a generation that stays.
    fn next_manifest(&mut self, name: &OsStr, path: &Path) {
        let Ok(folder) = self.session.generations.below(name) else {
            return;
        };
        let path = path.join(NEXT_MANIFEST);
        match look(&folder, NEXT_MANIFEST, &path) {
            Ok(None) => {}
            Ok(Some(FileType::RegularFile)) => {
                self.remove(&folder, NEXT_MANIFEST.as_ref(), &path);
            }
            Ok(Some(_)) => self.left(&folder, NEXT_MANIFEST.as_ref(), &path),
            Err(error) => self.failed(error),
        }
    }

    fn remove(&mut self, folder: &Folder, name: &OsStr, path: &Path) {
        let remove = || folder.remove(name);
        if let Err(error) = self.session.steps.run(Step::Remove, path, remove) {
            self.failed(error);
        }
    }

    fn names(&mut self, folder: &Folder, path: &Path) -> Vec<std::ffi::OsString> {
        match folder.names() {
            Ok(names) => names,
            Err(source) => {
                self.failed(InstallError::io(path, Step::Remove)(source));
                Vec::new()
            }
        }
    }

    fn left(&mut self, folder: &Folder, name: &OsStr, path: &Path) {
        match look(folder, name, path) {
            Ok(Some(kind)) => self.warnings.push(InstallWarning::Left {
                path: path.to_owned(),
                found: describe(kind),
            }),
            Ok(None) => {}
            Err(error) => self.failed(error),
        }
    }

    fn failed(&mut self, error: InstallError) {
        self.warnings.push(InstallWarning::NotRemoved(error));
    }
}

fn begins_with(name: &OsStr, prefix: &str) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}
