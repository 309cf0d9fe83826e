//! What is printed, over all sets: JSON by its schema, no private key, nothing that changes a
//! terminal, fingerprints as others print them.

use std::fs;
use std::path::Path;
use std::process::Command;

use provost_core::tls::RuleId;
use serde_json::Value;

use super::{Sets, fixtures, stderr, stdout};
use crate::json_schema::violations;

#[test]
fn what_tls_check_prints_for_programs_is_what_its_schema_says() {
    let sets = Sets::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let schema = fs::read_to_string(repository.join("docs/schemas/tls-check.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut names = Sets::names();
    names.extend(["nowhere", "provost.toml"].map(str::to_owned));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = [vec!["tls", "check", "--output", "json"], names.clone()].concat();
    let strict = [
        all.clone(),
        vec!["--strict", "--node-name", "other.example.com"],
    ]
    .concat();
    let configuration = sets.configure("no-intermediate");
    let configured = vec![
        "tls",
        "check",
        "--output",
        "json",
        "--security-configuration",
        &configuration,
    ];
    let mut rules = Vec::new();
    for args in [all, strict, configured] {
        let output = sets.run(&args);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{args:?}: {}",
            stderr(&output)
        );
        let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(
            violations(&schema, &document),
            Vec::<String>::new(),
            "{args:?}"
        );
        let sets = document["sets"].as_array().unwrap();
        let findings = sets
            .iter()
            .flat_map(|set| set["findings"].as_array().unwrap());
        rules.extend(findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()));
    }
    // There was something to look at, and each rule is one of those that are documented.
    for rule in [
        "ART-001", "ART-006", "CHN-003", "KEY-006", "NAM-002", "TIM-001", "TRU-004",
    ] {
        assert!(rules.iter().any(|found| found == rule), "no {rule}");
    }
    for rule in rules {
        assert!(
            RuleId::ALL.iter().any(|known| known.as_str() == rule),
            "{rule}"
        );
    }
}

/// Every command that says something of a set, as text and as JSON, and with its log.
fn everything_said(sets: &Sets, set: &str) -> Vec<String> {
    let configuration = sets.configure(set);
    let with = ["--security-configuration", &configuration];
    let commands: [&[&str]; 9] = [
        &["tls", "check", set],
        &[
            "tls",
            "check",
            set,
            "--strict",
            "--node-name",
            "other.example.com",
        ],
        &["tls", "show", set],
        &["tls", "check"],
        &["check", "--explain"],
        &["tls", "install", "--strict"],
        &["tls", "install"],
        &["tls", "show"],
        &["tls", "rollback"],
    ];
    let mut said = Vec::new();
    for command in commands {
        for output in [&["--output", "text"], &["--output", "json"]] {
            let output = sets.run(&[command, &with, output, &["-vv"]].concat());
            let status = output.status.code();
            assert!(matches!(status, Some(0 | 1)), "{command:?}: {status:?}");
            said.push(stdout(&output));
            said.push(stderr(&output));
        }
    }
    said
}

/// A private key as text may have it: lines of base64, and hexadecimal.
fn spellings(pem: &Path) -> Vec<String> {
    let text = fs::read_to_string(pem).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let mut spellings: Vec<String> = lines.map(str::to_owned).collect();
    // The number itself, and what only the private half has of an RSA key.
    let output = Command::new("openssl")
        .args(["pkey", "-noout", "-text", "-in"])
        .arg(pem)
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, number) = text
        .split_once("priv:\n")
        .or_else(|| text.split_once("privateExponent:\n"))
        .unwrap();
    let number = number.lines().take_while(|line| line.starts_with(' '));
    let digits: String = number.flat_map(|line| line.trim().split(':')).collect();
    let digits = digits.trim_start_matches("00").to_owned();
    assert!(digits.len() >= 60, "{text}");
    let pairs: Vec<&str> = digits
        .as_bytes()
        .chunks(2)
        .map(|p| str::from_utf8(p).unwrap())
        .collect();
    spellings.push(pairs.join(":"));
    spellings.push(digits);
    spellings
}

