//! TLS artifacts from providers, good and hostile, by the class that a security configuration
//! names.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use provost::loader::LoadError;
use provost::provider::{ProvidedTls, ProviderFailure};
use provost::registry::RegistryError;
use provost::{ApiMisuse, Error, Host};
use provost_core::config::{HostConfiguration, Isolation, SecurityConfiguration, Source};
use provost_core::section::ClassKind;
use provost_core::tls::ArtifactFile;
use provost_plugin_api::ErrorKind;

use crate::rig::{Rig, Setup, at_once, in_both_modes, private, says};

const FILES: [&str; 3] = ["private_key", "certificate_chain", "trusted_certificates"];

/// A key, a self-signed certificate, and the same to trust, in a folder of their own.
fn issue(folder: &Path) -> [String; 3] {
    let names = vec!["node.example.com".to_owned()];
    let issued = rcgen::generate_simple_self_signed(names).unwrap();
    let (key, certificate) = (issued.signing_key.serialize_pem(), issued.cert.pem());
    let files = [key, certificate.clone(), certificate];
    fs::create_dir(folder).unwrap();
    for (name, content) in FILES.iter().zip(&files) {
        private(&folder.join(name), content);
    }
    files
}

/// Names the files of such a folder, after `prefix`.
fn with_files(mut setup: Setup, prefix: &str, folder: &Path) -> Setup {
    for name in FILES {
        let path = folder.join(name).display().to_string();
        setup = setup.conf(&format!("{prefix}{name}"), format!("{path:?}"));
    }
    setup
}

fn hostile(class: &str, isolation: Isolation) -> Setup {
    Setup::new(class, isolation).in_transit()
}

fn texts(provided: &ProvidedTls) -> [String; 3] {
    ArtifactFile::ALL.map(|file| {
        let bytes = provided.files.get(file).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    })
}

