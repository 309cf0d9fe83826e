//! Runs the command as a user would and compares every byte of what it says.
//!
//! A transcript is a TOML file under `tests/transcripts/NOUN/`, named after the mistake. In what
//! goes in, `{root}` stands for the scratch folder and `{plugins}` for the folder of the built
//! libraries; in what comes out they are put back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transcript {
    /// What the user did wrong, or wants to see. For the reader of the file.
    #[allow(dead_code)]
    about: String,
    /// Files to make first: relative path to text.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Permission bits other than 0600, in octal.
    #[serde(default)]
    modes: BTreeMap<String, String>,
    /// Commands that must succeed first.
    #[serde(default)]
    before: Vec<Vec<String>>,
    /// What then happens to files behind the host's back.
    #[serde(default)]
    damage: Vec<Damage>,
    args: Vec<String>,
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
struct Damage {
    file: String,
    /// Cut to this length.
    truncate: Option<usize>,
    /// Flip the lowest bit of this byte.
    flip: Option<usize>,
    /// Replace this text ...
    replace: Option<String>,
    /// ... by this.
    by: Option<String>,
    /// Remove the file.
    #[serde(default)]
    remove: bool,
}

/// Where the provider libraries of this build are.
pub(crate) fn plugins() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap().to_owned()
}

#[test]
fn every_transcript_is_what_the_command_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .flat_map(|noun| fs::read_dir(noun.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() > 20,
        "only {} transcripts found in {}",
        files.len(),
        folder.display()
    );
    let only = std::env::var("TRANSCRIPT").unwrap_or_default();
    let failures: Vec<String> = files
        .iter()
        .filter(|file| file.to_string_lossy().contains(&only))
        .filter_map(|file| {
            run(file)
                .err()
                .map(|why| format!("{}\n{why}", file.display()))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn run(file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).unwrap();
    let transcript: Transcript = toml::from_str(&text).map_err(|e| e.to_string())?;
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path().canonicalize().unwrap();
    let plugins = plugins();
    let fill = |text: &str| {
        text.replace("{root}", &root.to_string_lossy())
            .replace("{plugins}", &plugins.to_string_lossy())
    };
    for (name, text) in &transcript.files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, fill(text)).unwrap();
        let mode = transcript
            .modes
            .get(name)
            .map_or(0o600, |m| u32::from_str_radix(m, 8).unwrap());
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for args in &transcript.before {
        let (status, stdout, stderr) = provost(&root, args.iter().map(|a| fill(a)), "");
        if status != 0 {
            return Err(format!(
                "before: {args:?} exited {status}\n{stdout}{stderr}"
            ));
        }
    }
    for damage in &transcript.damage {
        apply(damage, &root);
    }
    let (status, stdout, stderr) = provost(
        &root,
        transcript.args.iter().map(|a| fill(a)),
        &transcript.stdin,
    );
    let restore = |text: String| {
        text.replace(&*root.to_string_lossy(), "{root}")
            .replace(&*plugins.to_string_lossy(), "{plugins}")
    };
    compare(
        "status",
        &transcript.status.to_string(),
        &status.to_string(),
    )?;
    compare("stderr", &transcript.stderr, &restore(stderr))?;
    compare("stdout", &transcript.stdout, &restore(stdout))?;
    match transcript
        .absent
        .iter()
        .find(|path| root.join(path).exists())
    {
        Some(path) => Err(format!("`{path}` exists afterwards")),
        None => Ok(()),
    }
}

fn apply(damage: &Damage, root: &Path) {
    let path = root.join(&damage.file);
    if damage.remove {
        return fs::remove_file(path).unwrap();
    }
    let mut bytes = fs::read(&path).unwrap();
    if let Some(length) = damage.truncate {
        bytes.truncate(length);
    }
    if let Some(at) = damage.flip {
        bytes[at] ^= 1;
    }
    if let (Some(old), Some(new)) = (&damage.replace, &damage.by) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains(old),
            "{} does not hold {old:?}: {text}",
            damage.file
        );
        bytes = text.replace(old, new).into_bytes();
    }
    fs::write(path, bytes).unwrap();
}

/// Runs the command in `root` with an environment that says nothing about Provost.
pub(crate) fn provost(
    root: &Path,
    args: impl Iterator<Item = String>,
    stdin: &str,
) -> (i32, String, String) {
    fs::write(root.join(".stdin"), stdin).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_provost"))
        .args(args)
        .current_dir(root)
        .env_clear()
        .stdin(Stdio::from(fs::File::open(root.join(".stdin")).unwrap()))
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn compare(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!(
        "--- expected {what}\n{expected}\n--- found {what}\n{found}\n---"
    ))
}
