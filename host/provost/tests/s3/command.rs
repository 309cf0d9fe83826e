//! The executable, in a folder of its own, against a server.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::rig::Server;

/// The first-party libraries.
pub(crate) fn libraries() -> PathBuf {
    // Cargo puts what this test depends on beside it.
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().to_owned()
}

pub(crate) struct Shell {
    pub(crate) folder: TempDir,
}

impl Shell {
    /// With these configurations, where FOLDER stands for the one that they are in.
    pub(crate) fn new(server: Server, security: &str, tables: &str) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let text = format!(
            "security_configuration = \"security.json\"\n\
             [s3]\nendpoint = \"{}\"\npath_style = true\nregion = \"us-east-1\"\n\
             [fetch]\ndirectory = \"cache\"\n{tables}",
            server.endpoint()
        );
        let text = text.replace("FOLDER", folder.path().to_str().unwrap());
        std::fs::write(folder.path().join("provost.toml"), text).unwrap();
        std::fs::write(folder.path().join("keys.list"), "* 1 key\n").unwrap();
        std::fs::write(folder.path().join("key"), crate::rig::pattern(32)).unwrap();
        for private in ["keys.list", "key"] {
            let mode = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(folder.path().join(private), mode).unwrap();
        }
        std::fs::write(folder.path().join("security.json"), security).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_provost"))
            .current_dir(self.folder.path())
            .args(args)
            .env("PROVOST_CONFIG", self.path("provost.toml"))
            .output()
            .unwrap()
    }

    /// What a command that has to succeed prints.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let args = [args, &["--output", "json"]].concat();
        serde_json::from_str(&self.ok(&args)).unwrap()
    }

    /// What a command that has to fail says.
    pub(crate) fn refused(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// A security configuration for objects.
pub(crate) fn at_rest(s3: &Value) -> String {
    serde_json::json!({
        "EncryptionConfiguration": {
            "EnableInTransitEncryption": false,
            "EnableAtRestEncryption": true,
            "AtRestEncryptionConfiguration": { "S3EncryptionConfiguration": s3 },
        }
    })
    .to_string()
}
