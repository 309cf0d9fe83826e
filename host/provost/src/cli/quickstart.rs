//! `provost quickstart`: the main job, from nothing to a file that came back.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::{Global, Output, Quickstart};
use super::interrupt::{self, Passing, Transfer};
use super::report::{self, Failure};
use super::{object, with_runtime};
use crate::store::encrypted;
use crate::store::{Existing, ObjectUri};
use crate::{Error, Host, configuration};

const CLASS: &str = "provost.keys.Static";
const LIBRARY: &str = "libprovost_static_keys.so";

pub(crate) fn run(command: &Quickstart, global: &Global) -> Result<(), Failure> {
    let source = match &command.file {
        Some(file) => file.clone(),
        None => std::env::current_exe().map_err(|error| failed("find this executable", &error))?,
    };
    let (plain, size) = open(&source)?;
    let library = library()?;
    let folder = Folder::create(command.keep.as_deref())?;
    let mut steps = Steps {
        output: global.output,
        done: Vec::new(),
        started: Instant::now(),
    };
    demonstrate(&folder.path, &library, &source, (plain, size), &mut steps)?;
    match global.output {
        Output::Json => report::json(&Document { steps: &steps.done })?,
        Output::Text => steps.close(&folder)?,
    }
    folder.done();
    Ok(())
}

fn demonstrate(
    folder: &Path,
    library: &Path,
    source: &Path,
    (plain, size): (File, u64),
    steps: &mut Steps,
) -> Result<(), Failure> {
    let store = folder.join("store");
    let host_file = folder.join("provost.toml");
    let security_file = folder.join("security.json");

    steps.begin();
    fs::create_dir(&store).map_err(|error| failed("make the store", &error))?;
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| failed("make a key", &error))?;
    write(&folder.join("demo.key"), &key)?;
    zeroize::Zeroize::zeroize(&mut key);
    write(
        &folder.join("keys.list"),
        format!("{}/ demo demo.key\n", store.display()).as_bytes(),
    )?;
    steps.done(
        "key",
        "made a demonstration key of 32 random bytes".to_owned(),
    )?;

    steps.begin();
    // Into a folder that only this user can write: a build folder may be open to a group, and
    // what is in such a place is not loaded.
    let installed = folder.join(LIBRARY);
    fs::copy(library, &installed)
        .and_then(|_| fs::set_permissions(&installed, fs::Permissions::from_mode(0o644)))
        .map_err(|error| failed(&format!("copy `{}`", library.display()), &error))?;
    steps.done(
        "library",
        format!("installed a copy of {}", library.display()),
    )?;

    steps.begin();
    write(&security_file, security_json(&installed).as_bytes())?;
    write(&host_file, host_toml(folder).as_bytes())?;
    let configuration = configuration::load_host(&host_file)
        .map_err(Error::from)?
        .value;
    let security = configuration::load_security(&security_file)
        .map_err(Error::from)?
        .value;
    let host = Host::builder()
        .configuration(configuration)
        .security_configuration(security)
        .build()?;
    steps.done(
        "configuration",
        "wrote and read security.json (EMR's grammar) and provost.toml".to_owned(),
    )?;

    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let path = store.join(&*name);
    let uri = ObjectUri::from_file_path(&path)
        .map_err(|error| Failure::new(format!("`{}`: {error}", path.display())))?;

    steps.begin();
    let class = host.object_class(&uri)?.clone();
    let found = host.registry().resolve(&class).map_err(Error::from)?;
    steps.done(
        "class",
        format!("found {class} in {}", found.path.display()),
    )?;

    steps.begin();
    let objects = host.objects(&uri)?;
    let provider = objects.provider();
    let status = provider.status(&provider.new_call()).map_err(Error::from)?;
    steps.done(
        "provider",
        format!("checked, sealed and loaded it in a worker process: {status}"),
    )?;

    steps.begin();
    let stored = with_runtime(async || {
        let stored = objects.put(&uri, plain, Some(size), None).await;
        stored.map_err(|error| Error::from(error).into())
    })?;
    steps.done(
        "put",
        format!(
            "encrypted {} ({} bytes) into {uri}",
            source.display(),
            stored.plaintext
        ),
    )?;
    steps.note(&format!("proof: {}", object::proof(stored.proof)))?;

    steps.begin();
    let inspection = with_runtime(async || {
        let found = encrypted::inspect(host.stores(), host.configuration(), &uri).await;
        found.map_err(|error| Error::from(error).into())
    })?;
    steps.done("envelope", "read it back, without any key:".to_owned())?;
    for line in object::inspection(&inspection).lines().skip(1) {
        steps.note(line)?;
    }

    steps.begin();
    let back = folder.join("read-back");
    with_runtime(async || {
        let received = objects
            .get_to_file(&uri, &back, Existing::Refuse, None)
            .await;
        received.map_err(|error| Error::from(error).into())
    })?;
    steps.done("get", "verified and decrypted it into a file".to_owned())?;

    steps.begin();
    if !same(source, &back).map_err(|error| failed("compare the files", &error))? {
        return Err(Failure::new(
            "the file that was read back differs from the one that was put",
        ));
    }
    steps.done("compare", "identical, byte for byte".to_owned())
}

