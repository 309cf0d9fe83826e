//! One EVP cipher context: every call into the library.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use aws_lc_sys::{
    EVP_CIPHER, EVP_CIPHER_CTX, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX_free, EVP_CIPHER_CTX_new,
    EVP_CIPHER_CTX_set_padding, EVP_CTRL_AEAD_GET_TAG, EVP_CTRL_AEAD_SET_IVLEN,
    EVP_CTRL_AEAD_SET_TAG, EVP_CipherFinal_ex, EVP_CipherInit_ex, EVP_CipherUpdate,
    EVP_aes_256_ctr, EVP_aes_256_ecb, EVP_aes_256_gcm,
};

use super::{CipherError, Direction};
use crate::envelope::suite::{DATA_KEY_BYTES, GCM_TAG_BYTES};

/// EVP takes lengths as `int`: longer data goes in pieces, a multiple of the block size.
const PIECE: usize = 1 << 30;

/// Which cipher a context runs, all with keys of 256 bits. Each gives as many bytes as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cipher {
    /// GCM with an IV of the usual 12 bytes.
    Gcm,
    /// GCM with an IV of 16 bytes, which the standard has hashed.
    GcmHashedIv,
    /// Counter mode; the IV is the first counter block.
    Ctr,
    /// Whole blocks, one by one; no IV.
    Ecb,
}

impl Cipher {
    fn iv_bytes(self) -> usize {
        match self {
            Self::Gcm => 12,
            Self::GcmHashedIv | Self::Ctr => 16,
            Self::Ecb => 0,
        }
    }

    fn evp(self) -> *const EVP_CIPHER {
        // SAFETY: no arguments; each returns a static of the library.
        unsafe {
            match self {
                Self::Gcm | Self::GcmHashedIv => EVP_aes_256_gcm(),
                Self::Ctr => EVP_aes_256_ctr(),
                Self::Ecb => EVP_aes_256_ecb(),
            }
        }
    }
}

/// A context with its key set. aws-lc wipes key and state when it is dropped.
pub(super) struct Context {
    ctx: NonNull<EVP_CIPHER_CTX>,
    cipher: Cipher,
}

// SAFETY: the context is owned by this value alone, and aws-lc ties it to no thread.
unsafe impl Send for Context {}

impl Context {
    /// Sets key and IV, which the library copies. The IV has the cipher's length.
    pub(super) fn new(
        cipher: Cipher,
        direction: Direction,
        key: &[u8; DATA_KEY_BYTES],
        iv: &[u8],
    ) -> Result<Self, CipherError> {
        // SAFETY: no arguments; null on failure, checked.
        let ctx = unsafe { EVP_CIPHER_CTX_new() };
        let ctx = NonNull::new(ctx).ok_or(CipherError)?;
        let mut context = Self { ctx, cipher };
        context.check_iv(iv)?;
        if cipher == Cipher::GcmHashedIv {
            context.init(Some(cipher), direction, None, None)?;
            let length = c_int::try_from(iv.len()).map_err(|_| CipherError)?;
            // SAFETY: the context is live and has a GCM cipher; the command reads no pointer.
            succeeded(unsafe {
                EVP_CIPHER_CTX_ctrl(
                    context.ctx.as_ptr(),
                    EVP_CTRL_AEAD_SET_IVLEN,
                    length,
                    ptr::null_mut(),
                )
            })?;
            context.init(None, direction, Some(key), Some(iv))?;
        } else {
            context.init(Some(cipher), direction, Some(key), Some(iv))?;
        }
        if cipher == Cipher::Ecb {
            // SAFETY: the context is live and has a cipher.
            succeeded(unsafe { EVP_CIPHER_CTX_set_padding(context.ctx.as_ptr(), 0) })?;
        }
        Ok(context)
    }

    /// Begins again under the same key.
    pub(super) fn restart(&mut self, direction: Direction, iv: &[u8]) -> Result<(), CipherError> {
        self.check_iv(iv)?;
        self.init(None, direction, None, Some(iv))
    }

    /// Turns a message around: neither key nor IV change.
    pub(super) fn turn(&mut self, direction: Direction) -> Result<(), CipherError> {
        self.init(None, direction, None, None)
    }

    /// Takes additional authenticated data.
    pub(super) fn authenticate(&mut self, aad: &[u8]) -> Result<(), CipherError> {
        if aad.is_empty() || !matches!(self.cipher, Cipher::Gcm | Cipher::GcmHashedIv) {
            return Ok(());
        }
        let length = c_int::try_from(aad.len()).map_err(|_| CipherError)?;
        let mut written: c_int = 0;
        // SAFETY: the context is live and has a GCM cipher, for which a null output means
        // additional data, of which `length` bytes are read.
        succeeded(unsafe {
            EVP_CipherUpdate(
                self.ctx.as_ptr(),
                ptr::null_mut(),
                &raw mut written,
                aad.as_ptr(),
                length,
            )
        })
    }

