//! RSA-OAEP with one hash for the label and another for the mask, as Java pairs them: aws-lc-rs
//! takes the same for both only.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

use aws_lc_sys::{
    CBS_init, EVP_MD, EVP_PKEY, EVP_PKEY_CTX, EVP_PKEY_CTX_free, EVP_PKEY_CTX_new,
    EVP_PKEY_CTX_set_rsa_mgf1_md, EVP_PKEY_CTX_set_rsa_oaep_md, EVP_PKEY_CTX_set_rsa_padding,
    EVP_PKEY_RSA, EVP_PKEY_decrypt, EVP_PKEY_decrypt_init, EVP_PKEY_free, EVP_PKEY_id,
    EVP_PKEY_size, EVP_parse_private_key, EVP_sha1, EVP_sha256, RSA_PKCS1_OAEP_PADDING,
};
use zeroize::Zeroizing;

/// The hash of OAEP's mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::envelope) enum Mgf1 {
    /// What Java's own provider takes.
    Sha1,
    /// What `BouncyCastle` takes under the same name.
    Sha256,
}

/// An RSA private key, to decrypt OAEP with SHA-256 and an empty label.
pub(in crate::envelope) struct OaepSha256Key {
    key: NonNull<EVP_PKEY>,
    /// The modulus size in bytes.
    bytes: usize,
}

impl OaepSha256Key {
    /// Parses PKCS#8; `None` for anything but an RSA key. Its size is the caller's to check.
    pub(in crate::envelope) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let mut cbs = MaybeUninit::uninit();
        // SAFETY: initialises all of `cbs`, which from here on points at `pkcs8`.
        unsafe { CBS_init(cbs.as_mut_ptr(), pkcs8.as_ptr(), pkcs8.len()) };
        // SAFETY: `cbs` is initialised and `pkcs8` outlives the call; the key is a copy. Null on
        // failure, checked.
        let key = NonNull::new(unsafe { EVP_parse_private_key(cbs.as_mut_ptr()) })?;
        let mut key = Self { key, bytes: 0 };
        // SAFETY: the key is live.
        let id = unsafe { EVP_PKEY_id(key.key.as_ptr()) };
        // SAFETY: the key is live.
        let bytes = unsafe { EVP_PKEY_size(key.key.as_ptr()) };
        key.bytes = usize::try_from(bytes).ok()?;
        (id == EVP_PKEY_RSA).then_some(key)
    }

    /// Decrypts; `None` if the padding is wrong. One answer for all reasons, in constant time.
    pub(in crate::envelope) fn decrypt(
        &self,
        wrapped: &[u8],
        mgf1: Mgf1,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let context = Context::new(self)?;
        set_up(&context, mgf1)?;
        let mut payload = Zeroizing::new(vec![0; self.bytes]);
        let mut length = payload.len();
        // SAFETY: the context is live, and set up to decrypt. `length` says how many bytes may be
        // written, and then how many were; `wrapped` is read during the call only.
        succeeded(unsafe {
            EVP_PKEY_decrypt(
                context.0.as_ptr(),
                payload.as_mut_ptr(),
                &raw mut length,
                wrapped.as_ptr(),
                wrapped.len(),
            )
        })?;
        payload.truncate(length);
        Some(payload)
    }
}

impl Drop for OaepSha256Key {
    fn drop(&mut self) {
        // SAFETY: the key came from `EVP_parse_private_key` and is freed once, which wipes it.
        unsafe { EVP_PKEY_free(self.key.as_ptr()) }
    }
}

struct Context(NonNull<EVP_PKEY_CTX>);

impl Context {
    fn new(key: &OaepSha256Key) -> Option<Self> {
        // SAFETY: the key is live; the context counts a reference to it. Null on failure, checked.
        let context = unsafe { EVP_PKEY_CTX_new(key.key.as_ptr(), ptr::null_mut()) };
        NonNull::new(context).map(Self)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context came from `EVP_PKEY_CTX_new` and is freed once.
        unsafe { EVP_PKEY_CTX_free(self.0.as_ptr()) }
    }
}

fn set_up(context: &Context, mgf1: Mgf1) -> Option<()> {
    let context = context.0.as_ptr();
    // SAFETY: the context is live in all calls; the digests are statics of the library.
    unsafe {
        let mgf1: *const EVP_MD = match mgf1 {
            Mgf1::Sha1 => EVP_sha1(),
            Mgf1::Sha256 => EVP_sha256(),
        };
        succeeded(EVP_PKEY_decrypt_init(context))?;
        succeeded(EVP_PKEY_CTX_set_rsa_padding(
            context,
            RSA_PKCS1_OAEP_PADDING,
        ))?;
        succeeded(EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()))?;
        succeeded(EVP_PKEY_CTX_set_rsa_mgf1_md(context, mgf1))
    }
}

/// EVP returns 1 for success and 0 (or less) for failure.
fn succeeded(status: c_int) -> Option<()> {
    (status == 1).then_some(())
}
