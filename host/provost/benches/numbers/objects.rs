//! The command's transfers: a large file against `cp`, and a small object from a cold start.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::children;
use crate::rounds::{compare, median, seconds};
use crate::setup::{PROVOST, Place, Scratch};
use crate::table::{Row, Unit};

const TRANSFERS: usize = 7;
const SMALL_GETS: usize = 25;
const GIB: usize = 1 << 30;
const MEMORY: f64 = 64.0 * 1024.0 * 1024.0;
/// How often a running process is asked for its memory.
const SAMPLING: Duration = Duration::from_millis(5);

/// What one run of a command took.
struct Run {
    seconds: f64,
    /// The most memory of the process and of all that it started, added up, in bytes.
    memory: u64,
}

pub(crate) fn measure_transfer(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let (source, copy) = (scratch.path("source"), scratch.path("copy"));
    let (object, back) = (scratch.store().join("object"), scratch.path("back"));
    write_random(&source, GIB)?;
    let copying = || {
        warm(scratch, &copy)?;
        Ok(copy_and_sync(&source, &copy)?.seconds)
    };
    let (mut put_memory, mut get_memory) = (0, 0);
    let put = || {
        warm(scratch, &object)?;
        let put = run([provost(scratch, "put", [source.clone(), uri(&object)])])?;
        put_memory = put_memory.max(put.memory);
        Ok(put.seconds)
    };
    let puts = compare(TRANSFERS, put, copying)?;
    let get = || {
        warm(scratch, &back)?;
        let get = run([provost(scratch, "get", [uri(&object), back.clone()])])?;
        same(&source, &back)?;
        get_memory = get_memory.max(get.memory);
        Ok(get.seconds)
    };
    let gets = compare(TRANSFERS, get, copying)?;
    for file in [source, copy, object, back] {
        std::fs::remove_file(file)?;
    }
    let bytes = |memory: u64| u32::try_from(memory).map_or(f64::INFINITY, f64::from);
    let (put_memory, get_memory) = (bytes(put_memory), bytes(get_memory));
    let against = "cp and sync";
    Ok(vec![
        Row::relative("object put, 1 GiB", against, &puts, 2.0),
        Row::relative("object get, 1 GiB", against, &gets, 2.0),
        Row::absolute("peak memory, put", Unit::Bytes, put_memory, MEMORY),
        Row::absolute("peak memory, get", Unit::Bytes, get_memory, MEMORY),
    ])
}

pub(crate) fn measure_small(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let (source, back) = (scratch.path("small-source"), scratch.path("small-back"));
    let object = scratch.store().join("small");
    write_random(&source, 1024)?;
    run([provost(scratch, "put", [source.clone(), uri(&object)])])?;
    let mut times = Vec::new();
    for _ in 0..SMALL_GETS {
        let mut get = provost(scratch, "get", [uri(&object), back.clone()]);
        let begun = Instant::now();
        let status = get.status()?;
        times.push(seconds(begun.elapsed()));
        if !status.success() {
            return Err(format!("{get:?}: {status}").into());
        }
        same(&source, &back)?;
        std::fs::remove_file(&back)?;
    }
    let time = median(times);
    Ok(vec![Row::absolute(
        "object get, 1 KiB, new process",
        Unit::Seconds,
        time,
        30e-3,
    )])
}

/// Makes room for `target`, and every transfer begin alike. In a virtual machine, memory that
/// nobody used for some seconds may be fetched from its host again, at several times the price of
/// a copy: so this fills as much as a transfer does and gives it back. Then it waits until the
/// disk has nothing left to do.
fn warm(scratch: &Scratch, target: &Path) -> Outcome<()> {
    match std::fs::remove_file(target) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = tempfile::tempfile_in(scratch.store())?;
    let zeros = vec![0; 1 << 20];
    for _ in 0..GIB / zeros.len() {
        file.write_all(&zeros)?;
    }
    drop(file);
    Ok(rustix::fs::syncfs(File::open(scratch.store())?)?)
}

fn provost(scratch: &Scratch, verb: &str, arguments: [PathBuf; 2]) -> Command {
    let mut command = Command::new(PROVOST);
    command
        .arg("--config")
        .arg(scratch.configuration(Place::Worker));
    command
        .args(["object", verb])
        .args(arguments)
        .stdout(Stdio::null());
    command
}

/// The object that is this file, as an argument.
fn uri(path: &Path) -> PathBuf {
    format!("file://{}", path.display()).into()
}

fn copy_and_sync(from: &Path, to: &Path) -> Outcome<Run> {
    let mut copy = Command::new("cp");
    copy.arg("--reflink=never").args([from, to]);
    let mut sync = Command::new("sync");
    sync.arg(to);
    run([copy, sync])
}

/// Runs commands one after the other.
fn run<const N: usize>(commands: [Command; N]) -> Outcome<Run> {
    let begun = Instant::now();
    let mut memory = 0;
    for mut command in commands {
        let mut child = command.spawn()?;
        let (done, ended) = std::sync::mpsc::channel::<()>();
        let id = child.id();
        let sampler = std::thread::spawn(move || peak(id, &ended));
        let status = child.wait()?;
        drop(done);
        memory = memory.max(sampler.join().map_err(|_| "the sampling thread panicked")?);
        if !status.success() {
            return Err(format!("{command:?}: {status}").into());
        }
    }
    let seconds = seconds(begun.elapsed());
    Ok(Run { seconds, memory })
}

/// The most memory that a process and those that it started had, until `ended`.
fn peak(process: u32, ended: &std::sync::mpsc::Receiver<()>) -> u64 {
    let mut peaks = std::collections::BTreeMap::new();
    let mut rounds = 0_u32;
    loop {
        // Looking for new processes is the dearer part.
        if rounds.is_multiple_of(20) {
            for child in children::of(process).unwrap_or_default() {
                peaks.entry(child).or_insert(0);
            }
            peaks.entry(process).or_insert(0);
        }
        rounds = rounds.wrapping_add(1);
        for (process, peak) in &mut peaks {
            *peak = children::peak_memory(*process).unwrap_or(0).max(*peak);
        }
        match ended.recv_timeout(SAMPLING) {
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            _ => return peaks.values().sum(),
        }
    }
}

/// A file of random bytes, on the disk when this returns.
fn write_random(path: &Path, size: usize) -> Outcome<()> {
    let mut file = File::create_new(path)?;
    let mut piece = vec![0; size.min(1 << 20)];
    for _ in 0..size / piece.len() {
        getrandom::fill(&mut piece)?;
        file.write_all(&piece)?;
    }
    Ok(file.sync_all()?)
}

/// A transfer that changed a byte has no speed.
fn same(one: &Path, other: &Path) -> Outcome<()> {
    let status = Command::new("cmp").args([one, other]).status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` and `{}` differ", one.display(), other.display()).into())
}
