//! Sealing content against OpenSSL 3.6, whose GCM is the fastest there is. What distributions ship
//! is older, and no bar.
//!
//! OpenSSL is built from source by `tests/openssl-speed`, once, into the user's cache: some minutes
//! on two processors. Rates are bytes per second of processor time, which other processes disturb
//! least; the one of two threads side by side is of elapsed time and wants an idle machine. A
//! processor that encrypts this fast is near what it copies memory with: that is measured, too.

mod openssl;

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use provost_core::envelope::WriteFormat::{V2, V3};
use provost_core::envelope::{
    DataKey, GCM_TAG_BYTES, Randomness, RandomnessError, Sealer, WrappedDataKey, WriteFormat,
    key_wrap, seal, seal_segments,
};
use provost_core::materials::EncryptionMaterials;
use provost_plugin_api::{RawMaterials, SecretBytes};
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;
use crate::rounds::{Compared, compare};
use crate::setup::{KEY_BYTES, Scratch};
use crate::table::Row;
use openssl::OpenSsl;

const ROUNDS: usize = 15;
/// How long one side of a round runs.
const TURN: Duration = Duration::from_millis(100);
const SMALL: usize = 1024;
const MIB: usize = 1 << 20;
/// Bytes that differ: materials refuse a constant key.
const WRAPPING_KEY: [u8; KEY_BYTES] = *b"a wrapping key, for numbers only";
const LARGE: usize = 64 * MIB;

pub(crate) fn measure(_: &Scratch) -> Outcome<Vec<Row>> {
    let mut openssl = OpenSsl::start()?;
    eprintln!("measuring: content against {}", openssl.version());
    let mut rows = Vec::new();
    for (what, size, bar) in [
        ("content, 1 KiB", SMALL, 1.0),
        ("content, 64 KiB", 64 * 1024, 0.95),
        ("content, 1 MiB", MIB, 0.95),
        ("content, 64 MiB", LARGE, 0.95),
    ] {
        // Of each turn, as OpenSSL's: which pages memory lies in makes a difference of tenths.
        let ours = || contents(&mut vec![0x5a; size]);
        let compared = compare(ROUNDS, ours, || Ok(openssl.rate(size, TURN)?.processor))?;
        rows.push(Row::rate(what, "OpenSSL", &compared, Some(bar)));
    }
    for (what, format, size) in [
        ("with its envelope, 1 KiB", V2, SMALL),
        // What deriving the key and committing to it costs.
        ("with its envelope, 1 KiB, V3", V3, SMALL),
        ("with its envelope, 64 KiB, V3", V3, 64 * 1024),
    ] {
        let ours = || objects(format, &mut vec![0x5a; size]);
        let compared = compare(ROUNDS, ours, || Ok(openssl.rate(size, TURN)?.processor))?;
        rows.push(Row::rate(what, "OpenSSL", &compared, None));
    }
    let compared = compare(ROUNDS, one_key, || Ok(openssl.rate(SMALL, TURN)?.processor))?;
    rows.push(Row::rate(
        "one key, 1 KiB, aws-lc",
        "OpenSSL",
        &compared,
        None,
    ));
    rows.extend(on_two_threads(&mut openssl)?);
    let (mut from, mut to) = (vec![1; LARGE], vec![2; LARGE]);
    let copied = compare(ROUNDS, || contents(&mut from), || Ok(copy(&mut to)))?;
    rows.push(Row::rate("content, 64 MiB", "memcpy", &copied, None));
    Ok(rows)
}

/// Bytes per second, of processor time and of elapsed time.
struct Rate {
    processor: f64,
    elapsed: f64,
}

fn on_two_threads(openssl: &mut OpenSsl) -> Outcome<[Row; 2]> {
    let chunks: Vec<_> = (0..64).map(|_| Mutex::new(vec![0x5a; MIB])).collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(openssl.rate(LARGE, TURN)?);
        ours.push(segments(&chunks)?);
    }
    let compared = |of: fn(&Rate) -> f64| {
        let values = |rates: &[Rate]| rates.iter().map(of).collect();
        Compared::of(values(&ours), values(&theirs))
    };
    let (elapsed, processor) = (
        compared(|rate| rate.elapsed),
        compared(|rate| rate.processor),
    );
    let against = "OpenSSL on one";
    let what = "content, 64 MiB, two threads";
    Ok([
        Row::rate(what, against, &elapsed, Some(1.8)),
        Row::rate("the same, per processor", against, &processor, Some(0.95)),
    ])
}

/// A message for each buffer, as OpenSSL's `speed` does it: key, IV, data and tag; a small one in one
/// call, as objects are. What is not about the content is outside of the time: the envelope, and the
/// wrapped key in it.
fn contents(buffer: &mut Vec<u8>) -> Outcome<f64> {
    let size = buffer.len();
    let begin = || Ok(seal(data_key(V2)?, Some(size as u64), &mut Constant)?.0);
    in_order(buffer, begin, seal_content)
}

/// The same with the envelope, but for the wrapped key.
fn objects(format: WriteFormat, buffer: &mut Vec<u8>) -> Outcome<f64> {
    let size = buffer.len();
    in_order(
        buffer,
        || data_key(format),
        |key, buffer| {
            let (sealer, envelope) = seal(key, Some(size as u64), &mut Constant)?;
            seal_content(sealer, buffer)?;
            Ok(envelope)
        },
    )
}

