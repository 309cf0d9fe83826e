//! What a transfer holds is bounded by the window, not by the object.

use std::fs::{File, read_to_string};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::command::{Shell, at_rest, libraries};
use crate::rig::{Rig, Server};

/// What any transfer may take at its peak, whatever the object: the window and all else.
const MOST: u64 = 256 << 20;

/// Several times as much.
const LARGE: u64 = 400 << 20;

/// Runs a command; the most memory that its process had, in bytes, as the kernel counts it.
fn peak(shell: &Shell, args: &[&str]) -> u64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_provost"))
        .current_dir(shell.folder.path())
        .args(args)
        .env("PROVOST_CONFIG", shell.path("provost.toml"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        // It only grows, so the last look sees the peak; one that has ended has none.
        let text = read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = kilobytes.map_or(peak, |now| peak.max(now << 10));
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{args:?}: {ended}");
    peak
}

#[test]
fn a_large_object_takes_no_more_memory_than_its_window_allows() {
    let rig = Rig::new(Server::Strict);
    let s3 = json!({
        "EncryptionMode": "CSE-Custom",
        "S3Object": libraries().join("libprovost_static_keys.so"),
        "EncryptionKeyProviderClass": "provost.keys.Static",
    });
    let conf = "[classes.\"provost.keys.Static\".conf]\nkeys = \"FOLDER/keys.list\"\n";
    let small_window = format!("{conf}[transfer]\nwindow = \"16MiB\"\n");
    let uri = rig.uri("large").to_string();
    let mut peaks = Vec::new();
    for tables in [conf, &small_window] {
        let shell = Shell::new(Server::Strict, &at_rest(&s3), tables);
        File::create(shell.path("large"))
            .unwrap()
            .set_len(LARGE)
            .unwrap();
        for args in [
            ["object", "put", "large", &uri],
            ["object", "get", &uri, "back"],
        ] {
            let peak = peak(&shell, &args);
            println!("{}: {} MiB", args[1], peak >> 20);
            assert!(peak > 8 << 20, "it was not looked at: {peak}");
            assert!(peak <= MOST, "{}: {peak}", args[1]);
            peaks.push(peak);
        }
        assert_eq!(shell.path("back").metadata().unwrap().len(), LARGE);
        rig.wait(rig.store.delete(&rig.uri("large"), None)).unwrap();
    }
    // The setting does something.
    assert!(peaks[2] < peaks[0] && peaks[3] < peaks[1], "{peaks:?}");
}