#[test]
fn no_private_key_is_printed() {
    let sets = Sets::new();
    // A key where certificates belong.
    fs::create_dir(sets.root().join("exchanged")).unwrap();
    let good = sets.root().join("good");
    super::copy(
        &good.join("privateKey.pem"),
        &sets.root().join("exchanged/certificateChain.pem"),
    );
    super::copy(
        &good.join("certificateChain.pem"),
        &sets.root().join("exchanged/privateKey.pem"),
    );
    let folders: Vec<String> = Sets::names()
        .into_iter()
        .filter(|n| fixtures().join(n).is_dir())
        .collect();
    let secrets: Vec<String> = folders
        .iter()
        .flat_map(|name| spellings(&fixtures().join(name).join("privateKey.pem")))
        .map(|secret| secret.to_lowercase())
        .collect();
    for set in folders
        .iter()
        .map(String::as_str)
        .chain(["good.zip", "traversal.zip", "exchanged"])
    {
        for said in everything_said(&sets, set) {
            let lower = said.to_lowercase();
            let printed = secrets
                .iter()
                .find(|secret| lower.contains(secret.as_str()));
            assert_eq!(printed, None, "{set}: {said}");
        }
    }
}

#[test]
fn nothing_in_a_certificate_changes_a_terminal() {
    let sets = Sets::new();
    let said = everything_said(&sets, "escapes");
    assert!(
        said.iter()
            .any(|said| said.contains(r"node1\u{1b}[31m\u{d}\u{202e}moc"))
    );
    for said in said {
        let wrong = said
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(wrong, None, "{said:?}");
    }
}

#[test]
fn no_name_of_a_file_or_folder_forges_a_line() {
    const FORGED: &str = "accepted  MyCerts.zip: nothing to remark";
    let evil = format!("evil\n{FORGED}\u{1b}[2K\r\u{202e}");
    let sets = Sets::new();
    let good = sets.root().join("good");
    fs::create_dir(sets.root().join(&evil)).unwrap();
    for file in fs::read_dir(good).unwrap() {
        let file = file.unwrap();
        super::copy(
            &file.path(),
            &sets.root().join(&evil).join(file.file_name()),
        );
    }
    let empty = format!("empty {evil}");
    fs::create_dir(sets.root().join(&empty)).unwrap();
    let absent = format!("absent {evil}");
    let installed = format!("installed {evil}");
    let toml = serde_json::json!(installed).to_string();
    let toml = format!("[tls]\ndirectory = {toml}\ndefault_roots = \"none\"\n");
    crate::rig::private(&sets.root().join("provost.toml"), toml);
    let configuration = sets.configure("good");
    let with = ["--security-configuration", &configuration];
    let roots = format!("pem:{absent}");
    let commands: [(&[&str], i32); 13] = [
        (&["tls", "check", &evil], 0),
        (&["tls", "check", &empty], 1),
        (&["tls", "check", &absent], 1),
        (&["tls", "check", &evil, &empty, &absent], 1),
        (&["tls", "show", &evil], 0),
        (&["tls", "show", &absent], 1),
        (&["tls", "show"], 1),
        (&["tls", "install", "--node-name", "other.example.com"], 1),
        (&["tls", "install"], 0),
        (&["tls", "show"], 0),
        (&["tls", "rollback"], 1),
        (&["check"], 0),
        (&["tls", "check", "--default-roots", &roots, "good"], 1),
    ];
    for (command, status) in commands {
        let output = sets.run(&[command, &with].concat());
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(status), "{command:?}: {said}");
        let forged = said.lines().find(|line| line.starts_with(FORGED));
        assert_eq!(forged, None, "{command:?}: {said}");
        let wrong = said
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(wrong, None, "{command:?}: {said:?}");
    }
    let said = stdout(&sets.run(&["tls", "check", &evil]));
    assert!(said.contains(r"evil\u{a}accepted"), "{said}");
}

#[test]
fn fingerprints_are_those_of_openssl() {
    let sets = Sets::new();
    for name in ["good", "recipe"] {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(fixtures().join(name).join("certificateChain.pem"))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, fingerprint) = text.trim().split_once('=').unwrap();
        let shown = stdout(&sets.run(&["tls", "show", name]));
        assert!(
            shown.contains(&format!("SHA-256      {fingerprint}\n")),
            "{shown}"
        );
        let shown = stdout(&sets.run(&["tls", "show", name, "--output", "json"]));
        let document: Value = serde_json::from_str(&shown).unwrap();
        let plain = fingerprint.replace(':', "").to_lowercase();
        assert_eq!(document["chain"][0]["sha256"], Value::String(plain));
    }
}
