//! Configuration files, read from disk.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use provost_core::config::{Diagnostics, HostConfiguration, Loaded, SecurityConfiguration, Source};
use provost_plugin_api::SecretBytes;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroize;

/// The largest configuration file, in bytes.
const FILE_LIMIT: u64 = 1 << 20;

/// What the file is called in errors.
const HOST: &str = "host configuration";

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("cannot read the {what} `{}`", path.display())]
    Read {
        /// Which configuration it is.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds secrets, and others can read it.
    #[error("`{}` holds secrets, and others may read it (mode {mode:04o})", path.display())]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text was refused, with the places.
    #[error(transparent)]
    Refused(#[from] Diagnostics),
}

impl ConfigurationError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { what, path, source } => match source.kind() {
                io::ErrorKind::NotFound => {
                    Some("check the name; relative paths start at the current folder".to_owned())
                }
                io::ErrorKind::IsADirectory => {
                    let file = match *what {
                        HOST => "provost.toml",
                        _ => "security.json",
                    };
                    let file = path.join(file);
                    Some(format!("name the file in it, such as `{}`", file.display()))
                }
                io::ErrorKind::PermissionDenied => {
                    Some("the user that runs this command has to be able to read it".to_owned())
                }
                io::ErrorKind::InvalidInput => Some(
                    "save it as a file: the paths in it start at that file's folder".to_owned(),
                ),
                _ => None,
            },
            Self::Mode { path, .. } => Some(format!(
                "chmod 600 {}, or move the secrets into files: `{{ file = \"/path\" }}`",
                path.display()
            )),
            _ => None,
        }
    }
}

/// Reads provost.toml. What the environment may set wins over the file.
pub fn load_host(path: &Path) -> Result<Loaded<HostConfiguration>, ConfigurationError> {
    let what = HOST;
    let (file, folder) = open(what, path)?;
    let mode = file
        .metadata()
        .map_err(|e| unreadable(what, path, e))?
        .mode()
        & 0o7777;
    let source = source(what, path, file)?;
    let loaded = HostConfiguration::parse(source, &folder, &environment)?;
    if loaded.value.has_inline_secrets() && mode & 0o077 != 0 {
        return Err(ConfigurationError::Mode {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(loaded)
}

/// What holds without a provost.toml: the environment and the defaults.
pub fn host_without_file() -> Result<Loaded<HostConfiguration>, ConfigurationError> {
    Ok(HostConfiguration::without_file(&environment)?)
}

/// Reads a security configuration.
pub fn load_security(path: &Path) -> Result<Loaded<SecurityConfiguration>, ConfigurationError> {
    let what = "security configuration";
    let (file, folder) = open(what, path)?;
    Ok(SecurityConfiguration::parse(
        source(what, path, file)?,
        Some(&folder),
    )?)
}

/// A secret from a file: its bytes, or its line without the line break that editors put there.
pub(crate) fn read_secret(path: &Path, limit: u64) -> io::Result<SecretBytes> {
    let file = open_file(path)?;
    let metadata = file.metadata()?;
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let mode = metadata.mode() & 0o7777;
    if mode & 0o007 != 0 {
        return refuse(format!(
            "others may read or write it (mode {mode:04o}): run `chmod o= {}`",
            path.display()
        ));
    }
    // Room for one byte over the limit: the buffer never grows, so no copy is left behind.
    let mut bytes = Vec::with_capacity(usize::try_from(limit).unwrap_or(0) + 1);
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    if let Err(error) = read {
        bytes.zeroize();
        return Err(error);
    }
    if bytes.len() as u64 > limit {
        bytes.zeroize();
        return refuse(format!("it has more than {limit} bytes"));
    }
    let length = text_length(&bytes);
    bytes.truncate(length);
    Ok(SecretBytes::new(bytes))
}

/// Without the line break, if this is a line of text; random bytes may end in one that counts.
fn text_length(bytes: &[u8]) -> usize {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.chars().any(char::is_control) => line.len(),
        _ => bytes.len(),
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn open(what: &'static str, path: &Path) -> Result<(File, PathBuf), ConfigurationError> {
    let opened = open_file(path).and_then(|file| {
        let canonical = path.canonicalize()?;
        let folder = canonical.parent().unwrap_or(Path::new("/")).to_owned();
        Ok((file, folder))
    });
    opened.map_err(|error| unreadable(what, path, error))
}

/// Opens a file, and nothing else: reading a pipe or a terminal could take for ever.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    let check = |metadata: Metadata| {
        if metadata.is_file() {
            Ok(())
        } else if metadata.is_dir() {
            Err(io::Error::from(Errno::ISDIR))
        } else {
            let why = "it is a pipe or a device, expected a file";
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        }
    };
    // Looked at first, as opening a device may do something, and again once it cannot change.
    check(std::fs::metadata(path)?)?;
    // NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    check(file.metadata()?)?;
    Ok(file)
}

fn source(what: &'static str, path: &Path, file: File) -> Result<Source, ConfigurationError> {
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(what, path, error))?;
    Ok(Source::from_bytes(path.display().to_string(), bytes)?)
}

fn unreadable(what: &'static str, path: &Path, source: io::Error) -> ConfigurationError {
    ConfigurationError::Read {
        what,
        path: path.to_owned(),
        source,
    }
}
