//! Every field of every request and answer arrives as it was sent.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used)] // helpers of tests, too

use std::sync::{Arc, Mutex};
use std::time::Duration;

use provost_plugin_api::host::{CallError, ForeignModule, ForeignProvider};
use provost_plugin_api::*;

/// Logs what it is asked, and gives full answers.
struct Echo(ClassContext);

impl Echo {
    fn heard(&self, request: &dyn std::fmt::Debug, secrets: &Attributes) {
        self.0.log(Level::Debug, &format!("{request:?}"));
        for (name, secret) in secrets.iter_secret() {
            let shown = String::from_utf8_lossy(secret.secret_bytes());
            self.0.log(Level::Warn, &format!("{name}={shown}"));
        }
    }
}

impl Provider for Echo {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        context.log(Level::Info, context.class());
        context.log(Level::Info, &format!("{:?}", context.conf()));
        context.log(Level::Info, &format!("{:?}", context.attributes()));
        let secret = context.conf().require_secret("token")?;
        context.log(Level::Error, &String::from_utf8_lossy(secret));
        Ok(Self(context.clone()))
    }

    fn refresh(&self, call: &Call) -> Result<(), ProviderError> {
        self.heard(call, &call.attributes);
        Err(full_error())
    }

    fn status(&self, call: &Call) -> Result<Status, ProviderError> {
        self.heard(call, &call.attributes);
        let mut status = Status::unhealthy("7", "the backend is slow");
        status.attributes = facts();
        Ok(status)
    }
}

impl EncryptionMaterialsProvider for Echo {
    fn materials_for_encrypt(&self, r: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        self.heard(r, &r.call.attributes);
        Ok(full_materials(RawKey::Symmetric(secret(
            "sixteen bytes ok",
        ))))
    }

    fn materials_for_decrypt(&self, r: &DecryptRequest) -> Result<Candidates, ProviderError> {
        self.heard(r, &r.call.attributes);
        Candidates::try_from(
            all_keys()
                .into_iter()
                .map(full_materials)
                .collect::<Vec<_>>(),
        )
    }

    fn generate_data_key(
        &self,
        r: &GenerateRequest,
    ) -> Result<(SecretBytes, Wrapped), ProviderError> {
        self.heard(r, &r.call.attributes);
        Ok((secret("data key"), full_wrapped()))
    }

    fn wrap(&self, r: &WrapRequest) -> Result<Wrapped, ProviderError> {
        self.heard(r, &r.call.attributes);
        assert_eq!(r.plaintext.secret_bytes(), b"plaintext");
        Ok(full_wrapped())
    }

    fn unwrap(&self, r: &UnwrapRequest) -> Result<SecretBytes, ProviderError> {
        self.heard(r, &r.call.attributes);
        Ok(secret("unwrapped"))
    }
}

impl TlsArtifactsProvider for Echo {
    fn tls_artifacts(&self, r: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        self.heard(r, &r.call.attributes);
        Ok(full_artifacts())
    }
}

/// Does not start, for the reason that is asked for.
struct Failing;

const KINDS: [ErrorKind; 8] = [
    ErrorKind::Configuration,
    ErrorKind::NotFound,
    ErrorKind::Denied,
    ErrorKind::Unavailable,
    ErrorKind::Throttled,
    ErrorKind::Rejected,
    ErrorKind::Unsupported,
    ErrorKind::Internal,
];

impl Provider for Failing {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let index: usize = context.conf().require("kind")?.parse().unwrap();
        Err(ProviderError::new(KINDS[index], "no"))
    }
}

impl TlsArtifactsProvider for Failing {
    fn tls_artifacts(&self, _: &TlsRequest) -> Result<RawTlsArtifacts, ProviderError> {
        Err(ProviderError::not_found("no"))
    }
}

export_providers! {
    materials "com.example.Echo" => Echo;
    tls "com.example.EchoTls" => Echo;
    tls "com.example.Failing" => Failing;
}

fn secret(text: &str) -> SecretBytes {
    SecretBytes::copy_from(text.as_bytes())
}

fn facts() -> Attributes {
    let mut facts = Attributes::new();
    facts.push("region", "somewhere");
    facts.push("raw", [0_u8, 255]);
    facts.push_secret("session", secret("session token"));
    facts
}

fn full_error() -> ProviderError {
    ProviderError::new(ErrorKind::Throttled, "slow down – please")
        .at_key("vault.url")
        .retry_after(Duration::from_millis(1500))
        .with_attributes(facts())
}

