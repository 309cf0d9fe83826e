//! Installers that are killed before any of their steps, and installers that meet.
//!
//! This program starts itself again as the installer, so it has a main of its own instead of the
//! test harness.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod case;
mod killed;
mod met;
mod owner;
#[path = "../install/rig.rs"]
mod rig;

use case::Case;
use killed::Installer;
use met::Met;

const INSTALLER: &str = "PROVOST_TEST_INSTALLER";
const MET: &str = "PROVOST_TEST_MET_INSTALLER";
const OWNER: &str = "PROVOST_TEST_OWNING_INSTALLER";

fn main() {
    if let Ok(arguments) = std::env::var(INSTALLER) {
        return Installer::install_and_die(&arguments);
    }
    if let Ok(arguments) = std::env::var(MET) {
        return Met::install(&arguments);
    }
    if let Ok(arguments) = std::env::var(OWNER) {
        return owner::install_for(&arguments);
    }
    for case in Case::ALL {
        killed::check(case);
    }
    met::two_at_once();
    met::a_dead_holder_is_not_waited_for();
    met::many_at_once();
    owner::the_umask_has_no_say();
    owner::somebody_else_than_root();
}

/// A folder in memory, if there is one: what dies is a process, not the machine, and syncing to a
/// disk hundreds of times takes a minute.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}
