//! Open lists of facts, so that new ones can travel without a new contract.

use crate::SecretBytes;

/// Named facts beside a request or an answer: plain ones, and secret ones apart.
///
/// Names the host sends today: [`Attributes::OBJECT_URI`] and [`Attributes::CLUSTER_ID`], with
/// encryption, decryption, wrap and unwrap requests alike, when it knows them. Unknown names are
/// to be ignored by both sides.
#[derive(Debug, Default)]
pub struct Attributes {
    plain: Vec<(String, Vec<u8>)>,
    secret: Vec<(String, SecretBytes)>,
}

impl Attributes {
    /// The URI of the object that the call is about, UTF-8.
    pub const OBJECT_URI: &'static str = "object-uri";
    /// The id of the cluster that the host belongs to, UTF-8.
    pub const CLUSTER_ID: &'static str = "cluster-id";

    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn reserve(&mut self, plain: usize, secret: usize) {
        self.plain.reserve_exact(plain);
        self.secret.reserve_exact(secret);
    }

    pub(crate) fn clear_secret(&mut self) {
        self.secret.clear();
    }

    /// Bytes that the plain attributes have room for, without the list itself.
    pub(crate) fn capacity(&self) -> usize {
        let rooms = self.plain.iter().map(|(n, v)| n.capacity() + v.capacity());
        rooms.sum()
    }

    /// Replaces all plain attributes in the memory that there is, and drops the secret ones.
    pub(crate) fn refill<'a>(&mut self, plain: impl ExactSizeIterator<Item = (&'a str, &'a [u8])>) {
        let mut plain = plain;
        self.secret.clear();
        self.plain.truncate(plain.len());
        self.plain.reserve_exact(plain.len() - self.plain.len());
        for (name, value) in &mut self.plain {
            let Some((new_name, new_value)) = plain.next() else {
                break;
            };
            name.clear();
            name.push_str(new_name);
            value.clear();
            value.extend_from_slice(new_value);
        }
        self.plain
            .extend(plain.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    /// Adds a plain attribute.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) {
        self.plain.push((name.into(), value.into()));
    }

    /// Adds a secret attribute: wiped when dropped, never printed.
    pub fn push_secret(&mut self, name: impl Into<String>, value: SecretBytes) {
        self.secret.push((name.into(), value));
    }

    /// The first plain attribute of that name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.plain
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_slice())
    }

    /// The first plain attribute of that name, if it is UTF-8.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|v| std::str::from_utf8(v).ok())
    }

    /// The first secret attribute of that name.
    pub fn get_secret(&self, name: &str) -> Option<&SecretBytes> {
        self.secret.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// All plain attributes, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.plain.iter().map(|(n, v)| (n.as_str(), v.as_slice()))
    }

    /// All secret attributes, in order.
    pub fn iter_secret(&self) -> impl ExactSizeIterator<Item = (&str, &SecretBytes)> {
        self.secret.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// Whether there is none of either kind.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.secret.is_empty()
    }

    /// The plain and the secret attributes, in order.
    #[allow(clippy::type_complexity)]
    pub fn into_parts(self) -> (Vec<(String, Vec<u8>)>, Vec<(String, SecretBytes)>) {
        (self.plain, self.secret)
    }
}
