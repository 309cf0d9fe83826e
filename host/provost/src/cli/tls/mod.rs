//! `provost tls`: check, show, install and roll back TLS artifacts.

mod check;
mod install;
pub(super) mod judgement;
mod place;
mod roll_back;
mod show;
mod verdict;

use super::args::{Global, Tls};
use super::report::Failure;

pub(crate) fn run(command: Tls, global: &Global) -> Result<(), Failure> {
    match command {
        Tls::Check { paths, judgement } => check::run(&paths, &judgement, global),
        Tls::Show { path, judgement } => show::run(path.as_deref(), &judgement, global),
        Tls::Install(command) => install::run(&command, global),
        Tls::Rollback(command) => roll_back::run(&command, global),
    }
}
