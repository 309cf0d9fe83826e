//! `provost tls`: check, show, install and roll back TLS artifacts.

mod check;
mod document;
mod install;
pub(super) mod judgement;
mod place;
mod refusal;
mod roll_back;
mod show;
mod source;
mod tree;
pub(super) mod verdict;

use super::args::{Global, Tls};
use super::report::Failure;

pub(crate) fn run(command: Tls, global: &Global) -> Result<(), Failure> {
    match command {
        Tls::Check { paths, judgement } => check::run(&paths, &judgement, global),
        Tls::Show(command) => show::run(&command, global),
        Tls::Install(command) => install::run(&command, global),
        Tls::Rollback(command) => roll_back::run(&command, global),
    }
}
