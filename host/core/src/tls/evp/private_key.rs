//! Private keys through aws-lc: parsed, checked, and their public halves.
//!
//! aws-lc-rs refuses RSA keys of fewer than 2048 bits, which the guide's own recipe makes, and says
//! nothing of why a key is refused.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use aws_lc_sys::{
    CBS, CBS_init, CBS_len, EC_KEY_free, EC_KEY_parse_private_key, EC_R_INVALID_PRIVATE_KEY,
    EC_R_INVALID_SCALAR, EC_R_POINT_IS_NOT_ON_CURVE, EC_R_PUBLIC_KEY_VALIDATION_FAILED, ERR_LIB_EC,
    ERR_LIB_RSA, ERR_clear_error, ERR_get_error, EVP_PKEY, EVP_PKEY_cmp, EVP_PKEY_free,
    EVP_PKEY_new, EVP_PKEY_set1_EC_KEY, EVP_PKEY_set1_RSA, EVP_parse_private_key,
    EVP_parse_public_key, OPENSSL_free, RSA_R_BAD_RSA_PARAMETERS, RSA_free, RSA_parse_private_key,
    i2d_PUBKEY,
};

use crate::tls::pem::Kind;

/// Why aws-lc does not take a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tls) enum Refusal {
    /// It does not have the form of one, or is of a kind that aws-lc does not know.
    Malformed,
    /// Its parts do not belong together.
    Inconsistent,
    /// Bytes follow it.
    Trailing,
}

/// The public half of a private key: `SubjectPublicKeyInfo`, DER. aws-lc checks on the way that
/// the parts of the key belong together.
pub(in crate::tls) fn public_half(kind: Kind, der: &[u8]) -> Result<Vec<u8>, Refusal> {
    // SAFETY: no arguments. What failed before, on this thread, is not this key's fault.
    unsafe { ERR_clear_error() };
    let mut input = Input::new(der);
    let key = match kind {
        Kind::Pkcs1 => rsa(&mut input),
        Kind::Sec1 => ec(&mut input),
        // SAFETY: the input is initialised and its bytes outlive the call; null on failure.
        _ => Key::owned(unsafe { EVP_parse_private_key(input.as_mut()) }),
    };
    let key = key.ok_or_else(refusal)?;
    if input.left() > 0 {
        return Err(Refusal::Trailing);
    }
    key.public_half().ok_or(Refusal::Malformed)
}

/// Whether two `SubjectPublicKeyInfo`s are of one key, however its point or parameters are
/// written.
pub(in crate::tls) fn is_same_public_key(one: &[u8], other: &[u8]) -> bool {
    let read = |der: &[u8]| {
        let mut input = Input::new(der);
        // SAFETY: the input is initialised and its bytes outlive the call; null on failure.
        Key::owned(unsafe { EVP_parse_public_key(input.as_mut()) })
    };
    let (Some(one), Some(other)) = (read(one), read(other)) else {
        return false;
    };
    // SAFETY: both keys are live.
    unsafe { EVP_PKEY_cmp(one.0.as_ptr(), other.0.as_ptr()) == 1 }
}

/// `RSAPrivateKey` (RFC 8017, A.1.2).
fn rsa(input: &mut Input<'_>) -> Option<Key> {
    // SAFETY: the input is initialised and its bytes outlive the call; null on failure.
    let rsa = NonNull::new(unsafe { RSA_parse_private_key(input.as_mut()) })?;
    // SAFETY: no arguments; null on failure.
    let key = Key::owned(unsafe { EVP_PKEY_new() });
    // SAFETY: both are live; the key takes a reference of its own to the RSA key.
    let key = key.filter(|key| unsafe { EVP_PKEY_set1_RSA(key.0.as_ptr(), rsa.as_ptr()) } == 1);
    // SAFETY: this is the reference that parsing returned, given back once.
    unsafe { RSA_free(rsa.as_ptr()) };
    key
}

