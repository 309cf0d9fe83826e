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
    /// rollback returns to it. From one that was removed or damaged by hand, this goes back to the
    /// latest that is usable, and no second rollback returns.
    pub fn rollback<T, E>(
        &self,
        validate: impl FnOnce(RawTlsFiles) -> Result<T, E>,
    ) -> Result<RolledBack<T>, RollbackError<E>> {
        let started = Instant::now();
        let steps = Steps::new(self.watcher.clone());
        let session = Session::begin(self, Missing::None, &steps)?;
        let state = session.state()?;
        let warnings = session.clean(state.kept().as_deref());
        let usable = match &state.current {
            Current::Unusable { number, .. } => session.latest_usable(&state, *number),
            Current::Generation(_) | Current::Nothing => None,
        };
        let (target, replaced, previous) = match (state.current, usable) {
            (Current::Generation(current), _) => {
                let number = current.number();
                (before(&session, &current)?, number, Some(number))
            }
            (Current::Unusable { number, .. }, Some(usable)) => (usable, number, None),
            (Current::Unusable { error, .. }, None) => return Err(error.into()),
            (Current::Nothing, _) => {
                let path = self.path.clone();
                return Err(InstallError::NothingInstalled { path }.into());
            }
        };
        let (generation, path) = (target.number(), target.path().to_owned());
        let refused = |reason| RollbackError::Refused { generation, reason };
        let validated = validate(target.read()?).map_err(refused)?;
        session.set_previous(target, previous)?;
        session.switch(generation)?;
        Ok(RolledBack {
            generation,
            path,
            replaced,
            previous,
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
