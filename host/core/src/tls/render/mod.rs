//! Files that say to a program what TLS artifacts it has. Only this module knows programs.

mod name;
mod pem;

use std::collections::HashSet;

use provost_plugin_api::SecretBytes;
use serde::{Deserialize, Serialize};

pub use name::{FileName, FileNameError};
pub use pem::pem;

/// The files of one set of artifacts, each under a name of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct RenderedFiles(Vec<RenderedFile>);

/// A file as it is to be installed.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RenderedFile {
    /// Its name.
    pub name: FileName,
    /// Who may read it.
    pub access: Access,
    /// Its bytes.
    pub contents: SecretBytes,
}

/// Who may read an installed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Access {
    /// Its owner alone: mode 0600.
    Private,
    /// Everybody: mode 0644.
    Public,
}

/// Two files have one name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("two files are named `{name}`")]
pub struct SameName {
    /// The name.
    pub name: FileName,
}

impl RenderedFiles {
    /// Files under different names.
    pub fn new(files: Vec<RenderedFile>) -> Result<Self, SameName> {
        let mut names = HashSet::new();
        for RenderedFile { name, .. } in &files {
            if !names.insert(name) {
                return Err(SameName { name: name.clone() });
            }
        }
        Ok(Self(files))
    }

    /// One after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RenderedFile> {
        self.0.iter()
    }

    /// The file of a name.
    pub fn get(&self, name: &str) -> Option<&RenderedFile> {
        self.0.iter().find(|file| file.name.as_str() == name)
    }
}

impl RenderedFile {
    /// A file.
    pub fn new(name: FileName, access: Access, contents: SecretBytes) -> Self {
        Self {
            name,
            access,
            contents,
        }
    }
}

impl Access {
    /// The permission bits.
    pub const fn mode(self) -> u32 {
        match self {
            Self::Private => 0o600,
            Self::Public => 0o644,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> RenderedFile {
        let contents = SecretBytes::copy_from(name.as_bytes());
        RenderedFile::new(name.parse().unwrap(), Access::Public, contents)
    }

    #[test]
    fn two_files_of_one_name_are_refused() {
        assert_eq!(
            RenderedFiles::new(vec![file("a"), file("b"), file("a")]),
            Err(SameName {
                name: "a".parse().unwrap()
            })
        );
        let files = RenderedFiles::new(vec![file("a"), file("A")]).unwrap();
        assert_eq!(files.get("A"), Some(&file("A")));
    }
}
