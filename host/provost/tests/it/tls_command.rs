//! The commands of `provost tls`, with the sets of `tests/fixtures/tls`: what transcripts cannot
//! say.

mod lock;
mod output;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::plugins::private_folder;
use crate::rig::private;

/// The sets, as a user has them: in a folder that only this user can write, with a configuration
/// that names one of them.
struct Sets {
    folder: TempDir,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls")
}

impl Sets {
    fn new() -> Self {
        let sets = Self {
            folder: private_folder(),
        };
        for entry in fs::read_dir(fixtures()).unwrap() {
            let entry = entry.unwrap();
            let (from, to) = (entry.path(), sets.root().join(entry.file_name()));
            if from.is_dir() {
                fs::create_dir(&to).unwrap();
                for file in fs::read_dir(from).unwrap() {
                    let file = file.unwrap();
                    copy(&file.path(), &to.join(file.file_name()));
                }
            } else {
                copy(&from, &to);
            }
        }
        let toml = "[tls]\ndirectory = \"installed\"\ndefault_roots = \"none\"\n";
        private(&sets.root().join("provost.toml"), toml);
        sets
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The folders and zips among them.
    fn names() -> Vec<String> {
        let names = fs::read_dir(fixtures()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name != "README.md").collect();
        names.sort();
        assert!(names.len() >= 17, "{names:?}");
        names
    }

    /// A security configuration that names one of them; its file's name.
    fn configure(&self, set: &str) -> String {
        let name = format!("{set}.json");
        let json = serde_json::json!({ "EncryptionConfiguration": {
            "EnableInTransitEncryption": true,
            "EnableAtRestEncryption": false,
            "InTransitEncryptionConfiguration": { "TLSCertificateConfiguration": {
                "CertificateProviderType": "PEM",
                "S3Object": set,
            } },
        } });
        private(&self.root().join(&name), json.to_string());
        name
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command
            .args(args)
            .current_dir(self.root())
            .env_clear()
            .env("PROVOST_CONFIG", "provost.toml");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    fn install(&self, set: &str, more: &[&str]) -> Output {
        let configuration = self.configure(set);
        let mut args = vec!["tls", "install", "--security-configuration", &configuration];
        args.extend(more);
        self.run(&args)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
