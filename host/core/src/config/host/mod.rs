//! The host configuration: `provost.toml`, and what the environment says over it.

mod class;
mod explain;
mod kms;
mod policy;
mod read;
mod s3;
mod setting;
mod tls;
mod transfer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::class::{ClassConfiguration, ConfEntry, ConfSource, Isolation, Proof, Unpinned};
pub use self::explain::Explained;
pub use self::kms::{KmsEndpoint, KmsSettings, RegionRule};
pub use self::policy::{
    Commitment, DataKeyReuse, EnvelopePlace, Legacy, ObjectFormat, PrefixPolicy, ReadPolicy,
    Unauthenticated, UriPrefix, WriteEnvelope, WriteFormat, WritePolicy,
};
pub use self::read::parse_node_name;
pub use self::s3::{Endpoint, EndpointError, S3Place, S3Settings};
pub use self::setting::{Origin, Setting};
pub use self::tls::{
    DefaultRootsSource, DefaultRootsSourceError, FileOwner, FileOwnerError, TlsSettings,
};
pub use self::transfer::TransferSettings;

use super::class_name::ClassName;
use super::diagnostic::{Diagnostic, Diagnostics, Loaded};
use super::source::{Source, Span};

/// How this host works: libraries, TLS artifacts, classes, policies.
///
/// Paths that the file gives relative to itself are already joined to its folder.
#[derive(Debug)]
#[non_exhaustive]
pub struct HostConfiguration {
    /// The security configuration's file.
    pub security_configuration: Option<Setting<PathBuf>>,
    /// The id of the cluster that this node belongs to.
    pub cluster_id: Option<Setting<String>>,
    /// The names that this node is reached by.
    pub node_names: Setting<Vec<String>>,
    /// The region of the cluster, if it is known.
    pub region: Option<Setting<String>>,
    /// Where libraries are looked for.
    pub libraries: Libraries,
    /// What the host writes into the description of requests.
    pub description: DescriptionPolicy,
    /// Where TLS artifacts are installed, and what they are held against.
    pub tls: TlsSettings,
    /// How objects are transferred.
    pub transfer: TransferSettings,
    /// How KMS is reached, and the keys of CSE-KMS.
    pub kms: KmsSettings,
    /// Where `s3://` locations are served.
    pub s3: S3Settings,
    /// What is done with what is fetched.
    pub fetch: FetchSettings,
    source: Arc<Source>,
    classes: BTreeMap<ClassName, ClassConfiguration>,
    unlisted_class: ClassConfiguration,
    policies: Vec<PrefixPolicy>,
    default_policy: PrefixPolicy,
}

/// `[libraries]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Libraries {
    /// Folders whose `.so` files are libraries; not the folders in them.
    pub folders: Setting<Vec<PathBuf>>,
    /// Libraries one by one.
    pub files: Setting<Vec<PathBuf>>,
    /// Names of shared objects that libraries may need, besides those of the C library.
    pub needed: Setting<Vec<String>>,
}

/// `[fetch]`: libraries and TLS artifacts that lie on S3.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FetchSettings {
    /// The folder that keeps what was fetched. Default: `/var/cache/provost` for root, for others
    /// `provost` in the cache folder of the user.
    pub directory: Option<Setting<PathBuf>>,
}

/// `[description]`: what the host writes into the description of requests, and under which names.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DescriptionPolicy {
    /// Whether it writes any. Default: no.
    pub populate: Setting<bool>,
    /// The entry that holds the object's URI. Default: `Path`, as EMRFS has it.
    pub uri: Setting<String>,
    /// The entry that holds the cluster's id. Default: `JobflowId`, as EMRFS has it.
    pub cluster_id: Setting<String>,
}

/// Looks up an environment variable.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

impl HostConfiguration {
    /// Parses and checks `provost.toml`. Relative paths in it start at `folder`: the absolute path
    /// of the one it is in. Variables in `environment` win over the file; empty ones are unset.
    pub fn parse(
        source: Source,
        folder: &Path,
        environment: Environment<'_>,
    ) -> Result<Loaded<Self>, Diagnostics> {
        read::configuration(source, folder, environment)
    }

    /// What holds without a file: the environment, and the defaults.
    pub fn without_file(environment: Environment<'_>) -> Result<Loaded<Self>, Diagnostics> {
        Self::parse(
            Source::new("(no provost.toml)", ""),
            Path::new("/"),
            environment,
        )
    }

    /// The text it was parsed from, for diagnostics that point back to it. Inline secrets are
    /// overwritten in it.
    pub fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// An error that points into this configuration.
    pub fn error(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&self.source, span, message)
    }

    /// What holds for a class: its table, or the defaults.
    pub fn class(&self, name: &ClassName) -> &ClassConfiguration {
        self.classes.get(name).unwrap_or(&self.unlisted_class)
    }

    /// The classes that have a table.
    pub fn classes(&self) -> impl ExactSizeIterator<Item = (&ClassName, &ClassConfiguration)> {
        self.classes.iter()
    }

    /// The policy for an object: that of the longest prefix which its URI is below, else the
    /// default. Prefixes match at `/` alone.
    pub fn policy_for(&self, uri: &str) -> &PrefixPolicy {
        policy::longest(&self.policies, uri).unwrap_or(&self.default_policy)
    }

    /// The policies that have a prefix, in the order of the file.
    pub fn policies(&self) -> &[PrefixPolicy] {
        &self.policies
    }

    /// Whether the file holds secrets: then nobody else may be able to read it (mode 0600).
    pub fn has_inline_secrets(&self) -> bool {
        let mut entries = self.classes.values().flat_map(|class| &class.conf);
        entries.any(|entry| matches!(entry.source.get(), ConfSource::Secret(_)))
    }

    /// Each value, and where it came from; never a secret's value.
    pub fn explain(&self) -> Vec<Explained> {
        explain::explain(self)
    }
}
