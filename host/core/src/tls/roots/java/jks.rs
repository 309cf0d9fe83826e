//! JKS stores.

use ::jks::{KeyStore, KeyStoreError, KeyStoreOptions};

use super::Contents;
use crate::tls::roots::RootsError;
use crate::tls::{limits, shown};

const KIND: &str = "JKS";

pub(super) fn read(bytes: &[u8], password: &str) -> Result<Contents, RootsError> {
    frame(bytes)?;
    let mut store = KeyStore::with_options(KeyStoreOptions {
        ordered_aliases: true,
        // Otherwise an entry whose alias has a capital could not be looked up.
        case_exact_aliases: true,
        ..KeyStoreOptions::default()
    });
    store
        .load(bytes, password.as_bytes())
        .map_err(|error| match error {
            KeyStoreError::InvalidDigest => RootsError::Password { kind: KIND },
            other => unreadable(shown(&other.to_string())),
        })?;
    let mut contents = Contents {
        trusted: Vec::new(),
        others: 0,
    };
    for alias in store.aliases() {
        if let Ok(entry) = store.get_trusted_certificate_entry(&alias) {
            contents.trusted.push(entry.certificate.content);
        } else if let Ok(chain) = store.get_private_key_entry_certificate_chain(&alias) {
            contents.others = contents.others.saturating_add(chain.len());
        }
    }
    Ok(contents)
}

fn unreadable(what: impl Into<String>) -> RootsError {
    RootsError::Unreadable {
        kind: KIND,
        what: what.into(),
    }
}

/// Looks at all lengths and counts before the store is read: the `jks` crate allocates what they
/// say. The format is that of `sun.security.provider.JavaKeyStore`.
fn frame(bytes: &[u8]) -> Result<(), RootsError> {
    const DIGEST: usize = 20;
    let mut rest = Rest(bytes);
    let _magic = rest.number()?;
    let version = rest.number()?;
    if !(1..=2).contains(&version) {
        return Err(unreadable(format!(
            "it has version {version}, expected 1 or 2"
        )));
    }
    let mut left = limits::KEY_STORE_CERTIFICATES;
    for _ in 0..rest.number()? {
        let tag = rest.number()?;
        rest.text()?;
        let _created = (rest.number()?, rest.number()?);
        match tag {
            1 => {
                rest.block()?;
                for _ in 0..rest.number()? {
                    rest.certificate(version, &mut left)?;
                }
            }
            2 => rest.certificate(version, &mut left)?,
            _ => {
                let what =
                    format!("an entry has tag {tag}, expected 1 (a key) or 2 (a certificate)");
                return Err(unreadable(what));
            }
        }
    }
    match rest.0.len() {
        DIGEST => Ok(()),
        length => Err(unreadable(format!(
            "{length} bytes follow its entries, expected the {DIGEST} of a digest"
        ))),
    }
}

/// What was not looked at yet.
struct Rest<'b>(&'b [u8]);

impl Rest<'_> {
    /// A certificate: its type since version 2, then its bytes.
    fn certificate(&mut self, version: u32, left: &mut usize) -> Result<(), RootsError> {
        *left = left.checked_sub(1).ok_or_else(|| {
            let most = limits::KEY_STORE_CERTIFICATES;
            unreadable(format!("it has more than {most} certificates"))
        })?;
        if version > 1 {
            self.text()?;
        }
        self.block()
    }

    /// A length of two bytes, and as many bytes.
    fn text(&mut self) -> Result<(), RootsError> {
        let length = u16::from_be_bytes(self.array()?);
        self.skip(length.into())
    }

    /// A length of four bytes, and as many bytes.
    fn block(&mut self) -> Result<(), RootsError> {
        let length = self.number()?;
        self.skip(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn number(&mut self) -> Result<u32, RootsError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RootsError> {
        let (array, rest) = self.0.split_first_chunk().ok_or_else(|| cut_off(N, self))?;
        self.0 = rest;
        Ok(*array)
    }

    fn skip(&mut self, length: usize) -> Result<(), RootsError> {
        let (_, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| cut_off(length, self))?;
        self.0 = rest;
        Ok(())
    }
}

fn cut_off(expected: usize, rest: &Rest<'_>) -> RootsError {
    let got = rest.0.len();
    unreadable(format!(
        "it is cut off or damaged: {expected} bytes expected, {got} are left"
    ))
}
