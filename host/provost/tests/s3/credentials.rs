//! Credentials for S3 from each place where the SDK's users have them. versitygw checks signatures;
//! of those that only moto's STS and the instance metadata give out, moto's log says who asked.

use std::path::Path;

use serde_json::json;

use crate::bare;
use crate::command::{Shell, at_rest};
use crate::instance_metadata;
use crate::rig::{Rig, Server, variable};

/// A folder whose objects the store encrypts: no keys are in the way.
fn shell(server: Server, profile: &str) -> Shell {
    let shell = Shell::new(server, &at_rest(&json!({ "EncryptionMode": "SSE-S3" })), "");
    if !profile.is_empty() {
        let path = shell.path("provost.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("[s3]\n", &format!("[s3]\nprofile = \"{profile}\"\n"));
        std::fs::write(&path, text).unwrap();
    }
    std::fs::write(shell.path("plain"), "some text").unwrap();
    shell
}

/// Puts and gets with these variables and no others: what the first that fails says.
fn transfer(shell: &Shell, rig: &Rig, environment: &[(&str, &str)]) -> Result<(), String> {
    let uri = rig.uri("object").to_string();
    let _ = std::fs::remove_file(shell.path("back"));
    for args in [
        ["object", "put", "plain", &uri],
        ["object", "get", &uri, "back"],
    ] {
        let output = bare::provost()
            .current_dir(shell.folder.path())
            .args(args)
            .env("PROVOST_CONFIG", shell.path("provost.toml"))
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            return Err(String::from_utf8(output.stderr).unwrap());
        }
    }
    assert_eq!(std::fs::read(shell.path("back")).unwrap(), b"some text");
    Ok(())
}

/// A file of profiles: the default one is nobody's.
fn profiles(folder: &Path) -> String {
    let path = folder.join("credentials");
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    );
    let text = format!(
        "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n\
         [writer]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Who asked for anything in the bucket besides its owner.
fn others(rig: &Rig) -> Vec<String> {
    let log = std::fs::read_to_string(variable("PROVOST_TEST_S3_LOG")).unwrap();
    let under = format!("/{}/object", rig.bucket);
    let lines = log.lines();
    let lines = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let keys = lines
        .filter(|entry| entry["path"] == under.as_str())
        .map(|entry| entry["access_key"].as_str().unwrap().to_owned());
    keys.collect()
}

#[test]
fn from_the_environment() {
    let rig = Rig::new(Server::Strict);
    let (id, secret) = (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    );
    let environment = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
    ];
    transfer(&shell(Server::Strict, ""), &rig, &environment).unwrap();
}

#[test]
fn from_a_profile_of_the_environment_or_of_the_configuration() {
    let rig = Rig::new(Server::Strict);
    let of_configuration = shell(Server::Strict, "writer");
    let file = profiles(of_configuration.folder.path());
    let files = [("AWS_SHARED_CREDENTIALS_FILE", file.as_str())];
    transfer(&of_configuration, &rig, &files).unwrap();
    let plain = shell(Server::Strict, "");
    let named = [files[0], ("AWS_PROFILE", "writer")];
    transfer(&plain, &rig, &named).unwrap();
    // The default one is not the one.
    let refused = transfer(&plain, &rig, &files).unwrap_err();
    assert!(refused.contains("access key"), "{refused}");
}

#[test]
fn from_a_web_identity() {
    let rig = Rig::new(Server::Moto);
    let shell = shell(Server::Moto, "");
    std::fs::write(shell.path("token"), "a.web.token").unwrap();
    let (token, sts) = (shell.path("token"), variable("PROVOST_TEST_STS_ENDPOINT"));
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/writer"),
        ("AWS_ROLE_SESSION_NAME", "provost"),
        ("AWS_ENDPOINT_URL_STS", sts.as_str()),
    ];
    transfer(&shell, &rig, &environment).unwrap();
    let keys = others(&rig);
    // Those of STS begin so.
    assert!(
        keys.len() >= 2 && keys.iter().all(|key| key.starts_with("ASIA")),
        "{keys:?}"
    );
}

#[test]
fn from_instance_metadata() {
    let rig = Rig::new(Server::Moto);
    let metadata = instance_metadata::start("ASIAINSTANCE");
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.as_str()),
    ];
    transfer(&shell(Server::Moto, ""), &rig, &environment).unwrap();
    let keys = others(&rig);
    assert!(
        keys.len() >= 2 && keys.iter().all(|key| key == "ASIAINSTANCE"),
        "{keys:?}"
    );
}

#[test]
fn none_and_wrong_ones_are_named_as_such() {
    let rig = Rig::new(Server::Strict);
    let shell = shell(Server::Strict, "");
    let id = variable("AWS_ACCESS_KEY_ID");
    let wrong_secret = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", "not-the-secret"),
    ];
    let wrong_id = [
        ("AWS_ACCESS_KEY_ID", "AKIANOBODY"),
        ("AWS_SECRET_ACCESS_KEY", "not-the-secret"),
    ];
    for (environment, words) in [
        (&[][..], "credentials"),
        (&wrong_secret, "SignatureDoesNotMatch"),
        (&wrong_id, "No user exists with the provided access key ID"),
    ] {
        let refused = transfer(&shell, &rig, environment).unwrap_err();
        assert!(refused.contains(words), "{refused}");
        assert!(
            refused.contains("hint") && refused.contains("AWS_PROFILE"),
            "{refused}"
        );
        assert!(!refused.contains("not-the-secret"), "{refused}");
        assert!(!refused.contains("WARN"), "the SDK's own lines: {refused}");
    }
}
