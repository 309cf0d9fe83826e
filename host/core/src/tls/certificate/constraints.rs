//! Name constraints (RFC 5280, section 4.2.1.10).

use std::net::IpAddr;

use x509_parser::extensions::{self, GeneralName, GeneralSubtree};

use super::distinguished_name::Parts;
use super::{Certificate, DistinguishedName};
use crate::tls::limits;

/// Which names an issuer may certify, and which not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameConstraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
    /// Something in it is not understood, so it forbids every name.
    malformed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subtree {
    /// In lower case.
    Dns(String),
    Address(IpAddr, IpAddr),
    /// In lower case, but for the local part of a whole address.
    Email(String),
    Directory(Parts),
    /// In lower case.
    Uri(String),
    /// Of a kind that is not processed here: it forbids every name of such a kind.
    Unknown,
    /// Not of the form that its kind has.
    Malformed,
}

/// A name of a certificate that is tested against constraints, prepared once.
enum Name<'a> {
    /// In lower case, without a dot at its end.
    Dns(String),
    Address(IpAddr),
    Email(&'a str),
    Directory(&'a DistinguishedName),
    /// The host, in lower case; none if there is none, or an address.
    Uri(&'a str, Option<String>),
}

impl NameConstraints {
    /// The constraints, and the bytes that they were parsed from: the parser leaves out a list
    /// that it does not understand.
    pub(super) fn read(from: &extensions::NameConstraints<'_>, bytes: &[u8]) -> Self {
        let lists = [&from.permitted_subtrees, &from.excluded_subtrees];
        let found = lists.iter().filter(|list| list.is_some()).count();
        let read = |subtrees: &Option<Vec<GeneralSubtree<'_>>>| -> Vec<Subtree> {
            let subtrees = subtrees.iter().flatten();
            subtrees
                .map(|subtree| Subtree::read(&subtree.base))
                .collect()
        };
        let (permitted, excluded) = (read(lists[0]), read(lists[1]));
        let mut all = permitted.iter().chain(&excluded);
        let malformed =
            found == 0 || found != lists_in(bytes) || all.any(|t| matches!(t, Subtree::Malformed));
        Self {
            permitted,
            excluded,
            malformed,
        }
    }

    /// How many trees of names there are.
    pub(super) fn count(&self) -> usize {
        self.permitted.len().saturating_add(self.excluded.len())
    }

    /// The first name of `certificate` that it may not have, as the subject of a sentence.
    pub(crate) fn violation(&self, certificate: &Certificate) -> Option<String> {
        let names = certificate.extensions().names.as_ref();
        if self.malformed {
            return Some("any name, since the constraints do not parse,".to_owned());
        }
        if names.is_some_and(|names| names.others > 0) && self.has_unknown() {
            return Some("a name of a kind that is not understood here".to_owned());
        }
        if names.is_some_and(|names| names.malformed > 0) {
            return Some("a name that does not have the form of its kind".to_owned());
        }
        let subject = certificate.subject();
        let mut tested: Vec<Name<'_>> = Vec::new();
        if !subject.is_empty() {
            tested.push(Name::Directory(subject));
        }
        // RFC 5280, section 4.2.1.10: also those of the subject.
        tested.extend(subject.emails().iter().map(|name| Name::Email(name)));
        if names.is_none_or(|names| names.dns.is_empty()) {
            // Clients that look at the common name where there is no dNSName, as Java and OpenSSL
            // do, would be led around the constraints.
            let common = subject.common_names().iter();
            let hosts = common.filter(|name| name.contains('.') && !name.contains(' '));
            tested.extend(hosts.map(|name| Name::dns(name)));
        }
        if let Some(names) = names {
            tested.extend(names.dns.iter().map(|name| Name::dns(name)));
            tested.extend(names.addresses.iter().copied().map(Name::Address));
            tested.extend(names.emails.iter().map(|name| Name::Email(name)));
            tested.extend(names.directories.iter().map(Name::Directory));
            tested.extend(names.uris.iter().map(|name| Name::uri(name)));
        }
        if tested.len().saturating_mul(self.count()) > limits::COMPARISONS {
            return Some("one of more names than are compared".to_owned());
        }
        tested
            .into_iter()
            .find(|name| !self.allows(name))
            .map(|name| format!("`{}`", name.shown()))
    }

    fn has_unknown(&self) -> bool {
        let mut all = self.permitted.iter().chain(&self.excluded);
        all.any(|subtree| matches!(subtree, Subtree::Unknown))
    }

    fn allows(&self, name: &Name<'_>) -> bool {
        if self.excluded.iter().any(|subtree| subtree.meets(name)) {
            return false;
        }
        let mut of_its_kind = self
            .permitted
            .iter()
            .filter(|subtree| subtree.is_of_kind(name))
            .peekable();
        of_its_kind.peek().is_none() || of_its_kind.any(|subtree| subtree.covers(name))
    }
}

impl Subtree {
    fn read(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::DNSName(name) | GeneralName::URI(name)
                if name.contains('*') || name.ends_with('.') =>
            {
                Self::Malformed
            }
            GeneralName::DNSName(name) => Self::Dns(name.to_ascii_lowercase()),
            GeneralName::RFC822Name(name) => Self::Email(match name.rsplit_once('@') {
                Some((local, host)) => format!("{local}@{}", host.to_ascii_lowercase()),
                None => name.to_ascii_lowercase(),
            }),
            GeneralName::DirectoryName(name) => {
                Self::Directory(DistinguishedName::read(name).parts().clone())
            }
            GeneralName::URI(name) => Self::Uri(name.to_ascii_lowercase()),
            GeneralName::IPAddress(bytes) => match address_and_mask(bytes) {
                Some((address, mask)) => Self::Address(address, mask),
                None => Self::Malformed,
            },
            GeneralName::Invalid(..) => Self::Malformed,
            _ => Self::Unknown,
        }
    }

    fn is_of_kind(&self, name: &Name<'_>) -> bool {
        matches!(
            (self, name),
            (Self::Dns(_), Name::Dns(_))
                | (Self::Address(..), Name::Address(_))
                | (Self::Email(_), Name::Email(_))
                | (Self::Directory(_), Name::Directory(_))
                | (Self::Uri(_), Name::Uri(..))
        )
    }

    fn covers(&self, name: &Name<'_>) -> bool {
        match (self, name) {
            (Self::Dns(tree), Name::Dns(name)) => below(name, tree),
            (Self::Address(address, mask), Name::Address(name)) => masked(*address, *mask, *name),
            (Self::Email(tree), Name::Email(name)) => mailbox(name, tree),
            (Self::Directory(tree), Name::Directory(name)) => {
                name.parts().relative.starts_with(&tree.relative)
            }
            // Unlike a DNS name's, a host's constraint covers what is below it only with a dot.
            (Self::Uri(tree), Name::Uri(_, Some(host))) => match tree.strip_prefix('.') {
                Some(_) => host.ends_with(tree.as_str()),
                None => host == tree,
            },
            _ => false,
        }
    }

    /// Whether some name of what `name` stands for is in the tree, or may be: a wildcard stands for
    /// many, and text is compared without regard to how it is written.
    fn meets(&self, name: &Name<'_>) -> bool {
        match (self, name) {
            _ if self.covers(name) => true,
            (Self::Dns(tree), Name::Dns(name)) => name.strip_prefix("*.").is_some_and(|parent| {
                let tree = tree.trim_start_matches('.');
                let labels = tree.strip_suffix(parent);
                let label = labels.and_then(|labels| labels.strip_suffix('.'));
                label.is_some_and(|label| !label.is_empty() && !label.contains('.'))
            }),
            (Self::Email(tree), Name::Email(name)) => tree.eq_ignore_ascii_case(name),
            (Self::Directory(tree), Name::Directory(name)) => {
                name.parts().folded.starts_with(&tree.folded)
            }
            // RFC 5280, section 4.2.1.10: where a URI has no host name, it is to be refused.
            (Self::Uri(_), Name::Uri(_, None)) => true,
            _ => false,
        }
    }
}

