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
