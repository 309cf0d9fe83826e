//! The command with no configuration of AWS but what a test gives it.

use std::process::Command;

/// Without variables, files and metadata of this machine.
pub(crate) fn provost() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
    command
        .env_clear()
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}
