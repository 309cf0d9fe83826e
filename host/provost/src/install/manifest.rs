//! What a generation says of itself: `generation.json`.
//!
//! ```json
//! {
//!   "version": 1,
//!   "generation": 2,
//!   "previous": 1,
//!   "installed": "2026-03-01T12:00:00Z",
//!   "source": "/srv/certificates.zip",
//!   "provider_generation": null,
//!   "end_entity": {
//!     "subject": "CN=*.example.com",
//!     "sha256": "…", "spki_sha256": "…",
//!     "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z"
//!   },
//!   "files": [
//!     { "name": "privateKey.pem", "access": "private", "owner": 0, "size": 241 },
//!     { "name": "certificateChain.pem", "access": "public", "owner": 0, "size": 1340, "sha256": "…" }
//!   ]
//! }
//! ```
//!
//! `previous` is the generation that was in force before this one was switched to. It is written
//! before the switch, so that the one rename of `current` decides about both. Of private files
//! there is no digest: `spki_sha256` tells which key it is.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};

use provost_core::config::Sha256Digest;
use provost_core::tls::render::{Access, FileName, RenderedFile};
use provost_core::tls::shown;
use serde::{Deserialize, Serialize};

use super::provenance::{EndEntity, Provenance, now};

/// The only version there is.
const VERSION: u32 = 1;
/// The largest manifest of the most files, every character escaped, is smaller.
const MAX_BYTES: u64 = 64 << 10;
/// How many files a generation may have.
pub(super) const MAX_FILES: usize = 64;
/// How many bytes one of them may have.
pub(super) const MAX_FILE: u64 = 16 << 20;

/// What a generation says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    version: u32,
    /// Its number.
    pub generation: u64,
    /// The generation that was in force before it.
    pub previous: Option<u64>,
    /// When it was installed (RFC 3339).
    pub installed: String,
    /// Where it is from, for people.
    pub source: String,
    /// What the provider calls this state of the artifacts.
    pub provider_generation: Option<String>,
    /// Whose artifacts they are.
    pub end_entity: Option<EndEntity>,
    /// Its files.
    pub files: Vec<InstalledFile>,
}

/// A file as it was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct InstalledFile {
    /// Its name in the generation's folder.
    pub name: FileName,
    /// Who may read it.
    pub access: Access,
    /// The user that it belongs to.
    pub owner: u32,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes. Private files have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

impl Manifest {
    pub(super) fn new(
        generation: u64,
        previous: Option<u64>,
        provenance: &Provenance,
        files: Vec<InstalledFile>,
    ) -> Self {
        let Provenance {
            source,
            provider_generation,
            end_entity,
        } = provenance.clone();
        Self {
            version: VERSION,
            generation,
            previous,
            installed: now(),
            source,
            provider_generation,
            end_entity,
            files,
        }
    }

    /// The file of a name.
    pub fn file(&self, name: &str) -> Option<&InstalledFile> {
        self.files.iter().find(|file| file.name.as_str() == name)
    }

    pub(super) fn to_json(&self) -> io::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads the manifest of a generation. The inner error is what is wrong with it, to follow
    /// its name.
    pub(super) fn read(file: &File, generation: u64) -> io::Result<Result<Self, String>> {
        let mut text = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut text)?;
        if text.len() as u64 > MAX_BYTES {
            return Ok(Err(format!("has more than {MAX_BYTES} bytes")));
        }
        Ok(Self::parse(&text, generation).map(Self::cleaned))
    }

    fn parse(text: &[u8], generation: u64) -> Result<Self, String> {
        let damaged = |e| format!("is damaged: {e}");
        // The version first: another one may have other fields, and is not damaged for that.
        let Versioned { version } = serde_json::from_slice(text).map_err(damaged)?;
        if version != u64::from(VERSION) {
            return Err(format!(
                "has version {version}; this build reads version {VERSION}"
            ));
        }
        let manifest: Self = serde_json::from_slice(text).map_err(damaged)?;
        if manifest.generation != generation {
            return Err(format!(
                "is that of generation {}, expected {generation}",
                manifest.generation
            ));
        }
        if manifest.previous == Some(generation) {
            return Err("names its own generation as the previous one".to_owned());
        }
        if manifest.files.len() > MAX_FILES {
            let got = manifest.files.len();
            return Err(format!("lists {got} files; at most {MAX_FILES} are read"));
        }
        let mut names = HashSet::new();
        for file in &manifest.files {
            let twice = (!names.insert(&file.name)).then_some("twice");
            if let Some(problem) = twice.or_else(|| file.problem()) {
                return Err(format!("lists `{}` {problem}", file.name));
            }
        }
        Ok(manifest)
    }

    /// What is text is shown as text, whoever wrote it.
    fn cleaned(self) -> Self {
        Self {
            installed: shown(&self.installed),
            source: shown(&self.source),
            provider_generation: self.provider_generation.as_deref().map(shown),
            end_entity: self.end_entity.map(|certificate| EndEntity {
                subject: shown(&certificate.subject),
                not_before: shown(&certificate.not_before),
                not_after: shown(&certificate.not_after),
                ..certificate
            }),
            ..self
        }
    }
}

impl InstalledFile {
    pub(super) fn of(file: &RenderedFile, owner: u32) -> Self {
        let bytes = file.contents.secret_bytes();
        Self {
            name: file.name.clone(),
            access: file.access,
            owner,
            size: bytes.len() as u64,
            sha256: (file.access == Access::Public).then(|| Sha256Digest::of(bytes)),
        }
    }

    /// What is wrong with the entry, to follow the file's name.
    fn problem(&self) -> Option<&'static str> {
        match (self.access, self.sha256) {
            _ if self.size > MAX_FILE => Some("with more bytes than are read"),
            (Access::Public, None) => Some("without its SHA-256"),
            (Access::Private, Some(_)) => Some("with a SHA-256, although it is private"),
            _ => None,
        }
    }
}