/// The file to encrypt, which is read twice.
fn open(path: &Path) -> Result<(File, u64), Failure> {
    let shown = path.display();
    let hint = "name a file with --file";
    let failed = |error: std::io::Error| failed(&format!("read `{shown}`"), &error).hint(hint);
    let plain = File::open(path).map_err(failed)?;
    let metadata = plain.metadata().map_err(failed)?;
    if metadata.is_file() {
        return Ok((plain, metadata.len()));
    }
    Err(Failure::new(format!("`{shown}` is not a file")).hint(hint))
}

/// The first-party library: beside the executable as built, or in the installed prefix.
fn library() -> Result<PathBuf, Failure> {
    let exe = std::env::current_exe().map_err(|error| failed("find this executable", &error))?;
    let beside = exe.with_file_name(LIBRARY);
    let installed = exe
        .parent()
        .and_then(Path::parent)
        .map(|prefix| prefix.join("lib/provost/plugins").join(LIBRARY));
    let candidates = std::iter::once(beside.clone()).chain(installed);
    candidates
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Failure::new(format!("`{}` does not exist", beside.display()))
                .hint("in a checkout, `cargo run --release -- quickstart` builds the libraries too")
        })
}

fn security_json(library: &Path) -> String {
    let configuration = serde_json::json!({ "EncryptionConfiguration": {
        "EnableInTransitEncryption": false,
        "EnableAtRestEncryption": true,
        "AtRestEncryptionConfiguration": { "S3EncryptionConfiguration": {
            "EncryptionMode": "CSE-Custom",
            "S3Object": library,
            "EncryptionKeyProviderClass": CLASS,
        } },
    } });
    format!("{configuration:#}\n")
}

fn host_toml(folder: &Path) -> String {
    let keys = folder.join("keys.list").display().to_string();
    format!(
        "security_configuration = \"security.json\"\n\n\
         [classes.\"{CLASS}\".conf]\nkeys = {}\n",
        // A JSON string is a TOML string.
        serde_json::Value::String(keys)
    )
}

fn write(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let opened = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    opened
        .and_then(|mut file| file.write_all(contents))
        .map_err(|error| failed(&format!("write `{}`", path.display()), &error))
}

fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = one.read(&mut left)?;
        let (left, right) = (&left[..read], &mut right[..read]);
        if read == 0 {
            return Ok(other.read(&mut [0])? == 0);
        }
        if other.read_exact(right).is_err() || left != right {
            return Ok(false);
        }
    }
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}

