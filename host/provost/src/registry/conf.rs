//! A class's `conf` table: held against what its library declares, then resolved to values.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use provost_core::config::{
    ClassConfiguration, ClassName, ConfSource, Diagnostic, HostConfiguration, nearest,
};
use provost_core::section::ClassFacts;
use provost_plugin_api::{Conf, ConfValue, SecretBytes};

/// The largest secret that is read from a file, in bytes.
const SECRET_LIMIT: u64 = 64 << 10;

/// A `conf` table that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfError {
    /// A key that the library does not read: misspelt, most likely.
    #[error("{0}")]
    Unknown(Box<Diagnostic>),
    /// A key that the library requires.
    #[error("class `{class}` requires the configuration key `{key}`")]
    Missing {
        /// The class.
        class: ClassName,
        /// The key.
        key: String,
        /// What the library says about it.
        help: String,
        /// Whether its value is a secret.
        secret: bool,
    },
    /// A key that the library declares a secret, given as text that may be shown. There is no
    /// diagnostic with it: that would show the line, and the value.
    #[error(
        "{file}:{line}: the configuration key `{key}` of class `{class}` is a secret, and is given as {given}"
    )]
    Shown {
        /// The configuration file.
        file: String,
        /// The line of the key, counted from 1.
        line: usize,
        /// The class.
        class: ClassName,
        /// The key.
        key: String,
        /// How it is given.
        given: &'static str,
    },
    /// The variable of `{ env = … }` is not set.
    #[error(
        "the configuration key `{key}` of class `{class}` comes from the environment variable `{variable}`, which is not set"
    )]
    Variable {
        /// The class.
        class: ClassName,
        /// The key.
        key: String,
        /// The variable.
        variable: String,
    },
    /// The file of a secret cannot be used.
    #[error("cannot read the secret `{key}` of class `{class}` from `{}`", path.display())]
    Secret {
        /// The class.
        class: ClassName,
        /// The key.
        key: String,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// `{ credential = … }` where the service manager passed no credentials.
    #[error(
        "the configuration key `{key}` of class `{class}` is a credential, and CREDENTIALS_DIRECTORY is not set"
    )]
    NoCredentials {
        /// The class.
        class: ClassName,
        /// The key.
        key: String,
    },
}

impl ConfError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unknown(diagnostic) => diagnostic.hint_text()?.to_owned(),
            Self::Missing {
                class,
                key,
                help,
                secret,
            } => {
                let value = if *secret {
                    "{ file = \"/path/to/secret\" }"
                } else {
                    "\"...\""
                };
                let help = if help.is_empty() {
                    String::new()
                } else {
                    format!("   # {help}")
                };
                format!(
                    "set it in provost.toml:\n[classes.\"{class}\".conf]\n\"{key}\" = {value}{help}"
                )
            }
            Self::Shown { key, .. } => format!(
                "keep it in a file that only the host's user may read:\n\
                 \"{key}\" = {{ file = \"/path/to/secret\" }}\n\
                 or in a provost.toml of mode 0600: \"{key}\" = {{ secret = \"...\" }}"
            ),
            Self::Variable { variable, .. } => {
                format!("export {variable}, or write the value itself")
            }
            Self::Secret { source, .. } => match source.kind() {
                ErrorKind::NotFound => {
                    "check the path; in provost.toml, paths start at its folder".to_owned()
                }
                ErrorKind::PermissionDenied => {
                    "the user that runs the host has to be able to read it".to_owned()
                }
                _ => return None,
            },
            Self::NoCredentials { .. } => {
                "a service manager sets it; elsewhere use `{ file = \"/path\" }`".to_owned()
            }
        })
    }
}

