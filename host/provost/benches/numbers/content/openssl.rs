//! OpenSSL's side, a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Rate, rate};
use crate::Outcome;

/// Ends with this.
pub(super) struct OpenSsl {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    version: String,
}

impl OpenSsl {
    /// Builds it if nobody has, and starts it.
    pub(super) fn start() -> Outcome<Self> {
        let mut child = Command::new(build()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let to = child.stdin.take().ok_or("no standard input")?;
        let from = child.stdout.take().ok_or("no standard output")?;
        let mut openssl = Self {
            child,
            to,
            from: BufReader::new(from),
            version: String::new(),
        };
        openssl.version = openssl.line()?;
        Ok(openssl)
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// How fast it encrypts buffers of this size.
    pub(super) fn rate(&mut self, size: usize, time: Duration) -> Outcome<Rate> {
        let begun = Instant::now();
        writeln!(self.to, "{size} {}", time.as_millis())?;
        let answer = self.line()?;
        let elapsed = begun.elapsed().min(time.max(Duration::from_millis(1)));
        let (bytes, seconds) = answer.split_once(' ').ok_or("expected two numbers")?;
        let bytes = bytes.parse()?;
        Ok(Rate {
            processor: rate(bytes, seconds.parse()?),
            elapsed: rate(bytes, elapsed.as_secs_f64()),
        })
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        if line.is_empty() {
            return Err("the process that measures OpenSSL ended".into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, built in the user's cache: a build of OpenSSL outlives a checkout.
fn build() -> Outcome<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?).join(".cache"),
    };
    let folder = cache.join("provost/openssl-speed");
    let manifest =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/openssl-speed/Cargo.toml");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--release",
            "--locked",
            "--quiet",
            "--manifest-path",
        ])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&folder)
        .status()?;
    if !status.success() {
        return Err(format!("OpenSSL was not built: {status}").into());
    }
    Ok(folder.join("release/provost-openssl-speed"))
}
