//! Looking at what is installed. This waits for nobody who is at it.

use super::generation::InstalledGeneration;
use super::layout::GENERATIONS;
use super::place::{self, Missing};
use super::session::open_generations;
use super::state::{dangling, link, numbers};
use super::steps::Steps;
use super::{InstallError, Installation, Listed, Role};
use crate::folder::Folder;

/// How often `current` may be switched while it is being followed.
const ATTEMPTS: usize = 32;

impl Installation {
    /// The generation in force, if there is one.
    pub fn current(&self) -> Result<Option<InstalledGeneration>, InstallError> {
        match self.open()? {
            Some(folder) => self.follow(&folder),
            None => Ok(None),
        }
    }

    /// All generations that lie there, by number.
    pub fn list(&self) -> Result<Vec<Listed>, InstallError> {
        let Some(folder) = self.open()? else {
            return Ok(Vec::new());
        };
        let below = self.path.join(GENERATIONS);
        let Some(generations) = open_generations(&folder, &below)? else {
            return Ok(Vec::new());
        };
        // One that is damaged is in force nevertheless, and says so in the list.
        let in_force = link(&folder, &self.path)?;
        let before = match self.follow(&folder) {
            Ok(Some(current)) => current.manifest().previous,
            _ => None,
        };
        let mut listed = Vec::new();
        for number in numbers(&generations, &below)? {
            let manifest = match InstalledGeneration::open(&generations, &below, number) {
                // Removed meanwhile.
                Ok(None) => continue,
                Ok(Some(generation)) => Ok(generation.manifest().clone()),
                Err(error) => Err(error),
            };
            listed.push(Listed {
                number,
                role: match Some(number) {
                    number if number == in_force => Role::Current,
                    number if number == before => Role::Previous,
                    _ => Role::Leftover,
                },
                manifest,
            });
        }
        Ok(listed)
    }

    fn open(&self) -> Result<Option<Folder>, InstallError> {
        place::open(&self.path, Missing::None, &Steps::new(None))
    }

    fn follow(&self, folder: &Folder) -> Result<Option<InstalledGeneration>, InstallError> {
        let below = self.path.join(GENERATIONS);
        let mut linked = link(folder, &self.path)?;
        let mut attempts = 0;
        while let Some(number) = linked {
            let found = match open_generations(folder, &below)? {
                Some(generations) => InstalledGeneration::open(&generations, &below, number),
                None => Ok(None),
            };
            if let Ok(Some(generation)) = found {
                return Ok(Some(generation));
            }
            // What is removed while it is looked at was replaced before: then `current` leads on.
            linked = link(folder, &self.path)?;
            attempts += 1;
            if linked == Some(number) || attempts == ATTEMPTS {
                return Err(found.err().unwrap_or_else(|| dangling(&self.path, number)));
            }
        }
        Ok(None)
    }
}
