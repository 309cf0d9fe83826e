//! TLS artifacts of a provider: held to their sizes and to being the same twice, and not yet
//! validated.

use provost_core::tls::{ArtifactFile, RawTlsFiles, limits};
use provost_plugin_api::{Attributes, TlsRequest};
use provost_worker::{Answer, Request};

use super::ProviderHandle;
use crate::provider::failure::{ProviderFailure, ProviderName};

const OPERATION: &str = "tls_artifacts";

/// What a provider handed out for this node. Nothing in the files has been validated.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProvidedTls {
    /// The files.
    pub files: RawTlsFiles,
    /// Which state of its artifacts they are, in the provider's words, cleaned for display. May be
    /// empty.
    pub generation: String,
    /// Who handed them out.
    pub provider: ProviderName,
}

impl ProviderHandle {
    /// The artifacts for a node of these names. Asks twice: what changes between two calls is not
    /// what will be in force tomorrow.
    pub(crate) fn tls_artifacts(
        &self,
        node_names: &[String],
        cluster_id: Option<&str>,
    ) -> Result<ProvidedTls, ProviderFailure> {
        let first = self.tls_artifacts_once(node_names, cluster_id)?;
        let second = self.tls_artifacts_once(node_names, cluster_id)?;
        match difference(&first, &second) {
            None => Ok(first),
            Some(field) => Err(ProviderFailure::Unstable {
                provider: self.name().clone(),
                operation: OPERATION,
                field,
            }),
        }
    }

    fn tls_artifacts_once(
        &self,
        node_names: &[String],
        cluster_id: Option<&str>,
    ) -> Result<ProvidedTls, ProviderFailure> {
        let mut call = self.new_call();
        if let Some(cluster_id) = cluster_id {
            call.attributes.push(Attributes::CLUSTER_ID, cluster_id);
        }
        let cluster_id = cluster_id.map(str::to_owned);
        let request = TlsRequest::new(call, node_names.to_vec(), cluster_id);
        let raw = match self.call(Request::TlsArtifacts(&request))? {
            Answer::TlsArtifacts(raw) => raw,
            other => return Err(self.mismatch(OPERATION, &other)),
        };
        let generation = self.0.filter.clean(&raw.generation);
        let files = RawTlsFiles::from(raw);
        for file in ArtifactFile::ALL {
            let (size, limit) = (files.get(file).map_or(0, <[u8]>::len), limits::of(file));
            if size > limit {
                let field = field(file);
                let what = format!("`{field}` has {size} bytes, at most {limit} are allowed");
                return Err(self.protocol(OPERATION, what));
            }
        }
        Ok(ProvidedTls {
            files,
            generation,
            provider: self.name().clone(),
        })
    }
}

/// The part in which two answers differ.
fn difference(first: &ProvidedTls, second: &ProvidedTls) -> Option<&'static str> {
    let (a, b) = (&first.files, &second.files);
    if a.certificate_chain != b.certificate_chain {
        Some(field(ArtifactFile::CertificateChain))
    } else if a.private_key != b.private_key {
        Some(field(ArtifactFile::PrivateKey))
    } else if a.trusted_certificates != b.trusted_certificates {
        Some(field(ArtifactFile::TrustedCertificates))
    } else if first.generation != second.generation {
        Some("generation")
    } else {
        None
    }
}

/// The name of a part in an answer.
fn field(file: ArtifactFile) -> &'static str {
    match file {
        ArtifactFile::PrivateKey => "private key",
        ArtifactFile::CertificateChain => "certificate chain",
        ArtifactFile::TrustedCertificates => "trusted certificates",
    }
}
