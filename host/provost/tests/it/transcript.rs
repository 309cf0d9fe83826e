//! Runs the command as a user would and compares every byte of what it says.
//!
//! A transcript is a TOML file under `tests/transcripts/NOUN/`, named after the mistake. In what
//! goes in, `{root}` stands for the scratch folder that the command runs in, `{plugins}` for the
//! folder of the provider libraries, `{sha256 LIBRARY}` and `{size LIBRARY}` for those of one of
//! them, `{tls}` for the folder of the TLS fixtures, `{repository}` for the checkout; in what comes
//! out they are put back, with what else differs (`varying.rs`).
//! `TRANSCRIPT=part/of-a-name` runs those alone.

mod varying;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;

use crate::plugins::private_folder;
use varying::Varying;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    /// What the user did wrong, or wants to see. For the reader of the file.
    #[allow(dead_code)]
    about: String,
    /// Name of a file under `tests/transcripts/setup/` whose files are made first.
    setup: Option<String>,
    /// Folders to make.
    #[serde(default)]
    folders: Vec<String>,
    /// Files to make, of mode 0600: relative path to text.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Files to copy, and folders with the files in them, to mode 0600: relative path to source.
    #[serde(default)]
    copies: BTreeMap<String, String>,
    /// Permission bits of files and folders, in octal.
    #[serde(default)]
    modes: BTreeMap<String, String>,
    /// Commands that must succeed first.
    #[serde(default)]
    before: Vec<Vec<String>>,
    /// What then happens to files behind the host's back.
    #[serde(default)]
    damage: Vec<Damage>,
    args: Vec<String>,
    /// All of the command's environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    status: i32,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    /// Paths that must not exist afterwards.
    #[serde(default)]
    absent: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
    /// For the reader of the file.
    #[allow(dead_code)]
    about: String,
    files: BTreeMap<String, String>,
}

/// One thing that happens to a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Damage {
    file: String,
    /// It is cut to this length.
    truncate: Option<usize>,
    /// The lowest bit of this byte is flipped.
    flip: Option<usize>,
    /// This text ...
    replace: Option<String>,
    /// ... is replaced by this.
    by: Option<String>,
    /// It gets these bytes, in hexadecimal.
    hex: Option<String>,
    /// It becomes a copy of this file.
    copy: Option<String>,
    /// It is removed.
    #[serde(default)]
    remove: bool,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

#[test]
fn every_transcript_is_what_the_command_says() {
    let folder = folder();
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|noun| noun.unwrap().path())
        .filter(|noun| !noun.ends_with("setup"))
        .flat_map(|noun| fs::read_dir(noun).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() > 200,
        "only {} transcripts found in {}",
        files.len(),
        folder.display()
    );
    let only = std::env::var("TRANSCRIPT").unwrap_or_default();
    files.retain(|file| file.to_string_lossy().contains(&only));
    let varying = Varying::new();
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(why) = run(file, &varying) {
                let name = file.strip_prefix(&folder).unwrap().display();
                failures.lock().unwrap().push(format!("{name}\n{why}"));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn run(file: &Path, varying: &Varying) -> Result<(), String> {
    let transcript: Transcript = read(file)?;
    let scratch = private_folder();
    let root = scratch.path().canonicalize().unwrap();
    let fill = |text: &str| varying.fill(text, &root);
    prepare(&transcript, &root, &fill)?;
    let run = |args: &[String], env: &BTreeMap<String, String>, stdin: &str| {
        let env = env.iter().map(|(name, value)| (name, fill(value)));
        let input = scratch.path().join(".stdin");
        fs::write(&input, stdin).unwrap();
        let output = Command::new(varying.command())
            .args(args.iter().map(|arg| fill(arg)))
            .current_dir(&root)
            .env_clear()
            .envs(env)
            .stdin(Stdio::from(fs::File::open(&input).unwrap()))
            .output()
            .unwrap();
        fs::remove_file(input).unwrap();
        let text = |bytes: &[u8]| varying.restore(&String::from_utf8_lossy(bytes), &root);
        let status = output.status.code().unwrap_or(-1);
        (status, text(&output.stdout), text(&output.stderr))
    };
    for args in &transcript.before {
        let (status, stdout, stderr) = run(args, &BTreeMap::new(), "");
        if status != 0 {
            return Err(format!(
                "before: {args:?} exited {status}\n{stdout}{stderr}"
            ));
        }
    }
    for damage in &transcript.damage {
        damage.apply(&root, &fill)?;
    }
    let Transcript {
        args, env, stdin, ..
    } = &transcript;
    let (status, stdout, stderr) = run(args, env, stdin);
    compare(
        "status",
        &transcript.status.to_string(),
        &status.to_string(),
    )?;
    compare("stderr", &transcript.stderr, &stderr)?;
    compare("stdout", &transcript.stdout, &stdout)?;
    let mut absent = transcript.absent.iter();
    match absent.find(|path| root.join(path).exists()) {
        Some(path) => Err(format!("`{path}` exists afterwards")),
        None => Ok(()),
    }
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    toml::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))
}

fn prepare(
    transcript: &Transcript,
    root: &Path,
    fill: &impl Fn(&str) -> String,
) -> Result<(), String> {
    let mut files = match &transcript.setup {
        Some(name) => read::<Setup>(&folder().join("setup").join(format!("{name}.toml")))?.files,
        None => BTreeMap::new(),
    };
    files.extend(transcript.files.clone());
    let private = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o600));
    for name in &transcript.folders {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    for (name, text) in &files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, fill(text)).unwrap();
        private(&path).unwrap();
    }
    for (name, source) in &transcript.copies {
        let (path, source) = (root.join(name), PathBuf::from(fill(source)));
        if source.is_dir() {
            for file in fs::read_dir(&source).unwrap() {
                let file = file.unwrap();
                copy(&file.path(), &path.join(file.file_name()))?;
            }
        } else {
            copy(&source, &path)?;
        }
    }
    for (name, mode) in &transcript.modes {
        let mode = u32::from_str_radix(mode, 8).map_err(|e| format!("mode {mode}: {e}"))?;
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    Ok(())
}

/// Copies a file to where only this user can read and write it, whatever the umask is.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    fs::copy(from, to).map_err(|e| format!("{}: {e}", from.display()))?;
    for (path, mode) in [(to, 0o600), (folder, 0o700)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    Ok(())
}

impl Damage {
    fn apply(&self, root: &Path, fill: &impl Fn(&str) -> String) -> Result<(), String> {
        let path = root.join(&self.file);
        if self.remove {
            fs::remove_file(path).unwrap();
            return Ok(());
        }
        if let Some(source) = &self.copy {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(root.join(source), path).unwrap();
            return Ok(());
        }
        let mut bytes = fs::read(&path).map_err(|e| format!("{}: {e}", self.file))?;
        if let Some(length) = self.truncate {
            bytes.truncate(length);
        }
        if let Some(at) = self.flip {
            bytes[at] ^= 1;
        }
        if let (Some(old), Some(new)) = (&self.replace, &self.by) {
            let (old, new) = (fill(old).into_bytes(), fill(new).into_bytes());
            bytes = replaced(&bytes, &old, &new)
                .ok_or_else(|| format!("{} does not hold {:?}", self.file, self.replace))?;
        }
        if let Some(hex) = &self.hex {
            bytes = unhex(hex);
        }
        fs::write(path, bytes).unwrap();
        Ok(())
    }
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    let found = rest.len() < bytes.len();
    out.extend_from_slice(rest);
    found.then_some(out)
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn compare(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "--- expected {what}\n{expected}\n--- found {what}\n{found}\n---"
    ))
}
