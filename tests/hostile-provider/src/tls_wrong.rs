//! TLS classes that misbehave.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use provost_plugin_api::{ClassContext, ProviderError, RawTlsArtifacts, SecretBytes};

use crate::flood;
use crate::tls::{TlsGood, TlsMisbehaviour};

type Answer = Result<RawTlsArtifacts, ProviderError>;

/// The configuration keys of a second set of artifacts begin with this.
const OTHER: &str = "other.";

pub(crate) struct TlsOtherKey(TlsGood);

impl TlsMisbehaviour for TlsOtherKey {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        TlsGood::configured(context.conf(), OTHER).map(Self)
    }

    fn spoil(&self, mut good: RawTlsArtifacts) -> Answer {
        good.private_key = self.0.artifacts().private_key;
        Ok(good)
    }
}

pub(crate) struct TlsChangingLeaf {
    other: TlsGood,
    calls: AtomicUsize,
}

impl TlsMisbehaviour for TlsChangingLeaf {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self {
            other: TlsGood::configured(context.conf(), OTHER)?,
            calls: AtomicUsize::new(0),
        })
    }

    fn spoil(&self, good: RawTlsArtifacts) -> Answer {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(match calls % 2 {
            0 => good,
            _ => self.other.artifacts(),
        })
    }
}

pub(crate) struct TlsHalf;

impl TlsMisbehaviour for TlsHalf {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, mut good: RawTlsArtifacts) -> Answer {
        good.certificate_chain.clear();
        good.trusted_certificates = None;
        Ok(good)
    }
}

pub(crate) struct TlsHuge {
    bytes: usize,
    field: Field,
}

#[derive(Clone, Copy)]
enum Field {
    PrivateKey,
    Chain,
    Trusted,
}

impl TlsMisbehaviour for TlsHuge {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        let conf = context.conf();
        let bytes = usize::try_from(conf.u64("bytes")?.unwrap_or(100 << 20));
        Ok(Self {
            bytes: bytes.map_err(|e| ProviderError::configuration("bytes", e.to_string()))?,
            field: match conf.get("field") {
                Some("private_key") => Field::PrivateKey,
                None | Some("certificate_chain") => Field::Chain,
                Some("trusted_certificates") => Field::Trusted,
                Some(other) => {
                    let message = format!("no artifacts have a field `{other}`");
                    return Err(ProviderError::configuration("field", message));
                }
            },
        })
    }

    fn spoil(&self, mut good: RawTlsArtifacts) -> Answer {
        let line = b"MIIBpTCCAUugAwIBAgIUEnZ2vGqf6yH0XJkq3cT1nX8r5UQwCgYIKoZIzj0EAwIw\n";
        let mut pem = Vec::with_capacity(self.bytes);
        while pem.len() < self.bytes {
            let left = self.bytes - pem.len();
            pem.extend_from_slice(line.get(..left).unwrap_or(line));
        }
        match self.field {
            Field::PrivateKey => good.private_key = SecretBytes::new(pem),
            Field::Chain => good.certificate_chain = pem,
            Field::Trusted => good.trusted_certificates = Some(pem),
        }
        Ok(good)
    }
}

pub(crate) struct TlsPanic;

impl TlsMisbehaviour for TlsPanic {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawTlsArtifacts) -> Answer {
        panic!("hostile: in tls_artifacts")
    }
}

pub(crate) struct TlsHang;

impl TlsMisbehaviour for TlsHang {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawTlsArtifacts) -> Answer {
        loop {
            thread::park();
        }
    }
}

pub(crate) struct TlsNotPem;

impl TlsMisbehaviour for TlsNotPem {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, mut good: RawTlsArtifacts) -> Answer {
        good.private_key = SecretBytes::copy_from(&[0x30, 0x82, 0, 0xff]);
        good.certificate_chain = b"<html>404 Not Found</html>".to_vec();
        good.trusted_certificates = Some(vec![0; 64]);
        Ok(good)
    }
}

pub(crate) struct TlsNoisyError;

impl TlsMisbehaviour for TlsNoisyError {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawTlsArtifacts) -> Answer {
        Err(flood::noisy_error())
    }
}

pub(crate) struct TlsNoisyGeneration;

impl TlsMisbehaviour for TlsNoisyGeneration {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawTlsArtifacts) -> Answer {
        let noise = "\u{1b}[31mred\u{7}\u{202e}\n";
        Ok(good.with_generation(noise.repeat(4096 / noise.len())))
    }
}