/// Finds keys that are missing or misspelt, and secrets that are given as plain text, by what the
/// library declares.
pub fn check_conf(
    host: &HostConfiguration,
    class: &ClassName,
    settings: &ClassConfiguration,
    declared: &ClassFacts,
) -> Result<(), ConfError> {
    // A library that declares nothing may read anything.
    if declared.conf.is_empty() {
        return Ok(());
    }
    // First: the errors below show lines of the file.
    check_secrets(host, class, settings, declared)?;
    let known: Vec<&str> = declared.conf.iter().map(|conf| conf.key.as_str()).collect();
    let unknown = settings
        .conf
        .iter()
        .find(|entry| !known.contains(&entry.key.get().as_str()));
    if let Some(entry) = unknown {
        let hint = match nearest(entry.key.get(), &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it reads: {}; leave this one out", known.join(", ")),
        };
        let message = format!(
            "class `{class}` does not read the key `{}`",
            entry.key.get()
        );
        let diagnostic = host
            .error(entry.key.span(), message)
            .label("unknown key")
            .hint(hint);
        return Err(ConfError::Unknown(Box::new(diagnostic)));
    }
    let set = |key: &str| settings.conf.iter().any(|entry| entry.key.get() == key);
    match declared
        .conf
        .iter()
        .find(|conf| conf.required && !set(&conf.key))
    {
        None => Ok(()),
        Some(conf) => Err(ConfError::Missing {
            class: class.clone(),
            key: conf.key.clone(),
            help: conf.help.clone(),
            secret: conf.secret,
        }),
    }
}

/// Plain text is neither taken out of a provider's words nor kept from `check --explain`.
fn check_secrets(
    host: &HostConfiguration,
    class: &ClassName,
    settings: &ClassConfiguration,
    declared: &ClassFacts,
) -> Result<(), ConfError> {
    for entry in &settings.conf {
        let key = entry.key.get();
        let given = match entry.source.get() {
            ConfSource::Plain(_) => "plain text",
            ConfSource::Environment(_) => "an environment variable",
            ConfSource::File(_) | ConfSource::Credential(_) | ConfSource::Secret(_) => continue,
        };
        let known: Vec<&str> = declared.conf.iter().map(|c| c.key.as_str()).collect();
        // A misspelt secret is one too, and the error about its name would show its line.
        let meant = known.iter().find(|name| *name == key).copied();
        let meant = meant.or_else(|| nearest(key, &known));
        let secret = declared
            .conf
            .iter()
            .find(|c| c.secret && Some(c.key.as_str()) == meant);
        if let Some(secret) = secret {
            return Err(ConfError::Shown {
                file: host.source().name().to_owned(),
                line: host.source().position(entry.key.span().start).line,
                class: class.clone(),
                key: secret.key.clone(),
                given,
            });
        }
    }
    Ok(())
}

/// Reads the values: from the file, the environment, secret files and credentials.
pub fn resolve_conf(class: &ClassName, settings: &ClassConfiguration) -> Result<Conf, ConfError> {
    let mut conf = Conf::new();
    for entry in &settings.conf {
        let key = entry.key.get();
        let value = match entry.source.get() {
            ConfSource::Plain(text) => ConfValue::Plain(text.clone()),
            ConfSource::Secret(secret) => ConfValue::Secret(secret.clone_secret()),
            ConfSource::Environment(variable) => {
                let value = std::env::var(variable).map_err(|_| ConfError::Variable {
                    class: class.clone(),
                    key: key.clone(),
                    variable: variable.clone(),
                });
                ConfValue::Plain(value?)
            }
            ConfSource::File(path) => ConfValue::Secret(secret(class, key, path)?),
            ConfSource::Credential(name) => {
                let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") else {
                    let (class, key) = (class.clone(), key.clone());
                    return Err(ConfError::NoCredentials { class, key });
                };
                ConfValue::Secret(secret(class, key, &Path::new(&folder).join(name))?)
            }
        };
        conf.insert(key.clone(), value);
    }
    Ok(conf)
}

fn secret(class: &ClassName, key: &str, path: &Path) -> Result<SecretBytes, ConfError> {
    crate::configuration::read_secret(path, SECRET_LIMIT).map_err(|source| ConfError::Secret {
        class: class.clone(),
        key: key.to_owned(),
        path: path.to_owned(),
        source,
    })
}
