//! What is installed before an installer is killed, and what it does.

use std::fmt;
use std::path::Path;

use provost::install::{Installation, Step};

use crate::killed::{Installer, Kill};
use crate::rig::install;

/// What is installed before, and what the installer does.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Case {
    First,
    Second,
    /// The oldest generation is removed.
    Third,
    /// The generation in force is older than the one before it.
    AfterRollback,
    /// `current` leads to a generation that is gone.
    Repair,
    /// Two killed installers have been there.
    AfterKills,
    Unchanged,
    Rollback,
    RollbackAgain,
    /// `current` leads to a generation that is gone.
    RollbackFromGone,
}

impl Case {
    pub(crate) const ALL: [Self; 10] = [
        Self::First,
        Self::Second,
        Self::Third,
        Self::AfterRollback,
        Self::Repair,
        Self::AfterKills,
        Self::Unchanged,
        Self::Rollback,
        Self::RollbackAgain,
        Self::RollbackFromGone,
    ];

    pub(crate) fn prepare(self, folder: &Path) {
        let at = Installation::at(folder);
        let labels: &[&str] = match self {
            Self::First => &[],
            Self::Second | Self::Unchanged => &["a"],
            Self::Third | Self::AfterRollback | Self::AfterKills => &["a", "b"],
            Self::Repair | Self::RollbackFromGone => &["a", "b", "c"],
            Self::Rollback | Self::RollbackAgain => &["a", "none trusted"],
        };
        for label in labels {
            install(&at, label);
        }
        match self {
            Self::AfterRollback | Self::RollbackAgain => {
                at.rollback(Ok::<_, ()>).unwrap();
            }
            Self::Repair | Self::RollbackFromGone => {
                std::fs::remove_dir_all(folder.join("generations/3")).unwrap();
            }
            Self::AfterKills => {
                for step in [Step::NameGeneration, Step::Switch] {
                    assert!(!Installer::new(self, Kill::Before(step), folder).lives());
                }
            }
            _ => {}
        }
    }

    /// What is in force before, and after.
    pub(crate) fn labels(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::First | Self::Repair => (None, "new"),
            Self::Second | Self::AfterRollback => (Some("a"), "new"),
            Self::Third | Self::AfterKills => (Some("b"), "new"),
            Self::Unchanged => (Some("a"), "a"),
            Self::Rollback => (Some("none trusted"), "a"),
            Self::RollbackAgain => (Some("a"), "none trusted"),
            Self::RollbackFromGone => (None, "b"),
        }
    }

    pub(crate) fn run(self, at: &Installation) {
        if matches!(
            self,
            Self::Rollback | Self::RollbackAgain | Self::RollbackFromGone
        ) {
            at.rollback(Ok::<_, ()>).unwrap();
        } else {
            install(at, self.labels().1);
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