fn failure(rig: &Rig) -> ProviderFailure {
    match rig.host.tls_artifacts().unwrap_err() {
        Error::Provider(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn goes_on(rig: &Rig) {
    let provider = rig.host.tls_provider().unwrap();
    assert!(provider.status(&provider.new_call()).unwrap().healthy);
}

#[test]
fn a_good_set_arrives_as_it_is_for_the_node_and_the_cluster_of_the_host() {
    in_both_modes(|isolation| {
        let setup = hostile("TlsPicky", isolation)
            .top("cluster_id = \"j-1\"\nnode_names = [\"node.example.com\"]")
            .conf("node", "\"node.example.com\"")
            .conf("cluster", "\"j-1\"");
        let folder = setup.root().join("set");
        let files = issue(&folder);
        let rig = with_files(setup, "", &folder).build();
        let provided = rig.host.tls_artifacts().unwrap();
        assert_eq!(texts(&provided), files);
        assert_eq!(provided.generation, "1");
        assert_eq!(provided.provider.class, rig.class);
        assert!(provided.files.findings.is_empty());
        assert_eq!(rig.host.tls_class().unwrap(), &rig.class);
        // Nothing that is printed of it shows the key.
        let line = files[0].lines().nth(1).unwrap();
        assert!(!format!("{provided:?}").contains(line));
    });
}

#[test]
fn a_node_that_has_no_artifacts_gets_the_providers_own_answer() {
    in_both_modes(|isolation| {
        let rig = hostile("TlsPicky", isolation)
            .conf("node", "\"other.example.com\"")
            .conf("cluster", "\"j-1\"")
            .build();
        let error = rig.host.tls_artifacts().unwrap_err();
        let class = "`provost.hostile.TlsPicky` answered to tls_artifacts";
        says(&error, &[class, "no artifacts for [] of None"]);
        let kind = failure(&rig).kind();
        assert_eq!(kind, Some(ErrorKind::NotFound));
    });
}

#[test]
fn what_is_wrong_with_certificates_is_not_judged_here() {
    in_both_modes(|isolation| {
        let setup = hostile("TlsOtherKey", isolation);
        let (one, other) = (setup.root().join("one"), setup.root().join("other"));
        let (files, others) = (issue(&one), issue(&other));
        let key = other.join("private_key").display().to_string();
        let rig = with_files(setup, "", &one)
            .conf("other.private_key", format!("{key:?}"))
            .build();
        let [key, chain, trusted] = texts(&rig.host.tls_artifacts().unwrap());
        assert_eq!((key, chain, trusted), {
            let [_, chain, trusted] = files;
            let [key, ..] = others;
            (key, chain, trusted)
        });

        let half = hostile("TlsHalf", isolation).build();
        let provided = half.host.tls_artifacts().unwrap();
        let chain = provided.files.get(ArtifactFile::CertificateChain);
        assert_eq!(chain, Some(&[][..]));
        let trusted = provided.files.get(ArtifactFile::TrustedCertificates);
        assert_eq!(trusted, None);

        let no_pem = hostile("TlsNotPem", isolation).build();
        let provided = no_pem.host.tls_artifacts().unwrap();
        let key = provided.files.get(ArtifactFile::PrivateKey).unwrap();
        assert!(!key.starts_with(b"-----BEGIN"));
    });
}

#[test]
fn a_field_is_taken_at_the_limit_of_its_file_and_refused_above() {
    in_both_modes(|isolation| {
        let limits = [1 << 20, 1 << 20, 4 << 20];
        for ((field, file), limit) in FILES.iter().zip(ArtifactFile::ALL).zip(limits) {
            let sized = |bytes: usize| {
                hostile("TlsHuge", isolation)
                    .conf("field", format!("\"{field}\""))
                    .conf("bytes", format!("\"{bytes}\""))
                    .build()
            };
            let provided = sized(limit).host.tls_artifacts().unwrap();
            assert_eq!(provided.files.get(file).unwrap().len(), limit);

            for bytes in [limit + 1, 100 << 20] {
                let rig = sized(bytes);
                let error = rig.host.tls_artifacts().unwrap_err();
                let named = field.replace('_', " ");
                let sizes = format!("`{named}` has {bytes} bytes, at most ");
                let class = "`provost.hostile.TlsHuge`";
                says(&error, &[class, "tls_artifacts", &sizes, "are allowed"]);
                assert!(failure(&rig).is_violation(), "{error}");
                let hint = error.hint().unwrap();
                assert!(hint.contains("a defect of the provider"), "{hint}");
                goes_on(&rig);
            }
        }
    });
}

#[test]
fn a_provider_with_another_leaf_in_each_call_is_refused() {
    in_both_modes(|isolation| {
        let setup = hostile("TlsChangingLeaf", isolation);
        let (one, other) = (setup.root().join("one"), setup.root().join("other"));
        issue(&one);
        issue(&other);
        let rig = with_files(with_files(setup, "", &one), "other.", &other).build();
        for _ in 0..3 {
            let error = rig.host.tls_artifacts().unwrap_err();
            says(
                &error,
                &[
                    "`provost.hostile.TlsChangingLeaf` returned two different answers",
                    "two calls of tls_artifacts: the certificate chain differs",
                ],
            );
            let hint = error.hint().unwrap();
            assert!(hint.contains("may change with `refresh` only"), "{hint}");
            assert!(failure(&rig).is_violation());
        }
        goes_on(&rig);
    });
}

#[test]
fn each_part_that_changes_between_two_calls_is_named() {
    for (changed, named) in
        FILES
            .iter()
            .zip(["private key", "certificate chain", "trusted certificates"])
    {
        let setup = hostile("TlsChangingLeaf", Isolation::InProcess);
        let (one, other) = (setup.root().join("one"), setup.root().join("other"));
        issue(&one);
        // The other set differs in one file only.
        fs::create_dir(&other).unwrap();
        for name in FILES {
            let mut bytes = fs::read(one.join(name)).unwrap();
            if name == *changed {
                bytes.push(b'\n');
            }
            private(&other.join(name), bytes);
        }
        let rig = with_files(with_files(setup, "", &one), "other.", &other).build();
        let words = format!("the {named} differs");
        says(&rig.host.tls_artifacts().unwrap_err(), &[&words]);
    }
}

#[test]
fn a_panic_is_an_error_and_the_provider_goes_on() {
    in_both_modes(|isolation| {
        let rig = hostile("TlsPanic", isolation).build();
        for _ in 0..2 {
            let error = rig.host.tls_artifacts().unwrap_err();
            let class = "`provost.hostile.TlsPanic` answered to tls_artifacts";
            says(&error, &[class, "panicked: hostile: in tls_artifacts"]);
            goes_on(&rig);
        }
    });
}

#[test]
fn a_hang_ends_at_the_deadline() {
    in_both_modes(|isolation| {
        let rig = hostile("TlsHang", isolation)
            .setting("deadline = \"300ms\"")
            .build();
        goes_on(&rig);
        at_once(move || {
            for _ in 0..2 {
                let begun = Instant::now();
                let error = rig.host.tls_artifacts().unwrap_err();
                assert!(begun.elapsed() >= Duration::from_millis(300));
                let class = "`provost.hostile.TlsHang`";
                says(&error, &[class, "tls_artifacts", "within 300ms"]);
                assert!(!failure(&rig).is_violation());
                goes_on(&rig);
            }
        });
    });
}

#[test]
fn a_provider_that_hangs_in_process_is_given_so_many_threads_and_no_more() {
    let rig = hostile("TlsHang", Isolation::InProcess)
        .setting("deadline = \"500ms\"")
        .build();
    goes_on(&rig);
    let failures: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..70).map(|_| scope.spawn(|| failure(&rig))).collect();
        asking.into_iter().map(|a| a.join().unwrap()).collect()
    });
    let count = |of: fn(&&ProviderFailure) -> bool| failures.iter().filter(of).count();
    let hung = count(|failure| matches!(failure, ProviderFailure::Deadline { .. }));
    let busy = count(|failure| matches!(failure, ProviderFailure::Busy { .. }));
    assert_eq!((hung, busy), (64, 6));
}

