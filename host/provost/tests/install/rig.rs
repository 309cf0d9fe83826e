//! Sets to install, and what lies on disk, seen without the code under test.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use provost::install::{Installation, Installed, Provenance};
use provost_core::tls::render::{Access, RenderedFile, RenderedFiles};
use provost_plugin_api::SecretBytes;

pub(crate) const KEY: &str = "privateKey.pem";
pub(crate) const CHAIN: &str = "certificateChain.pem";
pub(crate) const TRUSTED: &str = "trustedCertificates.pem";

/// A set whose bytes say its label. The first letter decides whether it has trusted certificates.
pub(crate) fn set(label: &str) -> RenderedFiles {
    let files = contents(label).into_iter().map(|(name, bytes)| {
        let access = match name {
            KEY => Access::Private,
            _ => Access::Public,
        };
        let contents = SecretBytes::new(bytes);
        RenderedFile::new(name.parse().unwrap(), access, contents)
    });
    RenderedFiles::new(files.collect()).unwrap()
}

/// Names and bytes of a set.
pub(crate) fn contents(label: &str) -> Vec<(&'static str, Vec<u8>)> {
    let has_trusted = !label.starts_with('n');
    let names = [KEY, CHAIN]
        .into_iter()
        .chain(has_trusted.then_some(TRUSTED));
    names
        .map(|name| (name, format!("{name} of {label}\n").repeat(50).into_bytes()))
        .collect()
}

pub(crate) fn install(at: &Installation, label: &str) -> Installed {
    at.install(&set(label), &Provenance::new(label)).unwrap()
}

/// Where `current` leads, read as a link.
pub(crate) fn current(folder: &Path) -> Option<String> {
    let target = std::fs::read_link(folder.join("current")).ok()?;
    Some(target.to_str().unwrap().to_owned())
}

/// Whether a generation's folder has exactly the files of a set and a manifest.
pub(crate) fn is_set(generation: &Path, label: &str) -> bool {
    let expected = contents(label);
    names(generation).len() == expected.len() + 1
        && generation.join("generation.json").is_file()
        && expected.iter().all(|(name, bytes)| {
            let path = generation.join(name);
            let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
            is_file && std::fs::read(path).unwrap() == *bytes
        })
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}
