//! Installing: a new generation in place of the one in force.

use std::time::Instant;

use provost_core::tls::render::RenderedFiles;

use super::layout::{MANIFEST, name_of};
use super::manifest::{MAX_FILE, MAX_FILES};
use super::place::Missing;
use super::session::Session;
use super::stage::Plan;
use super::state::{Current, State};
use super::steps::Steps;
use super::{InstallError, Installation, Installed, Owner, Provenance};

impl Installation {
    /// Installs files as a new generation and puts it in force. If these very files are in force,
    /// for this owner, they stay. The folder is made if it is not there.
    pub fn install(
        &self,
        files: &RenderedFiles,
        provenance: &Provenance,
    ) -> Result<Installed, InstallError> {
        let started = Instant::now();
        check_files(files)?;
        if let Some(owner) = self.owner {
            owner.check()?;
        }
        let steps = Steps::new(self.watcher.clone());
        let session = Session::begin(self, Missing::Make, &steps)?;
        let state = session.state()?;
        let cleaned = session.clean(state.kept().as_deref());

        let outcome = |generation, previous: Option<u64>, warnings| Installed {
            generation,
            path: session.generations_path.join(name_of(generation)),
            previous: previous.filter(|number| state.numbers.contains(number)),
            unchanged: state.numbers.contains(&generation),
            total: started.elapsed().saturating_sub(session.waited()),
            fsync: steps.synced(),
            warnings,
        };
        if let Current::Generation(current) = &state.current
            && current.holds(files, self.wanted_owner())
        {
            // Whoever switched to it may have died before that was on disk.
            session.sync_folder()?;
            return Ok(outcome(
                current.number(),
                current.manifest().previous,
                cleaned,
            ));
        }
        let plan = Plan {
            number: state.next(&self.path)?,
            previous: session.before(&state),
            files,
            provenance,
            owner: self.owner,
        };
        put_in_force(&session, &plan)?;
        let kept: Vec<u64> = plan.previous.into_iter().chain([plan.number]).collect();
        // What could not be removed before is met again.
        let warnings = session.clean(Some(&kept));
        Ok(outcome(plan.number, plan.previous, warnings))
    }

    fn wanted_owner(&self) -> Owner {
        self.owner.unwrap_or(Owner {
            uid: rustix::process::geteuid().as_raw(),
            gid: None,
        })
    }
}

/// What is written is what can be read again.
fn check_files(files: &RenderedFiles) -> Result<(), InstallError> {
    let got = files.iter().len();
    if got > MAX_FILES {
        let at_most = MAX_FILES;
        return Err(InstallError::TooMany { at_most, got });
    }
    for file in files.iter() {
        let name = || file.name.clone();
        if file.name.as_str() == MANIFEST {
            return Err(InstallError::ReservedName { name: name() });
        }
        let got = file.contents.len() as u64;
        if got > MAX_FILE {
            return Err(InstallError::TooLarge {
                name: name(),
                at_most: MAX_FILE,
                got,
            });
        }
    }
    Ok(())
}

impl Session<'_> {
    /// What a rollback from the next generation will return to. In place of one that was removed or
    /// damaged by hand, that is what a rollback would return to now.
    fn before(&self, state: &State) -> Option<u64> {
        match &state.current {
            Current::Nothing => None,
            Current::Generation(current) => Some(current.number()),
            Current::Unusable { number, .. } => {
                let usable = self.latest_usable(state, *number);
                usable.map(|generation| generation.number())
            }
        }
    }
}

fn put_in_force(session: &Session<'_>, plan: &Plan<'_>) -> Result<(), InstallError> {
    let done = session
        .stage(plan)
        .and_then(|()| session.switch(plan.number));
    if done.is_err()
        && let Ok(state) = session.state()
    {
        // Only tidiness: the next run would do it.
        session.clean(state.kept().as_deref());
    }
    done
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn a_switch_that_is_not_known_to_be_on_the_disk_is_told_as_a_switch() {
        let folder = tempfile::tempdir().unwrap();
        let at = Installation::at(folder.path());
        let steps = Steps::new(None);
        let mut session = Session::begin(&at, Missing::Make, &steps).unwrap();
        // Names can be changed in a folder that is open to walk through, but it cannot be synced.
        session.folder = session.folder.walk_to(".".as_ref()).unwrap();
        let plan = Plan {
            number: 1,
            previous: None,
            files: &RenderedFiles::new(Vec::new()).unwrap(),
            provenance: &Provenance::new(""),
            owner: None,
        };
        let error = put_in_force(&session, &plan).unwrap_err().to_string();
        let current = folder.path().join("current");
        let expected = format!(
            "generation 1 is in force, but `{}` may not be on the disk: `{}`: cannot sync it to disk: ",
            current.display(),
            folder.path().display()
        );
        assert!(error.starts_with(&expected), "{error}");
        assert_eq!(
            std::fs::read_link(&current).unwrap(),
            PathBuf::from("generations/1")
        );
        drop(session);
        assert_eq!(at.current().unwrap().unwrap().number(), 1);
    }
}
