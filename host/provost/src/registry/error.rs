//! Why a class has no library.

use std::path::PathBuf;

use provost_core::config::{ClassName, Diagnostic};
use provost_core::section::ClassKind;

use super::{ConfError, FolderError, Scan};

/// Why a class name leads to no usable library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The configuration says something that cannot be followed.
    #[error("{0}")]
    Configuration(Box<Diagnostic>),
    /// A configured folder cannot be listed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// No library declares the class.
    #[error("no provider registered for class `{class}`")]
    Unknown {
        /// The class.
        class: ClassName,
        /// The classes that there are, sorted.
        registered: Vec<String>,
        /// The nearest of them, if one is near.
        nearest: Option<String>,
    },
    /// Two different libraries declare the class.
    #[error(
        "class `{class}` is declared by two different libraries: `{}` and `{}`",
        first.display(),
        second.display()
    )]
    Conflict {
        /// The class.
        class: ClassName,
        /// A library.
        first: PathBuf,
        /// Another one, with other bytes.
        second: PathBuf,
    },
    /// The library that was named does not declare the class.
    #[error("`{}` does not have class `{class}`; it has: {}", path.display(), declared.join(", "))]
    NotInLibrary {
        /// The class.
        class: ClassName,
        /// The library.
        path: PathBuf,
        /// What it declares.
        declared: Vec<String>,
    },
    /// The class is something else than what it is used for.
    #[error("class `{class}` is a {found} class, and a {wanted} class is needed here")]
    Kind {
        /// The class.
        class: ClassName,
        /// What it is used for.
        wanted: ClassKind,
        /// What it is.
        found: ClassKind,
    },
    /// The class's configuration does not fit its declaration, or cannot be read.
    #[error(transparent)]
    Conf(#[from] ConfError),
    /// Only local libraries can be loaded so far.
    #[error(
        "the library of class `{class}` is at `{location}`, and this build cannot fetch from there"
    )]
    NotSupportedYet {
        /// The class.
        class: ClassName,
        /// Where its library is.
        location: String,
    },
}

impl From<Diagnostic> for RegistryError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Configuration(Box::new(diagnostic))
    }
}

impl RegistryError {
    pub(super) fn unknown<'n>(
        class: &ClassName,
        scan: &Scan,
        named: impl Iterator<Item = &'n ClassName>,
    ) -> Self {
        let mut registered: Vec<String> = scan
            .libraries
            .iter()
            .flat_map(|library| library.facts.classes.iter().map(|class| class.name.clone()))
            .chain(named.map(ToString::to_string))
            .collect();
        registered.sort();
        registered.dedup();
        let names: Vec<&str> = registered.iter().map(String::as_str).collect();
        let nearest = provost_core::config::nearest(class.as_str(), &names).map(str::to_owned);
        Self::Unknown {
            class: class.clone(),
            nearest,
            registered,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Configuration(diagnostic) => diagnostic.hint_text()?.to_owned(),
            Self::Folder(_) => {
                "`folders` of [libraries] in provost.toml names folders that exist and can be listed"
                    .to_owned()
            }
            Self::Unknown {
                class, registered, ..
            } if registered.is_empty() => format!(
                "no library was found; name the folder of the libraries in provost.toml:\n\
                 [libraries]\nfolders = [\"/path/to/folder\"]\nor the library of the class:\n\
                 [classes.\"{class}\"]\nlibrary = \"/path/to/lib.so\""
            ),
            Self::Unknown {
                nearest: Some(nearest),
                ..
            } => format!("did you mean `{nearest}`?"),
            Self::Unknown { registered, .. } => {
                format!("there are: {}", registered.join(", "))
            }
            Self::Conflict { class, first, .. } => format!(
                "remove one of them, or say in provost.toml which one is meant:\n\
                 [classes.\"{class}\"]\nlibrary = \"{}\"",
                first.display()
            ),
            Self::NotInLibrary {
                class, declared, ..
            } => {
                let declared: Vec<&str> = declared.iter().map(String::as_str).collect();
                match provost_core::config::nearest(class.as_str(), &declared) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => "name one of its classes, or the library that has this one".to_owned(),
                }
            }
            Self::Kind { .. } => {
                "a materials class hands out keys for data at rest, a tls class artifacts for data \
                 in transit; `provost plugin list` shows which is which"
                    .to_owned()
            }
            Self::Conf(error) => error.hint()?,
            Self::NotSupportedYet { class, .. } => format!(
                "copy it to this machine and name the copy in provost.toml:\n\
                 [classes.\"{class}\"]\nlibrary = \"/path/to/lib.so\""
            ),
        })
    }
}
