//! Building a generation, and switching to it.
//!
//! A generation is complete and on disk, in a folder with a passing name, before it gets its
//! number; and it has its number, on disk, before `current` leads to it.

use std::io::Write;
use std::path::Path;

use provost_core::tls::render::{Access, RenderedFiles};

use super::layout::{
    CURRENT, MANIFEST, NEXT, NEXT_MANIFEST, STAGING, expect_nothing, name_of, target,
};
use super::manifest::{InstalledFile, Manifest};
use super::session::Session;
use super::steps::{Step, Steps};
use super::{InstallError, InstalledGeneration, Owner, Provenance};
use crate::folder::Folder;

/// Nobody else looks into a folder that is not complete.
const STAGING_MODE: u32 = 0o700;
/// Everybody may look for what is public.
const MODE: u32 = 0o755;

/// What is to become a generation.
pub(super) struct Plan<'a> {
    pub(super) number: u64,
    pub(super) previous: Option<u64>,
    pub(super) files: &'a RenderedFiles,
    pub(super) provenance: &'a Provenance,
    /// To whom private files are given.
    pub(super) owner: Option<Owner>,
}

impl Session<'_> {
    /// Builds a generation. It is not in force yet.
    pub(super) fn stage(&self, plan: &Plan<'_>) -> Result<(), InstallError> {
        let Self {
            generations, steps, ..
        } = self;
        let staging = format!("{STAGING}{}", plan.number);
        let path = self.generations_path.join(&staging);
        expect_nothing(generations, &staging, &path)?;
        let make = || generations.make(staging.as_str(), STAGING_MODE);
        let folder = steps.run(Step::MakeStaging, &path, make)?;

        let user = rustix::process::geteuid().as_raw();
        let mut listed = Vec::with_capacity(plan.files.iter().len());
        for file in plan.files.iter() {
            let owner = plan.owner.filter(|_| file.access == Access::Private);
            let name = file.name.as_str();
            let bytes = file.contents.secret_bytes();
            let new = NewFile {
                name,
                access: file.access,
                owner,
            };
            new.write(bytes, &folder, &path, steps)?;
            listed.push(InstalledFile::of(file, owner.map_or(user, |o| o.uid)));
        }
        let manifest = Manifest::new(plan.number, plan.previous, plan.provenance, listed);
        write_manifest(&manifest, MANIFEST, &folder, &path, steps)?;

        steps.run(Step::SetMode, &path, || folder.set_mode(MODE))?;
        steps.sync(Step::SyncFolder, &path, || folder.sync())?;
        let name = name_of(plan.number);
        let rename = || generations.rename(staging.as_str(), name.as_str());
        steps.run(Step::NameGeneration, &path, rename)?;
        self.sync_generations()
    }

    /// Puts a generation in force.
    pub(super) fn switch(&self, number: u64) -> Result<(), InstallError> {
        let Self { folder, steps, .. } = self;
        let next = format!("{NEXT}{number}");
        let path = self.path.join(&next);
        expect_nothing(folder, &next, &path)?;
        let make = || folder.make_link(&target(number), &next);
        steps.run(Step::MakeLink, &path, make)?;
        let current = self.path.join(CURRENT);
        let rename = || folder.rename(next.as_str(), CURRENT);
        steps.run(Step::Switch, &current, rename)?;
        self.sync_folder()
            .map_err(|error| InstallError::NotDurable {
                path: current,
                generation: number,
                error: Box::new(error),
            })
    }

    /// Makes the names in the installation's folder durable.
    pub(super) fn sync_folder(&self) -> Result<(), InstallError> {
        let sync = || self.folder.sync();
        self.steps.sync(Step::SyncFolder, self.path, sync)
    }

    /// Writes into a generation that is not in force which one was in force before it.
    pub(super) fn set_previous(
        &self,
        generation: InstalledGeneration,
        previous: Option<u64>,
    ) -> Result<(), InstallError> {
        let steps = self.steps;
        let path = generation.path().to_owned();
        let (folder, mut manifest) = generation.into_parts();
        manifest.previous = previous;
        expect_nothing(&folder, NEXT_MANIFEST, &path.join(NEXT_MANIFEST))?;
        write_manifest(&manifest, NEXT_MANIFEST, &folder, &path, steps)?;
        let rename = || folder.rename(NEXT_MANIFEST, MANIFEST);
        steps.run(Step::ReplaceManifest, &path, rename)?;
        steps.sync(Step::SyncFolder, &path, || folder.sync())
    }

    fn sync_generations(&self) -> Result<(), InstallError> {
        let sync = || self.generations.sync();
        self.steps
            .sync(Step::SyncFolder, &self.generations_path, sync)
    }
}

fn write_manifest(
    manifest: &Manifest,
    name: &str,
    folder: &Folder,
    path: &Path,
    steps: &Steps,
) -> Result<(), InstallError> {
    let text = manifest.to_json();
    let text = text.map_err(InstallError::io(path, Step::WriteFile))?;
    let new = NewFile {
        name,
        access: Access::Public,
        owner: None,
    };
    new.write(&text, folder, path, steps)
}

/// A file to be written.
struct NewFile<'a> {
    name: &'a str,
    access: Access,
    owner: Option<Owner>,
}

impl NewFile<'_> {
    /// Nobody else can open it before it is complete, whoever may read it then; its owner is set
    /// last.
    fn write(
        &self,
        bytes: &[u8],
        folder: &Folder,
        path: &Path,
        steps: &Steps,
    ) -> Result<(), InstallError> {
        let path = path.join(self.name);
        let create = || folder.create_file(self.name, Access::Private.mode());
        let mut file = steps.run(Step::CreateFile, &path, create)?;
        steps.run(Step::WriteFile, &path, || file.write_all(bytes))?;
        // The umask has no say: others rely on these modes.
        let mode = rustix::fs::Mode::from_raw_mode(self.access.mode());
        let set_mode = || Ok(rustix::fs::fchmod(&file, mode)?);
        steps.run(Step::SetMode, &path, set_mode)?;
        if let Some(Owner { uid, gid }) = self.owner {
            let uid = rustix::fs::Uid::from_raw(uid);
            let gid = gid.map(rustix::fs::Gid::from_raw);
            let set_owner = || Ok(rustix::fs::fchown(&file, Some(uid), gid)?);
            steps.run(Step::SetOwner, &path, set_owner)?;
        }
        steps.sync(Step::SyncFile, &path, || file.sync_all())
    }
}