/// Where the demonstration happens: a new folder, which goes again unless all went well and it is
/// to be kept.
struct Folder {
    path: PathBuf,
    keep: bool,
    scratch: tempfile::TempDir,
    _passing: Passing,
}

impl Folder {
    fn create(keep: Option<&Path>) -> Result<Self, Failure> {
        // An interruption waits until it is known which folder is to go.
        let _creating = Transfer::begin();
        let scratch = match keep {
            None => tempfile::Builder::new()
                .permissions(owner_alone())
                .prefix("provost-quickstart-")
                .tempdir()
                .map_err(|error| failed("make a folder", &error))?,
            Some(path) => {
                // Under its own name from the start, and with nothing of somebody else's in it.
                let parent = match path.parent() {
                    Some(parent) if parent != Path::new("") => parent,
                    _ => Path::new("."),
                };
                let name = path.file_name().unwrap_or_default();
                tempfile::Builder::new()
                    .permissions(owner_alone())
                    .prefix(name)
                    .rand_bytes(0)
                    .tempdir_in(parent)
                    .map_err(|error| not_made(path, &error))?
            }
        };
        let path = scratch.path().canonicalize();
        let path = path.map_err(|error| failed("make a folder", &error))?;
        Ok(Self {
            _passing: Passing::folder(&path),
            path,
            keep: keep.is_some(),
            scratch,
        })
    }

    fn done(mut self) {
        self.scratch.disable_cleanup(self.keep);
    }
}

/// A library and a key list are refused where others can write, whatever the umask is.
fn owner_alone() -> fs::Permissions {
    fs::Permissions::from_mode(0o700)
}

fn not_made(path: &Path, error: &std::io::Error) -> Failure {
    let failure =
        |why: &dyn std::fmt::Display| failed(&format!("make the folder `{}`", path.display()), why);
    match error.kind() {
        ErrorKind::AlreadyExists => failure(&"it exists already")
            .hint("--keep makes a new folder: name another one, or remove this one"),
        ErrorKind::NotFound => {
            failure(&"the folder above it does not exist").hint("make that first")
        }
        _ => failure(error),
    }
}

/// What was done, and how long it took.
struct Steps {
    output: Output,
    done: Vec<Step>,
    started: Instant,
}

#[derive(Serialize)]
struct Step {
    #[serde(rename = "step")]
    name: &'static str,
    message: String,
    milliseconds: f64,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    steps: &'a [Step],
}

impl Steps {
    fn begin(&mut self) {
        interrupt::pass();
        self.started = Instant::now();
    }

    fn done(&mut self, name: &'static str, message: String) -> Result<(), Failure> {
        let took = self.started.elapsed();
        if self.output == Output::Text {
            let number = self.done.len() + 1;
            report::print(&format!(
                "{number}. {name:<14}{:>10}  {message}",
                shown(took)
            ))?;
        }
        let milliseconds = took.as_secs_f64() * 1e3;
        self.done.push(Step {
            name,
            message,
            milliseconds,
            notes: Vec::new(),
        });
        Ok(())
    }

    fn note(&mut self, line: &str) -> Result<(), Failure> {
        if self.output == Output::Text {
            report::print(&format!("{:29}{line}", ""))?;
        }
        if let Some(step) = self.done.last_mut() {
            step.notes.push(line.to_owned());
        }
        Ok(())
    }

    fn close(&self, folder: &Folder) -> Result<(), Failure> {
        let total: f64 = self.done.iter().map(|step| step.milliseconds).sum();
        let total = shown(Duration::from_secs_f64(total / 1e3));
        let path = folder.path.display();
        let next = if folder.keep {
            format!(
                "kept in {path}; to go on:\n  \
                 provost --config {path}/provost.toml check\n  \
                 provost --config {path}/provost.toml object ls file://{path}/store/"
            )
        } else {
            "nothing was kept; `--keep FOLDER` leaves it all there to look around in".to_owned()
        };
        report::print(&format!("\ndone in {total}\n{next}"))
    }
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
