//! The facts that `export_providers!` leaves in the ELF section, read back from this executable.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too
#![cfg(target_os = "linux")]

use object::{Object, ObjectSection};
use provost_plugin_api::*;
use serde_json::{Value, json};

struct Nothing;

impl Provider for Nothing {
    fn new(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }
}

impl EncryptionMaterialsProvider for Nothing {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        Err(ProviderError::not_found("none"))
    }

    fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
        Err(ProviderError::not_found("none"))
    }
}

impl TlsArtifactsProvider for Nothing {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Err(ProviderError::not_found("none"))
    }
}

export_providers! {
    materials "com.example.keys.Full" => Nothing {
        conf: [
            "a" () "plain",
            "b" (required) "quotes \" and \\, a\ttab,\nand \u{1}\u{7f}",
            "c" (secret) "é, €, \u{1F511}",
            "d" (required, secret) r"raw \u0041",
            "e" "without a list",
        ],
        needs: [network, files, threads, environment],
    };
    tls "com.example.Tls" => Nothing { needs: [files] };
    materials "com.example.keys.Conf" => Nothing { conf: [], };
    tls "com.example.Bare" => Nothing
}

fn section() -> Vec<u8> {
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let program = object::File::parse(program.as_slice()).unwrap();
    let section = program.section_by_name(".provost").unwrap();
    section.data().unwrap().to_vec()
}

fn key(name: &str, required: bool, secret: bool, help: &str) -> Value {
    json!({"key": name, "required": required, "secret": secret, "help": help})
}

#[test]
fn the_section_is_json_with_every_fact() {
    let found: Value = serde_json::from_slice(&section()).unwrap();
    let rustc = std::process::Command::new("rustc")
        .arg("--version")
        .output();
    let rustc = String::from_utf8(rustc.unwrap().stdout).unwrap();
    let target = found["build"]["target"].as_str().unwrap().to_owned();
    assert!(target.contains("-linux"), "{target}");
    let full = [
        key("a", false, false, "plain"),
        key(
            "b",
            true,
            false,
            "quotes \" and \\, a\ttab,\nand \u{1}\u{7f}",
        ),
        key("c", false, true, "é, €, \u{1F511}"),
        key("d", true, true, "raw \\u0041"),
        key("e", false, false, "without a list"),
    ];
    let class = |kind: &str, name: &str, conf: &[Value], needs: &[&str]| json!({"kind": kind, "name": name, "conf": conf, "needs": needs});
    let expected = json!({
        "provost": 1,
        "abi": "1.0",
        "package": {"name": "provost-plugin-api", "version": "1.0.0"},
        "build": {"rustc": rustc.trim(), "target": target, "panic": "unwind"},
        "classes": [
            class(
                "materials",
                "com.example.keys.Full",
                &full,
                &["network", "files", "threads", "environment"],
            ),
            class("tls", "com.example.Tls", &[], &["files"]),
            class("materials", "com.example.keys.Conf", &[], &[]),
            class("tls", "com.example.Bare", &[], &[]),
        ],
    });
    assert_eq!(found, expected);
}

#[test]
fn the_section_is_printable_ascii() {
    let section = section();
    let odd = section.iter().find(|byte| !(0x20..0x7f).contains(*byte));
    assert_eq!(odd, None);
}
