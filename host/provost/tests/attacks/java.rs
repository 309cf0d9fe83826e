//! Amazon's S3 Encryption Client for Java 4.x, as the driver that the matrix of clients has.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::node::{AES_KEY, Keys};
use crate::servers::{kms_endpoint, variable};

/// A process of it, for one server.
pub(crate) struct Java4 {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Java4 {
    pub(crate) fn start(endpoint: &str) -> Self {
        let folder = format!("{}/s3ec4", variable("INTEROP_JAVA"));
        let mut child = Command::new("java")
            .args(["-Xmx512m", "-cp"])
            .arg(format!("{folder}/classes:{folder}/lib/*"))
            .arg("Main")
            .env("S3_ENDPOINT", endpoint)
            .env("KMS_ENDPOINT", kms_endpoint())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            requests: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// What it reads of an object of format V3 with its envelope in the metadata.
    pub(crate) fn get(
        &mut self,
        bucket: &Bucket,
        key: &str,
        keys: &Keys,
        folder: &Path,
    ) -> Vec<u8> {
        let file = folder.join("of-java");
        self.ask(request("get", bucket, key, keys, &file, "metadata"));
        std::fs::read(file).unwrap()
    }

    /// Puts an object of format V3 with its envelope in an instruction file.
    pub(crate) fn put_with_file(&mut self, bucket: &Bucket, key: &str, keys: &Keys, from: &Path) {
        self.ask(request("put", bucket, key, keys, from, "instruction-file"));
    }

    /// Makes a second instruction file for the holder of another key.
    pub(crate) fn share(
        &mut self,
        bucket: &Bucket,
        key: &str,
        keys: &Keys,
        with: &Keys,
        suffix: &str,
    ) {
        let mut share = request(
            "share",
            bucket,
            key,
            keys,
            Path::new(""),
            "instruction-file",
        );
        share["other"] = material(with);
        share["suffix"] = suffix.into();
        self.ask(share);
    }

    fn ask(&mut self, request: Value) {
        writeln!(self.requests, "{request}").unwrap();
        self.requests.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["ok"], true, "{request}: {answer}");
    }
}

fn request(
    what: &str,
    bucket: &Bucket,
    key: &str,
    keys: &Keys,
    file: &Path,
    storage: &str,
) -> Value {
    json!({
        "op": what, "bucket": bucket.name, "key": key, "file": file, "material": material(keys),
        "storage": storage, "format": "V3", "multipart": false, "legacy": false, "range": null,
    })
}

fn material(keys: &Keys) -> Value {
    match keys {
        Keys::Aes => json!({ "kind": "AES", "key": BASE64.encode(AES_KEY), "description": {} }),
        Keys::Kms(arn) => json!({ "kind": "KMS", "key": arn, "description": {} }),
        Keys::Rsa(rsa) => json!({
            "kind": "RSA", "publicKey": BASE64.encode(&rsa.public),
            "privateKey": BASE64.encode(&rsa.private), "description": { "rsa_name": rsa.name },
        }),
    }
}

impl Drop for Java4 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
