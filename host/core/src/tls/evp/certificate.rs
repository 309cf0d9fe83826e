//! Whether aws-lc reads a certificate too: the second reader, which is OpenSSL's heir.
//!
//! `x509-parser` passes over wrong classes and forms of tags. What signatures hold is right all the
//! same, but nobody vouches for the form of a trust anchor, and an engine that cannot read one of
//! its trusted certificates reads none.
#![allow(unsafe_code)]

use std::ptr::{self, NonNull};

use aws_lc_sys::{X509_free, d2i_X509};

/// Whether these bytes, all of them, are a certificate.
pub(in crate::tls) fn reads(der: &[u8]) -> bool {
    let Ok(length) = der.len().try_into() else {
        return false;
    };
    let mut at = der.as_ptr();
    // SAFETY: the bytes outlive the call, which reads `length` of them and moves `at` behind what it
    // read; with a null output it allocates, or returns null.
    let Some(certificate) = NonNull::new(unsafe { d2i_X509(ptr::null_mut(), &raw mut at, length) })
    else {
        return false;
    };
    // SAFETY: this is the reference that was returned, given back once.
    unsafe { X509_free(certificate.as_ptr()) };
    ptr::eq(at, der.as_ptr_range().end)
}
