//! Rolling back: the previous generation in force again.

use std::time::Instant;

use provost_core::tls::RawTlsFiles;

use super::generation::InstalledGeneration;
use super::layout::name_of;
use super::place::Missing;
use super::session::Session;
use super::state::Current;
use super::steps::Steps;
use super::{InstallError, Installation, RollbackError, RolledBack};

impl Installation {
    /// Puts the previous generation in force again, if `validate` accepts its files as they lie
    /// there now. The generation that was in force is the previous one from then on: a second
    /// rollback returns to it.
    pub fn rollback<T, E>(
        &self,
        validate: impl FnOnce(RawTlsFiles) -> Result<T, E>,
    ) -> Result<RolledBack<T>, RollbackError<E>> {
        let started = Instant::now();
        let steps = Steps::new(self.watcher.clone());
        let session = Session::begin(self, Missing::None, &steps)?;
        let state = session.state()?;
        let kept = state.kept();
        let current = match state.current {
            Current::Generation(current) => current,
            Current::Unusable { error, .. } => return Err(error.into()),
            Current::Nothing => {
                let path = self.path.clone();
                return Err(InstallError::NothingInstalled { path }.into());
            }
        };
        let warnings = session.clean(kept.as_deref());

        let target = before(&session, &current)?;
        let (generation, path) = (target.number(), target.path().to_owned());
        let refused = |reason| RollbackError::Refused { generation, reason };
        let validated = validate(target.read()?).map_err(refused)?;
        session.set_previous(target, current.number())?;
        session.switch(generation)?;
        Ok(RolledBack {
            generation,
            path,
            previous: current.number(),
            validated,
            total: started.elapsed().saturating_sub(session.waited()),
            fsync: steps.synced(),
            warnings,
        })
    }
}

fn before(
    session: &Session<'_>,
    current: &InstalledGeneration,
) -> Result<InstalledGeneration, InstallError> {
    let number = current.manifest().previous;
    let number = number.ok_or_else(|| InstallError::NoPrevious {
        path: session.path.to_owned(),
        generation: current.number(),
    })?;
    let path = &session.generations_path;
    let found = InstalledGeneration::open(&session.generations, path, number)?;
    found.ok_or_else(|| InstallError::PreviousGone {
        path: path.join(name_of(number)),
    })
}
