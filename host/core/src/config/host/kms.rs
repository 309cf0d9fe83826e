//! What `provost.toml` says about KMS.

use std::fmt;
use std::time::Duration;

use super::class::Proof;
use super::setting::Setting;
use crate::config::kms_key_arn::KmsKeyArn;

/// `[kms]`: how KMS is reached, and the keys of CSE-KMS besides the one that writes. What is absent
/// is for the SDK to find: in the environment, a profile, or instance metadata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KmsSettings {
    /// Where KMS is, instead of the region's public endpoint.
    pub endpoint: Option<Setting<KmsEndpoint>>,
    /// The region of keys that are not given as ARNs, which name their own.
    pub region: Option<Setting<String>>,
    /// The profile of the SDK's configuration files.
    pub profile: Option<Setting<String>>,
    /// How long a call may take, with all that is tried again. Default: 30 s.
    pub deadline: Setting<Duration>,
    /// Keys that decrypt besides `AwsKmsKey`: those that it replaced.
    pub decrypt_keys: Setting<Vec<KmsKeyArn>>,
    /// Who proves that what CSE-KMS writes can be read. Default: this node.
    pub proof: Setting<Proof>,
    /// Whether CSE-KMS reads objects whose encryption context names another object. Default: no.
    pub allow_moved: Setting<bool>,
    /// What happens where key, bucket and cluster are in different regions. Default: an error.
    pub region_rule: Setting<RegionRule>,
}

/// The URL of a KMS endpoint: https, or http on this machine alone, since data keys travel in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KmsEndpoint(String);

/// What happens where key, bucket and cluster are in different regions (R4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegionRule {
    /// It is an error, as for EMR.
    Enforce,
    /// It is told, and goes on.
    Warn,
}

impl KmsEndpoint {
    /// Parses `https://HOST[:PORT][/PATH]`; `http://` for `127.0.0.1`, `[::1]` and localhost.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.bytes().all(|b| b.is_ascii_graphic()) || text.len() > 512 {
            return Err("is not a URL");
        }
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err("begins with neither https:// nor http://"),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') || rest.contains(['?', '#']) {
            return Err("is not https://HOST or https://HOST:PORT");
        }
        if !secure && !is_loopback(authority) {
            return Err("would send data keys unencrypted over a network");
        }
        Ok(Self(text.to_owned()))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KmsEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(authority: &str) -> bool {
    ["127.0.0.1", "[::1]", "localhost"].iter().any(|host| {
        authority.strip_prefix(host).is_some_and(|port| {
            port.is_empty()
                || port
                    .strip_prefix(':')
                    .is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}

impl KmsSettings {
    pub(super) fn with_defaults() -> Self {
        Self {
            endpoint: None,
            region: None,
            profile: None,
            deadline: Setting::default_value(Duration::from_secs(30)),
            decrypt_keys: Setting::default_value(Vec::new()),
            proof: Setting::default_value(Proof::Required),
            allow_moved: Setting::default_value(false),
            region_rule: Setting::default_value(RegionRule::Enforce),
        }
    }
}
