//! A scratch folder in which the command works on whole prefixes.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::plugins::{plugins, private_folder};
use crate::rig::private;

/// A configuration that works for what is below `store/`, and two keys for it.
pub(crate) struct Shop {
    _folder: TempDir,
    pub(crate) root: PathBuf,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let folder = private_folder();
        let root = folder.path().canonicalize().unwrap();
        let shop = Self {
            _folder: folder,
            root,
        };
        shop.policy("");
        let security = format!(
            r#"{{ "EncryptionConfiguration": {{ "EnableInTransitEncryption": false,
                "EnableAtRestEncryption": true, "AtRestEncryptionConfiguration": {{
                "S3EncryptionConfiguration": {{ "EncryptionMode": "CSE-Custom",
                "S3Object": "{}/libprovost_static_keys.so",
                "EncryptionKeyProviderClass": "provost.keys.Static" }} }} }} }}"#,
            plugins().display()
        );
        private(&shop.root.join("security.json"), security);
        private(&shop.root.join("1.key"), "0123456789abcdef".repeat(4));
        private(&shop.root.join("2.key"), "fedcba9876543210".repeat(4));
        shop.keys(&["1"]);
        fs::create_dir(shop.root.join("store")).unwrap();
        shop
    }

    /// The keys for what is below `store/`: the last one encrypts.
    pub(crate) fn keys(&self, generations: &[&str]) {
        let store = self.root.join("store");
        let lines = generations
            .iter()
            .map(|name| format!("{}/ {name} {name}.key\n", store.display()));
        let lines = lines.collect::<Vec<_>>().concat();
        private(&self.root.join("keys.list"), lines);
    }

    /// The policy of what is below `store/`: lines of its table.
    pub(crate) fn policy(&self, lines: &str) {
        let root = self.root.display();
        let text = format!(
            "security_configuration = \"security.json\"\n\
             [classes.\"provost.keys.Static\".conf]\nkeys = \"{root}/keys.list\"\n\
             [[prefixes]]\nprefix = \"file://{root}/store/\"\n{lines}\n"
        );
        private(&self.root.join("provost.toml"), text);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.root.display())
    }

    /// Makes a file, and its folders.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command
            .arg("object")
            .args(args)
            .current_dir(&self.root)
            .env_clear()
            .env("PROVOST_CONFIG", "provost.toml")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `provost object` with these.
    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::from(self.command(args).output().unwrap())
    }

    /// The same; it has to succeed.
    pub(crate) fn done(&self, args: &[&str]) -> Answer {
        let answer = self.run(args);
        assert_eq!(answer.status, Some(0), "{args:?}: {answer:?}");
        answer
    }

    /// Runs it for the JSON document, and checks the exit status.
    pub(crate) fn json(&self, args: &[&str], status: i32) -> Value {
        let mut all = args.to_vec();
        all.extend(["--output", "json"]);
        let answer = self.run(&all);
        assert_eq!(answer.status, Some(status), "{args:?}: {answer:?}");
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Every file below a folder with its bytes, sorted: paths relative to it.
pub(crate) fn all_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.push((name.to_str().unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The outcome of one object in a document.
pub(crate) fn outcome<'d>(document: &'d Value, uri: &str) -> &'d str {
    let objects = document["objects"].as_array().unwrap();
    let object = objects.iter().find(|object| object["uri"] == uri);
    object.unwrap_or_else(|| panic!("no {uri} in {document}"))["outcome"]
        .as_str()
        .unwrap()
}

/// Runs a command until it was killed so many times while it was under way, each time at another
/// moment. `make` gets how often that was so far.
pub(crate) fn killed_times(times: u32, mut make: impl FnMut(u32) -> Command) {
    let (mut killed, mut most) = (0, 400);
    for _ in 0..times * 10 {
        let mut child = make(killed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(10 + moment(most)));
        child.kill().unwrap();
        if child.wait().unwrap().signal() == Some(9) {
            killed += 1;
        } else {
            // It was faster, and will be again.
            most = (most / 2).max(20);
        }
        if killed == times {
            return;
        }
    }
    panic!("killed {killed} times of {times}");
}

/// Milliseconds below `most`, each time others: tests of moments have no use for the same ones.
fn moment(most: u64) -> u64 {
    let now = std::time::SystemTime::now();
    let nanos = now
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .subsec_nanos();
    u64::from(nanos / 1000) % most
}