impl<'a> Name<'a> {
    fn dns(name: &str) -> Self {
        let name = name.strip_suffix('.').unwrap_or(name);
        Self::Dns(name.to_ascii_lowercase())
    }

    fn uri(uri: &'a str) -> Self {
        let host = host(uri).map(|host| host.strip_suffix('.').unwrap_or(host));
        let host = host.filter(|host| host.parse::<IpAddr>().is_err() && !host.starts_with('['));
        Self::Uri(uri, host.map(str::to_ascii_lowercase))
    }
    fn shown(&self) -> String {
        match self {
            Self::Dns(name) => crate::tls::shown(name),
            Self::Email(name) | Self::Uri(name, _) => crate::tls::shown(name),
            Self::Address(address) => address.to_string(),
            Self::Directory(name) => name.to_string(),
        }
    }
}

/// How many lists of subtrees there are.
fn lists_in(bytes: &[u8]) -> usize {
    use x509_parser::asn1_rs::{Any, FromDer};
    let Ok((_, sequence)) = Any::from_der(bytes) else {
        return 0;
    };
    let (mut rest, mut lists) = (sequence.data, 0);
    while let Ok((after, _)) = Any::from_der(rest) {
        (rest, lists) = (after, lists + 1);
    }
    // What is left is no list: one more than can have been understood.
    lists + usize::from(!rest.is_empty())
}

/// Whether `name` is `tree` or below it. An empty tree holds all names; one with a leading dot,
/// which is no valid constraint but is met, what is below it.
fn below(name: &str, tree: &str) -> bool {
    if tree.is_empty() || name == tree {
        return true;
    }
    match tree.strip_prefix('.') {
        Some(_) => name.ends_with(tree),
        None => name
            .strip_suffix(tree)
            .and_then(|labels| labels.strip_suffix('.'))
            .is_some_and(|labels| !labels.is_empty() && !labels.starts_with('.')),
    }
}

/// A mailbox is as it is written before the `@`, and in any case behind it (RFC 5280, section 7.5).
fn mailbox(name: &str, tree: &str) -> bool {
    let Some((local, host)) = name.rsplit_once('@') else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    match tree.rsplit_once('@') {
        Some((tree_local, tree_host)) => local == tree_local && host == tree_host,
        None if tree.starts_with('.') => host.ends_with(tree),
        None => host == tree,
    }
}

fn host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    host.split(':').next().filter(|host| !host.is_empty())
}

/// Four or sixteen bytes of address and as many of mask.
fn address_and_mask(bytes: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    Some((super::read::address(address)?, super::read::address(mask)?))
}

fn masked(address: IpAddr, mask: IpAddr, name: IpAddr) -> bool {
    match (address, mask, name) {
        (IpAddr::V4(address), IpAddr::V4(mask), IpAddr::V4(name)) => {
            let mask = mask.to_bits();
            address.to_bits() & mask == name.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(mask), IpAddr::V6(name)) => {
            let mask = mask.to_bits();
            address.to_bits() & mask == name.to_bits() & mask
        }
        _ => false,
    }
}