fn all_keys() -> [RawKey; 5] {
    [
        RawKey::Symmetric(secret("sixteen bytes ok")),
        RawKey::Rsa {
            public: b"spki".to_vec(),
            private: Some(secret("pkcs8")),
        },
        RawKey::Rsa {
            public: b"spki".to_vec(),
            private: None,
        },
        RawKey::Kms {
            key_id: "arn:aws:kms:x:1:key/2".to_owned(),
        },
        RawKey::ProviderHeld {
            key_id: "slot 1".to_owned(),
            wrap_algorithm: "AES/GCM".to_owned(),
        },
    ]
}

fn description() -> MaterialsDescription {
    // More entries than a request has room for in place.
    (0..9)
        .map(|n| (format!("name {n}"), "é".repeat(n)))
        .collect()
}

fn full_materials(key: RawKey) -> RawMaterials {
    let mut materials = RawMaterials::new(key)
        .with_description(description())
        .with_generation("7");
    "any".clone_into(&mut materials.algorithm);
    materials.attributes = facts();
    materials
}

fn full_wrapped() -> Wrapped {
    let mut wrapped = Wrapped::new(b"wrapped".to_vec()).with_description(description());
    wrapped.attributes = facts();
    wrapped
}

fn full_artifacts() -> RawTlsArtifacts {
    let mut artifacts = RawTlsArtifacts::from_pem(secret("key"), b"chain".to_vec())
        .with_trusted_certificates(b"trusted".to_vec())
        .with_generation("7");
    artifacts.attributes = facts();
    artifacts
}

type Lines = Arc<Mutex<Vec<(Level, String)>>>;

fn provider(class: &str) -> (ForeignProvider, Lines) {
    let lines = Lines::default();
    let sink = Arc::clone(&lines);
    let provider = ForeignModule::of_static(&provost_plugin_v1)
        .unwrap()
        .create(class, &conf(), &facts(), move |level, line| {
            sink.lock().unwrap().push((level, line.to_owned()));
        })
        .unwrap();
    (provider, lines)
}

fn conf() -> Conf {
    let mut conf = Conf::new().with("url", "https://x").with("empty", "");
    conf.insert("token", ConfValue::Secret(secret("conf secret")));
    conf
}

fn call() -> Call {
    let mut call = Call::new("r-1", Duration::from_millis(2500));
    call.attributes.push(Attributes::OBJECT_URI, "s3://b/k");
    call.attributes.push(Attributes::CLUSTER_ID, "j-1");
    call.attributes.push_secret("grant", secret("call secret"));
    call
}

/// What was logged for a call: the request, and its secret attribute.
fn expect_heard(lines: &Lines, request: &dyn std::fmt::Debug) {
    let lines: Vec<_> = lines.lock().unwrap().drain(..).collect();
    let expected = [
        (Level::Debug, format!("{request:?}")),
        (Level::Warn, "grant=call secret".to_owned()),
    ];
    assert_eq!(lines, expected);
}

fn expect_facts(found: &Attributes) {
    assert_eq!(format!("{found:?}"), format!("{:?}", facts()));
    assert_eq!(found.get_secret("session"), Some(&secret("session token")));
}

#[test]
fn a_context_arrives_whole() {
    let (_provider, lines) = provider("com.example.Echo");
    let expected = [
        (Level::Info, "com.example.Echo".to_owned()),
        (Level::Info, format!("{:?}", conf())),
        (Level::Info, format!("{:?}", facts())),
        (Level::Error, "conf secret".to_owned()),
    ];
    assert_eq!(*lines.lock().unwrap(), expected);
}

#[test]
fn classes_are_listed_in_order() {
    use provost_plugin_api::host::ClassKind;
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    let classes = module.classes().iter().map(|c| (c.name.as_str(), c.kind));
    assert_eq!(
        classes.collect::<Vec<_>>(),
        [
            ("com.example.Echo", ClassKind::Materials),
            ("com.example.EchoTls", ClassKind::Tls),
            ("com.example.Failing", ClassKind::Tls)
        ]
    );
}

#[test]
fn errors_and_status_arrive_whole() {
    for class in ["com.example.Echo", "com.example.EchoTls"] {
        let (provider, lines) = provider(class);
        lines.lock().unwrap().clear();
        let CallError::Provider(error) = provider.refresh(&call()).unwrap_err() else {
            panic!("malformed")
        };
        expect_heard(&lines, &call());
        assert_eq!(format!("{error:?}"), format!("{:?}", full_error()));
        expect_facts(error.attributes());

        let status = provider.status(&call()).unwrap();
        expect_heard(&lines, &call());
        assert_eq!(
            status.to_string(),
            "unhealthy, generation 7: the backend is slow"
        );
        expect_facts(&status.attributes);
    }
}