#[test]
fn noise_is_cut_and_cleaned_in_errors_and_in_the_generation() {
    in_both_modes(|isolation| {
        let clean = |text: &str| {
            let evil = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!text.contains(evil), "{text:?}");
            assert!(text.contains("red"), "{text:?}");
        };
        let rig = hostile("TlsNoisyError", isolation).build();
        let error = rig.host.tls_artifacts().unwrap_err();
        says(
            &error,
            &["`provost.hostile.TlsNoisyError`", "tls_artifacts"],
        );
        let text = error.to_string();
        clean(&text);
        assert!(text.len() < 2048 + 200, "{} bytes", text.len());
        assert_eq!(failure(&rig).kind(), Some(ErrorKind::Denied));

        let rig = hostile("TlsNoisyGeneration", isolation).build();
        let generation = rig.host.tls_artifacts().unwrap().generation;
        clean(&generation);
        // And three bytes for the mark of the cut.
        assert!(generation.len() <= 2048 + 3, "{} bytes", generation.len());
    });
}

#[test]
fn a_class_is_of_one_kind_whatever_was_loaded_before() {
    in_both_modes(|isolation| {
        let kind = |error: Error| {
            let hint = error.hint().unwrap();
            assert!(hint.contains("a tls class artifacts"), "{hint}");
            match error {
                Error::Load(LoadError::Registry(RegistryError::Kind { wanted, found, .. })) => {
                    (wanted, found)
                }
                other => panic!("{other:?}"),
            }
        };
        let keys = hostile("Good", isolation).build();
        let error = keys.host.tls_artifacts().unwrap_err();
        let words = "is a materials class, and a tls class is needed here";
        says(&error, &["class `provost.hostile.Good`", words]);
        assert_eq!(kind(error), (ClassKind::Tls, ClassKind::Materials));
        keys.goes_on();
        let error = keys.host.tls_provider().unwrap_err();
        assert_eq!(kind(error), (ClassKind::Tls, ClassKind::Materials));

        let tls = hostile("TlsGood", isolation).build();
        tls.host.tls_artifacts().unwrap();
        let error = tls.provider().unwrap_err();
        assert_eq!(kind(error), (ClassKind::Materials, ClassKind::Tls));
    });
}

#[test]
fn calls_made_at_the_same_time_each_get_the_whole_set() {
    in_both_modes(|isolation| {
        let setup = hostile("TlsGood", isolation).setting("lanes = 2");
        let folder = setup.root().join("set");
        let files = issue(&folder);
        let rig = with_files(setup, "", &folder).build();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(texts(&rig.host.tls_artifacts().unwrap()), files));
            }
        });
    });
}

