//! A call of a provider in a worker, and the same number of bytes echoed by a bare process.

use std::hint::black_box;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use provost::ProviderHandle;
use provost_plugin_api::{EncryptRequest, RawMaterials};

use crate::Outcome;
use crate::children::{self, Echo};
use crate::pinning::{self, Pinned};
use crate::rounds::{Compared, compare, each};
use crate::setup::{KEY_BYTES, Place, Scratch, request};
use crate::table::Row;

const ROUNDS: usize = 15;
const CALLS: u32 = 3_000;

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let against = "bare socketpair echo";
    let cpus = pinning::allowed()?;
    let here = *cpus.first().ok_or("no processor")?;
    let same = pinned(scratch, here, here)?;
    let mut rows = vec![Row::relative(
        "worker call, one processor",
        against,
        &same,
        2.0,
    )];
    match cpus.get(1) {
        Some(there) => {
            let apart = pinned(scratch, here, *there)?;
            rows.push(Row::relative(
                "worker call, two processors",
                against,
                &apart,
                2.0,
            ));
        }
        None => eprintln!("left out: a worker on another processor, as there is only one"),
    }
    Ok(rows)
}

/// This process on one processor, the worker or the echo on that or another one.
fn pinned(scratch: &Scratch, here: usize, there: usize) -> Outcome<Compared> {
    let handle = scratch.provider(Place::Worker)?;
    let [worker] = children::of_this_process()?[..] else {
        return Err("expected one worker".into());
    };
    let request = request();
    let (sent, received) = (bytes_asked(&request), bytes_answered(&handle, &request)?);
    let echo = Echo::start(sent, received)?;
    let _pinned = Pinned::to(&[here])?;
    pinning::pin(worker, &[there])?;
    pinning::pin(echo.id(), &[there])?;

    let (sent, mut received) = (vec![7; sent], vec![0; received]);
    let mut socket: &UnixStream = echo.socket();
    let mut bare = || {
        each(CALLS, || {
            socket.write_all(&sent)?;
            Ok(socket.read_exact(black_box(&mut received))?)
        })
    };
    let call = || {
        each(CALLS, || {
            black_box(handle.materials_for_encrypt(black_box(&request))?);
            Ok(())
        })
    };
    // Both sides have run before anything is timed.
    bare()?;
    call()?;
    compare(ROUNDS, call, bare)
}

/// The least that a request can be as a message: its contents, with nothing that frames them.
fn bytes_asked(request: &EncryptRequest) -> usize {
    let attributes = request.call.attributes.iter();
    let attributes = attributes.map(|(name, value)| name.len() + value.len());
    request.call.request_id.len() + attributes.sum::<usize>()
}

/// The same of the answer.
fn bytes_answered(handle: &ProviderHandle, request: &EncryptRequest) -> Outcome<usize> {
    let materials = handle.materials_for_encrypt(request)?;
    let description = materials.description().iter();
    let description = description.map(|(name, value)| name.len() + value.len());
    let algorithm = RawMaterials::ALGORITHM;
    Ok(KEY_BYTES + algorithm.len() + materials.generation().len() + description.sum::<usize>())
}
