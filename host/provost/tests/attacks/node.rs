//! A node: configuration and keys in a scratch folder, and the executable run there as a user
//! would.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::servers::{kms_endpoint, variable};

/// Longer than this is a hang: above what retries and time-outs of one command add up to.
const LIMIT: Duration = Duration::from_mins(3);

/// How the objects of a node are encrypted.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    /// One AES key for all.
    Aes,
    /// The KMS key of this ARN.
    Kms(String),
    /// One RSA key for all.
    Rsa(Rsa),
}

/// An RSA key pair with the name that is stored.
#[derive(Debug, Clone)]
pub(crate) struct Rsa {
    pub(crate) name: &'static str,
    /// X.509 SPKI.
    pub(crate) public: Vec<u8>,
    /// PKCS#8.
    pub(crate) private: Vec<u8>,
}

impl Rsa {
    pub(crate) fn new(name: &'static str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        Self {
            name,
            public: public.as_ref().to_vec(),
            private: private.as_ref().to_vec(),
        }
    }
}

pub(crate) struct Node {
    folder: TempDir,
    endpoint: String,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// The ways to get an object: its bytes, or the command that was refused.
pub(crate) const WAYS: [(&str, Way); 3] = [
    ("to a file", Node::get),
    ("to a pipe", Node::get_to_pipe),
    ("cat", Node::cat),
];

/// For a machine on which all attacks run at once.
const PATIENT: &str = "timeout = \"60s\"";

/// What the way of a name does.
pub(crate) type Way = fn(&Node, &str) -> Result<Vec<u8>, Ran>;

/// The key of every [`Keys::Aes`] node.
pub(crate) const AES_KEY: [u8; 32] = *b"\x80123456789abcdef FEDCBA98765432\xff";

impl Node {
    /// A node whose S3 is at `endpoint`, with an AES key and these tables in `provost.toml`.
    pub(crate) fn new(endpoint: &str, tables: &str) -> Self {
        Self::with_keys(endpoint, &Keys::Aes, tables)
    }

    pub(crate) fn with_keys(endpoint: &str, keys: &Keys, tables: &str) -> Self {
        let folder = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir()
            .unwrap();
        let root = folder.path();
        for made in ["tmp", "out"] {
            fs::create_dir(root.join(made)).unwrap();
        }
        let mut configuration =
            format!("security_configuration = \"security.json\"\n[s3]\n{PATIENT}\n");
        let encryption = match keys {
            Keys::Aes => {
                let library = root.join("libprovost_static_keys.so");
                fs::copy(built("libprovost_static_keys.so"), &library).unwrap();
                fs::set_permissions(&library, fs::Permissions::from_mode(0o644)).unwrap();
                private(&root.join("1.key"), AES_KEY);
                private(&root.join("keys.list"), "* 1 1.key\n");
                let list = root.join("keys.list");
                writeln!(
                    configuration,
                    "[classes.\"provost.keys.Static\".conf]\nkeys = {:?}\nallow_moved = \"true\"",
                    list.to_str().unwrap()
                )
                .unwrap();
                json!({
                    "EncryptionMode": "CSE-Custom",
                    "S3Object": library,
                    "EncryptionKeyProviderClass": "provost.keys.Static",
                })
            }
            Keys::Kms(arn) => json!({ "EncryptionMode": "CSE-KMS", "AwsKmsKey": arn }),
            Keys::Rsa(rsa) => {
                let library = root.join("libprovost_rsa_keys.so");
                fs::copy(built("libprovost_rsa_keys.so"), &library).unwrap();
                fs::set_permissions(&library, fs::Permissions::from_mode(0o644)).unwrap();
                let (public, private_half) = (root.join("public.der"), root.join("private.der"));
                private(&public, &rsa.public);
                private(&private_half, &rsa.private);
                writeln!(
                    configuration,
                    "[classes.\"provost.keys.Rsa\".conf]\n\"fs.s3.cse.rsa.name\" = {:?}\n\
                     \"fs.s3.cse.rsa.public\" = \"{}\"\n\"fs.s3.cse.rsa.private\" = \"{}\"",
                    rsa.name,
                    public.display(),
                    private_half.display()
                )
                .unwrap();
                json!({
                    "EncryptionMode": "CSE-Custom",
                    "S3Object": library,
                    "EncryptionKeyProviderClass": "provost.keys.Rsa",
                })
            }
        };
        let security = json!({ "EncryptionConfiguration": {
            "EnableInTransitEncryption": false,
            "EnableAtRestEncryption": true,
            "AtRestEncryptionConfiguration": { "S3EncryptionConfiguration": encryption },
        }});
        private(&root.join("security.json"), security.to_string());
        private(
            &root.join("provost.toml"),
            format!("{configuration}{tables}\n"),
        );
        Self {
            folder,
            endpoint: endpoint.to_owned(),
        }
    }

    /// A server that stalls costs each try five seconds.
    pub(crate) fn impatient(self) -> Self {
        let path = self.folder.path().join("provost.toml");
        let configuration = fs::read_to_string(&path).unwrap();
        let changed = configuration.replace(PATIENT, "timeout = \"5s\"");
        assert_ne!(changed, configuration);
        private(&path, changed);
        self
    }