#[test]
fn pem_files_are_handed_out_anew_after_a_rotation_and_a_refresh() {
    in_both_modes(|isolation| {
        let setup = hostile("provost.tls.PemFiles", isolation);
        let root = setup.root();
        let switch = |to: &str| {
            symlink(to, root.join("next")).unwrap();
            fs::rename(root.join("next"), root.join("current")).unwrap();
        };
        let old = issue(&root.join("2026"));
        switch("2026");
        let rig = with_files(setup, "", &root.join("current")).build();
        let first = rig.host.tls_artifacts().unwrap();
        assert_eq!(texts(&first), old);

        let new = issue(&root.join("2027"));
        switch("2027");
        assert_eq!(texts(&rig.host.tls_artifacts().unwrap()), old);
        let provider = rig.host.tls_provider().unwrap();
        provider.refresh(&provider.new_call()).unwrap();
        let second = rig.host.tls_artifacts().unwrap();
        assert_eq!(texts(&second), new);
        assert_ne!(second.generation, first.generation);
        let status = provider.status(&provider.new_call()).unwrap();
        assert_eq!(status.generation, second.generation);

        // A refresh that fails names the key, and the set from before it stays.
        fs::remove_file(root.join("2027/trusted_certificates")).unwrap();
        let error = provider.refresh(&provider.new_call()).unwrap_err();
        assert_eq!(error.kind(), Some(ErrorKind::Configuration));
        says(
            &error.into(),
            &["answered to refresh", "trusted_certificates"],
        );
        assert_eq!(texts(&rig.host.tls_artifacts().unwrap()), new);
    });
}

#[test]
fn a_file_that_is_missing_at_the_start_is_underlined_in_the_configuration() {
    in_both_modes(|isolation| {
        let setup = hostile("provost.tls.PemFiles", isolation);
        let folder = setup.root().join("set");
        issue(&folder);
        fs::remove_file(folder.join("certificate_chain")).unwrap();
        let rig = with_files(setup, "", &folder).build();
        let error = rig.host.tls_artifacts().unwrap_err();
        says(&error, &["provost.toml:", "refuses its configuration"]);
        let diagnostics = error.diagnostics().unwrap();
        assert_eq!(diagnostics.iter().count(), 1);
    });
}

fn host(security: Option<&str>) -> Host {
    let toml = Source::new("provost.toml", "");
    let configuration = HostConfiguration::parse(toml, Path::new("/"), &|_| None).unwrap();
    let mut host = Host::builder()
        .configuration(configuration.value)
        .worker_program(env!("CARGO_BIN_EXE_provost"));
    if let Some(security) = security {
        let source = Source::new("security.json", security);
        let parsed = SecurityConfiguration::parse(source, Some(Path::new("/")));
        host = host.security_configuration(parsed.unwrap().value);
    }
    host.build().unwrap()
}

#[test]
fn without_a_provider_in_the_security_configuration_there_is_no_class() {
    let error = host(None).tls_artifacts().unwrap_err();
    assert!(matches!(
        error,
        Error::Misuse(ApiMisuse::NoSecurityConfiguration)
    ));
    says(&error, &["`Host::tls_files`"]);

    let disabled = r#"{"EncryptionConfiguration": {
        "EnableInTransitEncryption": false, "EnableAtRestEncryption": false}}"#;
    let error = host(Some(disabled)).tls_artifacts().unwrap_err();
    says(
        &error,
        &["`security.json` does not enable encryption in transit"],
    );
    let hint = error.hint().unwrap();
    assert!(hint.contains("EnableInTransitEncryption true"), "{hint}");

    let zip = r#"{"EncryptionConfiguration": {
        "EnableInTransitEncryption": true, "EnableAtRestEncryption": false,
        "InTransitEncryptionConfiguration": {"TLSCertificateConfiguration": {
            "CertificateProviderType": "PEM", "S3Object": "/certificates.zip"}}}}"#;
    let error = host(Some(zip)).tls_artifacts().unwrap_err();
    says(&error, &["security.json:4", "PEM names a zip"]);
    let hint = error.hint().unwrap();
    assert!(hint.contains("CertificateProviderClass"), "{hint}");
}