fn seal_content(mut sealer: Sealer, buffer: &mut Vec<u8>) -> Outcome<()> {
    let size = buffer.len();
    if size < MIB {
        sealer.seal_whole(buffer)?;
        buffer.truncate(size);
    } else {
        sealer.update(buffer)?;
        black_box(sealer.finish()?);
    }
    Ok(())
}

/// Bytes per second of what `seal` does to a buffer, with what `begin` makes each time.
fn in_order<K, D>(
    buffer: &mut Vec<u8>,
    begin: impl Fn() -> Outcome<K>,
    seal: impl Fn(K, &mut Vec<u8>) -> Outcome<D>,
) -> Outcome<f64> {
    let size = buffer.len();
    buffer.reserve(GCM_TAG_BYTES);
    let (mut bytes, mut seconds) = (0_u64, 0.0);
    while seconds < TURN.as_secs_f64() {
        // So many at a time that neither the clock nor what making the keys leaves in the caches
        // counts, and so few that they are still there.
        let count = (16 * MIB / size.max(1)).clamp(1, 256);
        let begun: Vec<_> = (0..count).map(|_| begin()).collect::<Result<_, _>>()?;
        let mut done = Vec::with_capacity(count);
        let from = thread_time();
        for one in begun {
            done.push(seal(one, buffer)?);
            bytes += size as u64;
        }
        seconds += thread_time() - from;
        black_box((&*buffer, done));
    }
    Ok(rate(bytes, seconds))
}

/// Messages of 1 KiB under one key that is expanded once, which neither OpenSSL's `speed` nor an
/// object has: what the cipher alone gives.
fn one_key() -> Outcome<f64> {
    let key = UnboundKey::new(&AES_256_GCM, &WRAPPING_KEY).map_err(|_| "no key")?;
    let key = LessSafeKey::new(key);
    let mut buffer = vec![0x5a; SMALL];
    let (from, until) = (thread_time(), Instant::now() + TURN);
    let mut bytes = 0;
    while Instant::now() < until {
        for _ in 0..64 {
            let nonce = Nonce::assume_unique_for_key([7; NONCE_LEN]);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut buffer);
            black_box(tag.map_err(|_| "not sealed")?.as_ref());
            bytes += SMALL as u64;
        }
    }
    Ok(rate(bytes, thread_time() - from))
}

/// One message, its segments sealed by two threads.
fn segments(chunks: &[Mutex<Vec<u8>>]) -> Outcome<Rate> {
    let (sealer, _) = seal_segments(data_key(V3)?, None, &mut Constant)?;
    let sealer = Mutex::new(sealer);
    let (begun, until) = (Instant::now(), Instant::now() + TURN);
    let work = || -> Result<(u64, f64), String> {
        let from = thread_time();
        let mut bytes = 0;
        while Instant::now() < until {
            let reserved = sealer
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .reserve(MIB);
            let segment = reserved.map_err(|error| error.to_string())?;
            let number = usize::try_from(segment.offset()).unwrap_or(0) / MIB;
            let chunk = chunks.get(number % chunks.len().max(1)).ok_or("no chunk")?;
            let mut chunk = chunk.lock().unwrap_or_else(PoisonError::into_inner);
            segment
                .seal(&mut chunk)
                .map_err(|error| error.to_string())?;
            bytes += MIB as u64;
        }
        Ok((bytes, thread_time() - from))
    };
    let done = std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        threads.map(|thread| {
            thread
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".to_owned()))
        })
    });
    let elapsed = begun.elapsed().as_secs_f64();
    let (mut bytes, mut seconds) = (0, 0.0);
    for thread in done {
        let (more, time) = thread?;
        bytes += more;
        seconds += time;
    }
    let sealer = sealer.into_inner().unwrap_or_else(PoisonError::into_inner);
    sealer.finish()?;
    Ok(Rate {
        processor: rate(bytes, seconds),
        elapsed: rate(bytes, elapsed),
    })
}

/// What copying 64 MiB gives, piece by piece, from memory to memory.
fn copy(to: &mut [u8]) -> f64 {
    let from = vec![3; to.len()];
    to.copy_from_slice(&from);
    let (begun, until) = (thread_time(), Instant::now() + TURN);
    let mut bytes = 0;
    while Instant::now() < until {
        to.copy_from_slice(black_box(&from));
        black_box(&mut *to);
        bytes += from.len() as u64;
    }
    rate(bytes, thread_time() - begun)
}

fn rate(bytes: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let bytes = bytes as f64;
    bytes / seconds
}

fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default().as_secs_f64()
}

fn data_key(format: WriteFormat) -> Outcome<WrappedDataKey> {
    let raw = RawMaterials::symmetric(SecretBytes::copy_from(&WRAPPING_KEY));
    let materials = EncryptionMaterials::validate(raw)?;
    let key = DataKey::generate(&mut Constant)?;
    Ok(key_wrap::wrap(&materials, format, key, &mut Constant)?)
}

/// What the operating system takes to make randomness is not measured.
struct Constant;

impl Randomness for Constant {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomnessError> {
        bytes.fill(0x3c);
        Ok(())
    }
}
