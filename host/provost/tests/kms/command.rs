//! The command, with keys in KMS.

use std::path::Path;

use crate::bare;
use crate::rig::Setup;
use crate::server::{endpoint, new_key, variable};

/// Runs the command in `folder` with this environment alone: status, standard output and error.
pub(crate) fn provost(
    folder: &Path,
    args: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String, String) {
    let output = bare::provost()
        .args(args)
        .args(["--config", "provost.toml"])
        .current_dir(folder)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn put_inspect_get_and_check_work_with_either_kind_of_key() {
    let id = variable("AWS_ACCESS_KEY_ID");
    let secret = variable("AWS_SECRET_ACCESS_KEY");
    let environment = [
        ("AWS_ACCESS_KEY_ID", id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
    ];
    let key = new_key("eu-central-1");
    for setup in [
        Setup::cse_kms(&key),
        Setup::provider(&[("key_id", &key), ("description", "team=payroll")]),
    ] {
        let folder = setup.folder();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("plain"), "some text").unwrap();
        let uri = format!("file://{}/store/object", root.display());
        std::fs::create_dir(root.join("store")).unwrap();
        let run = |args: &[&str]| {
            let (status, stdout, stderr) = provost(&root, args, &environment);
            assert_eq!(status, 0, "{args:?}: {stderr}");
            stdout
        };
        let put = run(&["object", "put", "plain", &uri]);
        assert!(put.contains("9 bytes encrypted, V3 kms+context"), "{put}");
        let inspected = run(&["object", "inspect", &uri]);
        assert!(
            inspected.contains("wrapped with kms+context"),
            "{inspected}"
        );
        assert!(inspected.contains("aws:x-amz-cek-alg = 115"), "{inspected}");
        run(&["object", "get", &uri, "back"]);
        assert_eq!(std::fs::read(root.join("back")).unwrap(), b"some text");
        let checked = run(&["check"]);
        assert!(
            checked.contains(&key) || checked.contains("provost.keys.Kms"),
            "{checked}"
        );
    }
}

#[test]
fn the_sdks_own_variables_say_where_kms_is() {
    let key = new_key("us-east-1");
    let folder = Setup::cse_kms(&key).folder();
    let path = folder.path().join("provost.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text: Vec<_> = text
        .lines()
        .filter(|l| !l.starts_with("endpoint"))
        .collect();
    std::fs::write(&path, text.join("\n")).unwrap();
    std::fs::write(folder.path().join("plain"), "some text").unwrap();
    let uri = format!("file://{}/object", folder.path().display());
    let endpoint = endpoint();
    let put = |url: &str| {
        let environment = [
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            ("AWS_ENDPOINT_URL_KMS", url),
        ];
        provost(
            folder.path(),
            &["object", "put", "plain", &uri],
            &environment,
        )
    };
    let (status, _, stderr) = put(&endpoint);
    assert_eq!(status, 0, "{stderr}");
    let (status, _, stderr) = put("http://kms.example.com");
    assert_eq!(status, 1);
    assert!(stderr.contains("unencrypted over a network"), "{stderr}");
}