#[test]
fn encryption_arrives_whole() {
    let (provider, lines) = provider("com.example.Echo");
    for description in [None, Some(MaterialsDescription::new()), Some(description())] {
        for purpose in [Purpose::ObjectStore, Purpose::LocalDisk] {
            lines.lock().unwrap().clear();
            let request =
                EncryptRequest::new(call(), purpose).with_description(description.clone());
            let found = provider.materials_for_encrypt(&request).unwrap();
            expect_heard(&lines, &request);
            let sent = full_materials(RawKey::Symmetric(secret("sixteen bytes ok")));
            assert_eq!(format!("{found:?}"), format!("{sent:?}"));
        }
    }
}

#[test]
fn decryption_arrives_whole_with_every_kind_of_key() {
    let (provider, lines) = provider("com.example.Echo");
    lines.lock().unwrap().clear();
    let request = DecryptRequest::new(call(), Purpose::ObjectStore, "AES/GCM")
        .with_description(Some(description()));
    let found = provider.materials_for_decrypt(&request).unwrap().into_vec();
    expect_heard(&lines, &request);
    assert_eq!(found.len(), 5);
    for (found, sent) in found.iter().zip(all_keys()) {
        match (&found.key, &sent) {
            (RawKey::Symmetric(found), RawKey::Symmetric(sent)) => assert_eq!(found, sent),
            (RawKey::Rsa { private: found, .. }, RawKey::Rsa { private: sent, .. }) => {
                assert_eq!(found, sent);
            }
            _ => {}
        }
        expect_facts(&found.attributes);
        assert_eq!(format!("{found:?}"), format!("{:?}", full_materials(sent)));
    }
}

#[test]
fn wraps_arrive_whole() {
    let (provider, lines) = provider("com.example.Echo");
    lines.lock().unwrap().clear();

    let request = GenerateRequest::new(call(), "slot 1", "AES/GCM", b"aad");
    let (data_key, wrapped) = provider.generate_data_key(&request).unwrap();
    expect_heard(&lines, &request);
    assert_eq!(data_key, secret("data key"));
    assert_eq!(format!("{wrapped:?}"), format!("{:?}", full_wrapped()));

    let request = WrapRequest::new(call(), "slot 1", "AES/GCM", secret("plaintext"), b"aad");
    let wrapped = provider.wrap(&request).unwrap();
    expect_heard(&lines, &request);
    assert_eq!(format!("{wrapped:?}"), format!("{:?}", full_wrapped()));

    let request = UnwrapRequest::new(call(), "slot 1", "AES/GCM", b"ciphertext", b"aad")
        .with_description(Some(description()));
    let plaintext = provider.unwrap(&request).unwrap();
    expect_heard(&lines, &request);
    assert_eq!(plaintext, secret("unwrapped"));
}

#[test]
fn artifacts_arrive_whole() {
    let (provider, lines) = provider("com.example.EchoTls");
    for cluster in [None, Some("j-1".to_owned())] {
        lines.lock().unwrap().clear();
        let names = vec!["a.example.com".to_owned(), "b.example.com".to_owned()];
        let request = TlsRequest::new(call(), names, cluster);
        let found = provider.tls_artifacts(&request).unwrap();
        expect_heard(&lines, &request);
        assert_eq!(found.private_key, secret("key"));
        assert_eq!(format!("{found:?}"), format!("{:?}", full_artifacts()));
    }
}

#[test]
fn what_a_kind_of_class_does_not_have_is_unsupported() {
    let (tls, _) = provider("com.example.EchoTls");
    let request = EncryptRequest::new(call(), Purpose::ObjectStore);
    let CallError::Provider(error) = tls.materials_for_encrypt(&request).unwrap_err() else {
        panic!("malformed")
    };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let (materials, _) = provider("com.example.Echo");
    let request = TlsRequest::new(call(), Vec::new(), None);
    let CallError::Provider(error) = materials.tls_artifacts(&request).unwrap_err() else {
        panic!("malformed")
    };
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn every_kind_of_error_crosses() {
    let module = ForeignModule::of_static(&provost_plugin_v1).unwrap();
    for (index, kind) in KINDS.into_iter().enumerate() {
        let conf = Conf::new().with("kind", index.to_string());
        let error = module.create("com.example.Failing", &conf, &facts(), |_, _| ());
        let CallError::Provider(error) = error.unwrap_err() else {
            panic!("malformed")
        };
        assert_eq!(error.kind(), kind);
    }
}