/// `ECPrivateKey` (RFC 5915).
fn ec(input: &mut Input<'_>) -> Option<Key> {
    // SAFETY: the input is initialised and its bytes outlive the call; a null group means that the
    // key names its own; null on failure.
    let ec = NonNull::new(unsafe { EC_KEY_parse_private_key(input.as_mut(), ptr::null()) })?;
    // SAFETY: no arguments; null on failure.
    let key = Key::owned(unsafe { EVP_PKEY_new() });
    // SAFETY: both are live; the key takes a reference of its own to the EC key.
    let key = key.filter(|key| unsafe { EVP_PKEY_set1_EC_KEY(key.0.as_ptr(), ec.as_ptr()) } == 1);
    // SAFETY: this is the reference that parsing returned, given back once.
    unsafe { EC_KEY_free(ec.as_ptr()) };
    key
}

/// What the last call put into this thread's queue of errors.
fn refusal() -> Refusal {
    let inconsistent = [
        (ERR_LIB_RSA, RSA_R_BAD_RSA_PARAMETERS),
        (ERR_LIB_EC, EC_R_INVALID_PRIVATE_KEY),
        (ERR_LIB_EC, EC_R_INVALID_SCALAR),
        (ERR_LIB_EC, EC_R_POINT_IS_NOT_ON_CURVE),
        (ERR_LIB_EC, EC_R_PUBLIC_KEY_VALIDATION_FAILED),
    ];
    let mut refusal = Refusal::Malformed;
    loop {
        // SAFETY: no arguments; takes the oldest error of this thread, 0 if there is none.
        let error = unsafe { ERR_get_error() };
        if error == 0 {
            return refusal;
        }
        // As ERR_GET_LIB and ERR_GET_REASON have it (err.h); they are macros.
        let (library, reason) = ((error >> 24) & 0xff, error & 0xfff);
        let found = (i32::try_from(library), i32::try_from(reason));
        if inconsistent.iter().any(|(l, r)| found == (Ok(*l), Ok(*r))) {
            refusal = Refusal::Inconsistent;
        }
    }
}

/// A key of aws-lc's. Its secret parts are wiped when it is freed.
struct Key(NonNull<EVP_PKEY>);

impl Key {
    /// Takes over a reference; none if it is null.
    fn owned(key: *mut EVP_PKEY) -> Option<Self> {
        NonNull::new(key).map(Self)
    }

    fn public_half(&self) -> Option<Vec<u8>> {
        let mut out: *mut u8 = ptr::null_mut();
        // SAFETY: the key is live; with a null output the library allocates one and says how long
        // it is, or returns 0 or less and allocates nothing.
        let length = unsafe { i2d_PUBKEY(self.0.as_ptr(), &raw mut out) };
        let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
        let allocated = NonNull::new(out)?;
        // SAFETY: the library wrote `length` bytes there.
        let spki = unsafe { std::slice::from_raw_parts(allocated.as_ptr(), length) }.to_vec();
        // SAFETY: the allocation is the library's, and is freed once.
        unsafe { OPENSSL_free(allocated.as_ptr().cast()) };
        Some(spki)
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: this value owns its reference, given back once.
        unsafe { EVP_PKEY_free(self.0.as_ptr()) }
    }
}

/// Bytes that aws-lc reads from their beginning.
struct Input<'a> {
    cbs: CBS,
    _bytes: std::marker::PhantomData<&'a [u8]>,
}

impl<'a> Input<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut cbs = MaybeUninit::uninit();
        // SAFETY: initialises the whole structure with a pointer to `bytes`, which outlive it.
        let cbs = unsafe {
            CBS_init(cbs.as_mut_ptr(), bytes.as_ptr(), bytes.len());
            cbs.assume_init()
        };
        Self {
            cbs,
            _bytes: std::marker::PhantomData,
        }
    }

    fn as_mut(&mut self) -> *mut CBS {
        &raw mut self.cbs
    }

    fn left(&self) -> usize {
        // SAFETY: the structure is initialised.
        unsafe { CBS_len(&raw const self.cbs) }
    }
}
