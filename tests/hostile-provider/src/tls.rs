//! TLS classes: a good one, and good ones with one misbehaviour.

use std::fs;

use provost_plugin_api::{
    Call, ClassContext, Conf, ErrorKind, Provider, ProviderError, RawTlsArtifacts, SecretBytes,
    Status, TlsArtifactsProvider, TlsRequest,
};

/// Blocks with nothing in them, where no files are configured.
const NO_KEY: &str = "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/// The artifacts in the files `private_key`, `certificate_chain` and `trusted_certificates`.
pub(crate) struct TlsGood {
    private_key: SecretBytes,
    certificate_chain: Vec<u8>,
    trusted_certificates: Option<Vec<u8>>,
}

impl TlsGood {
    /// The files that these keys name after `prefix`.
    pub(crate) fn configured(conf: &Conf, prefix: &str) -> Result<Self, ProviderError> {
        let read = |key: &str| {
            let key = format!("{prefix}{key}");
            let read = conf.path(&key).map(fs::read).transpose();
            read.map_err(|error| ProviderError::configuration(key, error.to_string()))
        };
        let private_key = read("private_key")?.unwrap_or_else(|| NO_KEY.into());
        let chain = read("certificate_chain")?;
        Ok(Self {
            private_key: SecretBytes::new(private_key),
            certificate_chain: chain.unwrap_or_else(|| NO_CERTIFICATE.into()),
            trusted_certificates: read("trusted_certificates")?,
        })
    }

    pub(crate) fn artifacts(&self) -> RawTlsArtifacts {
        let (key, chain) = (self.private_key.clone_secret(), &self.certificate_chain);
        let mut artifacts = RawTlsArtifacts::from_pem(key, chain.clone()).with_generation("1");
        artifacts
            .trusted_certificates
            .clone_from(&self.trusted_certificates);
        artifacts
    }
}

impl Provider for TlsGood {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Self::configured(context.conf(), "")
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(Status::healthy("1"))
    }
}

impl TlsArtifactsProvider for TlsGood {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Ok(self.artifacts())
    }
}

/// What is wrong with a class.
pub(crate) trait TlsMisbehaviour: Send + Sync + Sized + 'static {
    /// Reads its configuration.
    fn start(context: &ClassContext) -> Result<Self, ProviderError>;

    /// Spoils what would have been good artifacts.
    fn spoil(&self, good: RawTlsArtifacts) -> Result<RawTlsArtifacts, ProviderError>;
}

/// [`TlsGood`], spoilt.
pub(crate) struct HostileTls<M> {
    good: TlsGood,
    misbehaviour: M,
}

impl<M: TlsMisbehaviour> Provider for HostileTls<M> {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self {
            good: TlsGood::new(context)?,
            misbehaviour: M::start(context)?,
        })
    }

    fn status(&self, call: &Call) -> Result<Status, ProviderError> {
        self.good.status(call)
    }
}

impl<M: TlsMisbehaviour> TlsArtifactsProvider for HostileTls<M> {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        self.misbehaviour.spoil(self.good.artifacts())
    }
}

/// As [`TlsGood`], for one node of one cluster only.
pub(crate) struct TlsPicky {
    good: TlsGood,
    node: String,
    cluster: String,
}

impl Provider for TlsPicky {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self {
            good: TlsGood::new(context)?,
            node: context.conf().require("node")?.to_owned(),
            cluster: context.conf().require("cluster")?.to_owned(),
        })
    }
}

impl TlsArtifactsProvider for TlsPicky {
    fn tls_artifacts(&self, request: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        let (names, cluster) = (&request.node_names, &request.cluster_id);
        if *names != [self.node.as_str()] || cluster.as_ref() != Some(&self.cluster) {
            let message = format!("no artifacts for {names:?} of {cluster:?}");
            return Err(ProviderError::new(ErrorKind::NotFound, message));
        }
        Ok(self.good.artifacts())
    }
}
