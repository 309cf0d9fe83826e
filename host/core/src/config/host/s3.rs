//! `[s3]`: where `s3://` locations are served.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::setting::Setting;

/// `[s3]`. What is not set here comes from where users of the AWS SDK keep it: `AWS_*` variables,
/// the profile files, the metadata of the instance.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct S3Settings {
    /// What holds for every bucket without settings of its own.
    pub place: S3Place,
    /// The profile that credentials and defaults come from.
    pub profile: Option<Setting<String>>,
    /// How long a request may take until its answer begins, a part being sent included. A body
    /// that stops coming is given up after as long, or 20 s if that is less. Default: 5 min.
    pub timeout: Setting<Duration>,
    buckets: BTreeMap<String, S3Place>,
}

/// Where a bucket is.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct S3Place {
    /// The server, if it is not AWS's.
    pub endpoint: Option<Setting<Endpoint>>,
    /// The region.
    pub region: Option<Setting<String>>,
    /// Whether the bucket is in the path of a URL, in place of its host.
    pub path_style: Option<Setting<bool>>,
}

/// A server: `https://host`, `https://host:port`, or the same with `http`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(String);

/// Why a text is not an [`Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected https://HOST or https://HOST:PORT, or the same with http")]
pub struct EndpointError;

impl Default for S3Settings {
    fn default() -> Self {
        Self {
            place: S3Place::default(),
            profile: None,
            timeout: Setting::default_value(Duration::from_mins(5)),
            buckets: BTreeMap::new(),
        }
    }
}

impl S3Settings {
    pub(super) fn with_buckets(mut self, buckets: BTreeMap<String, S3Place>) -> Self {
        self.buckets = buckets;
        self
    }

    /// The buckets that have settings of their own.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = (&str, &S3Place)> {
        self.buckets
            .iter()
            .map(|(name, place)| (name.as_str(), place))
    }

    /// What holds for a bucket: its own settings, and the general ones for the rest.
    pub fn for_bucket(&self, bucket: &str) -> S3Place {
        let own = self.buckets.get(bucket).cloned().unwrap_or_default();
        let general = self.place.clone();
        S3Place {
            endpoint: own.endpoint.or(general.endpoint),
            region: own.region.or(general.region),
            path_style: own.path_style.or(general.path_style),
        }
    }
}

impl Endpoint {
    /// Parses `https://host` or `http://host`, with a port if need be.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let authority = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .ok_or(EndpointError)?;
        let (host, port) = split(authority);
        let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        let bracketed = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let is_host = match bracketed {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => (1..=253).contains(&host.len()) && host.bytes().all(named),
        };
        let is_port = port.is_none_or(|port| {
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse().is_ok_and(|port: u16| port > 0)
        });
        if is_host && is_port {
            Ok(Self(text.to_owned()))
        } else {
            Err(EndpointError)
        }
    }

    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether everyone between here and there could read and change what is sent.
    pub fn is_in_the_clear(&self) -> bool {
        self.0.starts_with("http://") && !self.is_loopback()
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        let authority = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let (host, _) = split(authority);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|host: IpAddr| host.is_loopback())
    }
}

/// Host and port.
fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // A colon inside of brackets belongs to the address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_server_and_nothing_else() {
        for good in [
            "https://s3.example.com",
            "http://127.0.0.1:9000/",
            "https://[::1]:443",
            "http://minio:9000",
        ] {
            let endpoint = Endpoint::parse(good).unwrap();
            assert_eq!(endpoint.as_str(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "s3.example.com",
            "ftp://host",
            "https://",
            "https://host/path",
            "https://user@host",
            "https://host?x",
            "https://host#x",
            "https://host:0",
            "https://host:65536",
            "https://host:+1",
            "https://[::1",
            "https://a b",
        ] {
            assert_eq!(Endpoint::parse(bad), Err(EndpointError), "{bad}");
        }
    }

    #[test]
    fn only_http_to_another_machine_is_in_the_clear() {
        for (text, clear) in [
            ("https://s3.example.com", false),
            ("http://s3.example.com", true),
            ("http://127.0.0.1:9000", false),
            ("http://127.9.9.9", false),
            ("http://localhost", false),
            ("http://LOCALHOST:1", false),
            ("http://[::1]:9000", false),
            ("http://localhost.example.com", true),
            ("http://10.0.0.1", true),
            ("http://[2001:db8::1]", true),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.is_in_the_clear(), clear, "{text}");
        }
    }
}