    /// Its AES key is replaced by another one, which encrypts from now on.
    pub(crate) fn rotate(&self) {
        let key = AES_KEY.map(|byte| !byte);
        private(&self.root().join("2.key"), key);
        private(&self.root().join("keys.list"), "* 1 1.key\n* 2 2.key\n");
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the node, with this content.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.root().join(name);
        private(&path, content);
        path
    }

    /// Runs `provost ARGUMENTS`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Self::finish(self.start(arguments))
    }

    /// Starts it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_provost"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.root().join("provost.toml"))
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.root())
            .env("TMPDIR", self.root().join("tmp"))
            .env("AWS_ENDPOINT_URL_S3", &self.endpoint)
            .env("AWS_ENDPOINT_URL_KMS", kms_endpoint())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_REGION",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_EC2_METADATA_DISABLED",
        ] {
            command.env(name, variable(name));
        }
        command.spawn().unwrap()
    }

    /// Waits for a command, and fails if it hangs.
    pub(crate) fn finish(mut child: Child) -> Ran {
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LIMIT {
                child.kill().unwrap();
                child.wait().unwrap();
                let stderr = stderr.join().unwrap();
                panic!("it hangs: {}", String::from_utf8_lossy(&stderr));
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ran {
            status,
            stdout: stdout.join().unwrap(),
            stderr: String::from_utf8(stderr.join().unwrap()).unwrap(),
        }
    }

    /// Puts these bytes from a file; what the command did.
    pub(crate) fn put(&self, uri: &str, plaintext: &[u8]) -> Ran {
        let source = self.file("source", plaintext);
        self.run(&["object", "put", source.to_str().unwrap(), uri])
    }

    /// Gets an object into a file, and the content of the file if the command succeeded. If not,
    /// there must be no file.
    pub(crate) fn get(&self, uri: &str) -> Result<Vec<u8>, Ran> {
        let out = self.root().join("out").join("got");
        let ran = self.run(&["object", "get", uri, out.to_str().unwrap()]);
        let left = names_in(&self.root().join("out"));
        let spooled = names_in(&self.root().join("tmp"));
        assert!(spooled.is_empty(), "{spooled:?} is left: {ran:?}");
        if ran.well() {
            assert_eq!(left, ["got"]);
            let content = fs::read(&out).unwrap();
            fs::remove_file(&out).unwrap();
            return Ok(content);
        }
        ran.refused();
        assert!(left.is_empty(), "{left:?} is left: {ran:?}");
        Err(ran)
    }

    /// Gets an object on standard output. If the command failed, nothing may have come.
    pub(crate) fn get_to_pipe(&self, uri: &str) -> Result<Vec<u8>, Ran> {
        self.piped(&["object", "get", uri, "-"])
    }

    /// The same with `cat`.
    pub(crate) fn cat(&self, uri: &str) -> Result<Vec<u8>, Ran> {
        self.piped(&["object", "cat", uri])
    }

    fn piped(&self, arguments: &[&str]) -> Result<Vec<u8>, Ran> {
        let ran = self.run(arguments);
        if ran.well() {
            return Ok(ran.stdout);
        }
        ran.refused();
        assert!(ran.stdout.is_empty(), "unverified bytes came: {ran:?}");
        Err(ran)
    }

    /// What a command prints with `--output json`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--output", "json"]].concat());
        assert!(ran.well(), "{ran:?}");
        serde_json::from_slice(&ran.stdout).unwrap()
    }
}

impl Ran {
    /// Whether it succeeded.
    pub(crate) fn well(&self) -> bool {
        self.status.success()
    }

    /// Asserts that it did.
    pub(crate) fn succeeded(&self) {
        assert!(self.well(), "{self:?}");
    }

    /// Asserts that it failed as a command should: with a status and a sentence.
    pub(crate) fn refused(&self) {
        assert!(!self.well(), "{self:?}");
        assert_eq!(self.status.signal(), None, "{self:?}");
        assert!(matches!(self.status.code(), Some(1 | 2)), "{self:?}");
        assert!(self.stderr.contains("error"), "{self:?}");
        for not in ["panicked", "RUST_BACKTRACE", "overflow"] {
            assert!(!self.stderr.contains(not), "{self:?}");
        }
        // What a server says may go to a terminal.
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!self.stderr.contains(control), "{self:?}");
    }
}

fn collect(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        from.read_to_end(&mut all).unwrap();
        all
    })
}

/// The names in a folder.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn private(path: &Path, bytes: impl AsRef<[u8]>) {
    let mut file = fs::File::create(path).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .unwrap();
    file.write_all(bytes.as_ref()).unwrap();
}

/// Where cargo puts libraries that tests depend on: beside the test.
fn built(name: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.parent().unwrap().join(name)
}

/// Bytes without a pattern that a block would repeat, the same ones for the same seed.
pub(crate) fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let mut all = Vec::with_capacity(length + 8);
    while all.len() < length {
        // xorshift64*: any generator would do.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let word = state.wrapping_mul(0x2545_f491_4f6c_dd1d);
        all.extend_from_slice(&word.to_le_bytes());
    }
    all.truncate(length);
    all
}