    /// Runs the cipher over `data` in place. ECB takes whole blocks only.
    pub(super) fn update(&mut self, data: &mut [u8]) -> Result<(), CipherError> {
        if self.cipher == Cipher::Ecb && !data.len().is_multiple_of(16) {
            return Err(CipherError);
        }
        for piece in data.chunks_mut(PIECE) {
            let length = c_int::try_from(piece.len()).map_err(|_| CipherError)?;
            let mut written: c_int = 0;
            let at = piece.as_mut_ptr();
            // SAFETY: the context is live; input and output are the same `length` bytes, which
            // this borrow owns. GCM, CTR, and ECB over whole blocks without padding write as many
            // bytes as they read, and allow full overlap.
            succeeded(unsafe {
                EVP_CipherUpdate(self.ctx.as_ptr(), at, &raw mut written, at, length)
            })?;
            if written != length {
                return Err(CipherError);
            }
        }
        Ok(())
    }

    /// Ends a message; of a decryption, whether the tag that was set is right.
    pub(super) fn finish(&mut self) -> Result<(), CipherError> {
        let mut rest = [0_u8; GCM_TAG_BYTES];
        let mut written: c_int = 0;
        // SAFETY: the context is live; `rest` is a whole block, and nothing is written to it here.
        succeeded(unsafe {
            EVP_CipherFinal_ex(self.ctx.as_ptr(), rest.as_mut_ptr(), &raw mut written)
        })
    }

    /// The tag of an encryption that was finished.
    pub(super) fn tag(&mut self) -> Result<[u8; GCM_TAG_BYTES], CipherError> {
        let mut tag = [0; GCM_TAG_BYTES];
        self.control(EVP_CTRL_AEAD_GET_TAG, &mut tag)?;
        Ok(tag)
    }

    /// Sets the tag that a decryption is to have.
    pub(super) fn expect_tag(&mut self, tag: &[u8; GCM_TAG_BYTES]) -> Result<(), CipherError> {
        let mut tag = *tag;
        self.control(EVP_CTRL_AEAD_SET_TAG, &mut tag)
    }

    fn check_iv(&self, iv: &[u8]) -> Result<(), CipherError> {
        if iv.len() == self.cipher.iv_bytes() {
            Ok(())
        } else {
            Err(CipherError)
        }
    }

    /// `iv` has the cipher's length, which the callers checked.
    fn init(
        &mut self,
        cipher: Option<Cipher>,
        direction: Direction,
        key: Option<&[u8; DATA_KEY_BYTES]>,
        iv: Option<&[u8]>,
    ) -> Result<(), CipherError> {
        let iv = iv.filter(|iv| !iv.is_empty());
        // SAFETY: the context is live; the cipher, if there is one, is a static of the library, and
        // the context has one otherwise. Key and IV are null or have the cipher's lengths, and are
        // read during the call only.
        succeeded(unsafe {
            EVP_CipherInit_ex(
                self.ctx.as_ptr(),
                cipher.map_or(ptr::null(), Cipher::evp),
                ptr::null_mut(),
                key.map_or(ptr::null(), |key| key.as_ptr()),
                iv.map_or(ptr::null(), <[u8]>::as_ptr),
                c_int::from(direction == Direction::Encrypt),
            )
        })
    }

    fn control(
        &mut self,
        command: c_int,
        tag: &mut [u8; GCM_TAG_BYTES],
    ) -> Result<(), CipherError> {
        let length = c_int::try_from(tag.len()).map_err(|_| CipherError)?;
        // SAFETY: the context is live; both commands read or write `length` bytes at the pointer,
        // and are refused by ciphers without a tag.
        succeeded(unsafe {
            EVP_CIPHER_CTX_ctrl(self.ctx.as_ptr(), command, length, tag.as_mut_ptr().cast())
        })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the context came from `EVP_CIPHER_CTX_new` and is freed once. Freeing wipes it.
        unsafe { EVP_CIPHER_CTX_free(self.ctx.as_ptr()) }
    }
}

/// EVP returns 1 for success and 0 (or less) for failure.
pub(super) fn succeeded(status: c_int) -> Result<(), CipherError> {
    if status == 1 {
        Ok(())
    } else {
        Err(CipherError)
    }
}
