//! What `openssl speed -evp aes-256-gcm` does, one measurement at a time, so that it can take turns
//! with what is measured against it.
//!
//! Reads lines of a size in bytes and a time in milliseconds; answers each with how many bytes were
//! encrypted, and in how many seconds of the thread's processor time. As in `speed` (3.6,
//! `EVP_Update_loop_aead_enc`), each buffer is a message of its own, encrypted in place: IV length,
//! key, IV, data and end, in a context that is used again.
#![allow(unsafe_code)] // calls into libcrypto

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::io::{BufRead, Write};
use std::ptr;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn EVP_CIPHER_CTX_new() -> *mut c_void;
    fn EVP_CIPHER_CTX_free(context: *mut c_void);
    fn EVP_aes_256_gcm() -> *const c_void;
    fn EVP_CIPHER_CTX_ctrl(
        context: *mut c_void,
        command: c_int,
        argument: c_int,
        pointer: *mut c_void,
    ) -> c_int;
    fn EVP_CipherInit_ex(
        context: *mut c_void,
        cipher: *const c_void,
        engine: *mut c_void,
        key: *const u8,
        iv: *const u8,
        encrypt: c_int,
    ) -> c_int;
    fn EVP_EncryptUpdate(
        context: *mut c_void,
        out: *mut u8,
        written: *mut c_int,
        data: *const u8,
        length: c_int,
    ) -> c_int;
    fn EVP_EncryptFinal_ex(context: *mut c_void, out: *mut u8, written: *mut c_int) -> c_int;
    fn OpenSSL_version(what: c_int) -> *const c_char;
    fn clock_gettime(clock: c_int, time: *mut Time) -> c_int;
}

/// The thread's own processor time, on Linux.
const CLOCK_THREAD_CPUTIME_ID: c_int = 3;

const EVP_CTRL_AEAD_SET_IVLEN: c_int = 9;

#[repr(C)]
struct Time {
    seconds: c_long,
    nanoseconds: c_long,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut answers = std::io::stdout().lock();
    // SAFETY: OPENSSL_VERSION is 0; the answer is a static text.
    let version = unsafe { CStr::from_ptr(OpenSSL_version(0)) };
    writeln!(answers, "{}", version.to_string_lossy())?;
    answers.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (size, time) = line.split_once(' ').ok_or("expected a size and a time")?;
        let time = Duration::from_millis(time.parse()?);
        let (bytes, seconds) = measure(size.parse()?, time)?;
        writeln!(answers, "{bytes} {seconds}")?;
        answers.flush()?;
    }
    Ok(())
}

fn measure(size: usize, time: Duration) -> Result<(u64, f64), Box<dyn std::error::Error>> {
    let (key, iv) = ([7_u8; 32], [9_u8; 12]);
    let mut buffer = vec![0x5a_u8; size + 16];
    let length = c_int::try_from(size)?;
    let data = buffer.as_mut_ptr();
    let mut written = 0;
    let mut bytes = 0;
    // SAFETY: the context is live until it is freed; key and IV have the cipher's lengths; an update
    // reads and writes `length` bytes of the buffer, and the call that ends a message none in GCM.
    let seconds = unsafe {
        let (none, nothing) = (ptr::null(), ptr::null_mut());
        let context = EVP_CIPHER_CTX_new();
        let gcm = EVP_aes_256_gcm();
        let begun = EVP_CipherInit_ex(context, gcm, nothing, ptr::null(), ptr::null(), 1);
        let mut done = begun == 1;
        let mut message = || {
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, nothing) == 1
                && EVP_CipherInit_ex(context, none, nothing, key.as_ptr(), iv.as_ptr(), -1) == 1
                && EVP_EncryptUpdate(context, data, &mut written, data, length) == 1
                && EVP_EncryptFinal_ex(context, data, &mut written) == 1
        };
        // Once outside of the time, so that all memory is there.
        done &= message();
        let (from, until) = (processor_time()?, Instant::now() + time);
        while done && Instant::now() < until {
            // The clock is not asked for each small buffer.
            for _ in 0..(1 << 20) / size.clamp(1, 1 << 20) {
                done &= message();
                bytes += size as u64;
            }
        }
        let seconds = processor_time()? - from;
        EVP_CIPHER_CTX_free(context);
        if !done {
            return Err("libcrypto failed".into());
        }
        seconds
    };
    Ok((bytes, seconds))
}

fn processor_time() -> Result<f64, Box<dyn std::error::Error>> {
    let mut time = Time {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: the clock writes one `timespec`, which `Time` is on 64-bit Linux.
    if unsafe { clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mut time) } != 0 {
        return Err(std::io::Error::last_os_error().into());
    }
    Ok(time.seconds as f64 + time.nanoseconds as f64 / 1e9)
}
