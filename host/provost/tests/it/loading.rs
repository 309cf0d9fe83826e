//! What a library must be to be opened; nothing of it runs before all of that is known.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use object::read::elf::ElfFile64;
use object::{LittleEndian, Object, ObjectSection};
use provost::loader::{LoadError, ReadError, UnsafePlace};
use provost::provider::ProviderFailure;
use provost::registry::{ConfError, RegistryError};
use provost::{ApiMisuse, Error, Host};
use provost_core::config::{ClassName, Isolation};
use provost_core::section::{ClassKind, SectionError};

use crate::rig::{Rig, Setup, all_words, hostile_library, in_both_modes, install, rig, says};

fn load_error(rig: &Rig) -> LoadError {
    match rig.provider().unwrap_err() {
        Error::Load(error) => error,
        other => panic!("{other:?}"),
    }
}

fn registry_error(rig: &Rig) -> RegistryError {
    match load_error(rig) {
        LoadError::Registry(error) => error,
        other => panic!("{other:?}"),
    }
}

fn section_error(rig: &Rig) -> SectionError {
    match load_error(rig) {
        LoadError::Section { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

/// The library with other bytes, in the setup's scratch folder.
fn changed(setup: Setup, change: impl FnOnce(&mut Vec<u8>)) -> (Setup, PathBuf) {
    let path = setup.root().join("libchanged.so");
    let mut bytes = fs::read(hostile_library()).unwrap();
    change(&mut bytes);
    install(&path, bytes);
    (setup.library(&path), path)
}

/// Replaces all code of a library by instructions that end the process.
fn booby_trap(bytes: &mut [u8]) {
    let elf = ElfFile64::<LittleEndian>::parse(&*bytes).unwrap();
    let (start, size) = elf.section_by_name(".text").unwrap().file_range().unwrap();
    let (start, size) = (
        usize::try_from(start).unwrap(),
        usize::try_from(size).unwrap(),
    );
    // x86-64: ud2. aarch64: zero is udf.
    let trap: &[u8] = if cfg!(target_arch = "x86_64") {
        &[0x0f, 0x0b]
    } else {
        &[0]
    };
    let code = &mut bytes[start..start + size];
    for (byte, trap) in code.iter_mut().zip(trap.iter().cycle()) {
        *byte = *trap;
    }
}

/// A library of which no instruction can run: in this process, it would end the test.
fn trapped(class: &str, isolation: Isolation) -> Setup {
    let (setup, _) = changed(Setup::new(class, isolation), |bytes| booby_trap(bytes));
    setup
}

#[test]
fn a_trapped_library_is_one_that_cannot_run() {
    // The control of the tests below.
    let rig = trapped("Good", Isolation::Process).build();
    let Error::Provider(ProviderFailure::Worker { source, .. }) = rig.provider().unwrap_err()
    else {
        panic!("it was loaded")
    };
    assert!(source.to_string().contains("(signal "), "{source}");
}

#[test]
fn a_misspelt_configuration_key_is_found_before_anything_of_the_library_runs() {
    in_both_modes(|isolation| {
        let rig = trapped("Good", isolation)
            .conf("sead", "{ secret = \"x\" }")
            .build();
        let error = rig.provider().unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean `seed`?"));
        says(&error, &["provost.toml:", "does not read the key `sead`"]);
        let RegistryError::Conf(ConfError::Unknown(_)) = registry_error(&rig) else {
            panic!("{error:?}")
        };
        assert_eq!(error.diagnostics().unwrap().iter().count(), 1);
    });
}

#[test]
fn a_missing_configuration_key_is_found_before_anything_of_the_library_runs() {
    in_both_modes(|isolation| {
        let rig = trapped("Away", isolation).build();
        let error = rig.provider().unwrap_err();
        says(
            &error,
            &["`provost.hostile.Away` requires the configuration key `while`"],
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("\"while\" = \"...\"   # the file that keeps it away"),
            "{hint}"
        );
        let RegistryError::Conf(ConfError::Missing { key, .. }) = registry_error(&rig) else {
            panic!("{error:?}")
        };
        assert_eq!(key, "while");
    });
}

#[test]
fn a_class_that_the_library_does_not_have_is_found_before_anything_of_it_runs() {
    in_both_modes(|isolation| {
        let rig = trapped("Nothing", isolation).build();
        let RegistryError::NotInLibrary { declared, .. } = registry_error(&rig) else {
            panic!("another error")
        };
        assert!(declared.iter().any(|class| class == "provost.hostile.Good"));
    });
}

#[test]
fn a_class_of_another_kind_is_refused() {
    in_both_modes(|isolation| {
        let rig = trapped("TlsGood", isolation).build();
        let RegistryError::Kind { wanted, found, .. } = registry_error(&rig) else {
            panic!("another error")
        };
        assert_eq!((wanted, found), (ClassKind::Materials, ClassKind::Tls));
    });
}

#[test]
fn a_library_that_is_not_the_pinned_one_is_refused() {
    in_both_modes(|isolation| {
        let pinned = rig("Good", isolation).provider().unwrap().digest();
        let pin = format!("sha256 = \"{pinned}\"");
        let rig = Setup::new("Good", isolation).setting(&pin).build();
        assert_eq!(rig.provider().unwrap().digest(), pinned);
        rig.goes_on();

        let setup = trapped("Good", isolation).setting(&pin);
        let rig = setup.build();
        let LoadError::Digest { expected, got, .. } = load_error(&rig) else {
            panic!("another error")
        };
        assert_eq!(expected, pinned);
        assert_ne!(got, pinned);
    });
}

#[test]
fn a_library_where_others_can_write_is_refused() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Good", isolation);
        let folder = setup.root().join("open");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let library = folder.join("libgood.so");
        fs::copy(hostile_library(), &library).unwrap();
        let rig = setup.library(&library).build();
        for (path, mode) in [(&folder, 0o777), (&folder, 0o775), (&library, 0o666)] {
            let closed = fs::metadata(path).unwrap().permissions();
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            let LoadError::Read(ReadError::Place(place)) = load_error(&rig) else {
                panic!("another error")
            };
            let expected = UnsafePlace::Writable {
                path: path.clone(),
                mode,
            };
            assert_eq!(place, expected);
            fs::set_permissions(path, fs::Permissions::from_mode(closed.mode() & 0o755)).unwrap();
        }
        // The host that was refused a moment ago loads it now.
        rig.goes_on();
    });
}

#[test]
fn a_library_that_was_cut_is_refused_at_every_length() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Good", isolation);
        let whole = fs::read(hostile_library()).unwrap();
        let (setup, path) = changed(setup, |_| {});
        let rig = setup.build();
        let some = (0..40).map(|n| whole.len() / 40 * n);
        let edges = [1, 3, 4, 63, 64, 65, 4096, whole.len() - 1];
        for length in some.chain(edges) {
            fs::write(&path, &whole[..length]).unwrap();
            let error = rig.provider().unwrap_err();
            assert!(
                matches!(error, Error::Load(LoadError::Section { .. })),
                "{length} bytes: {error:?}"
            );
        }
        fs::write(&path, whole).unwrap();
        rig.goes_on();
    });
}

#[test]
fn a_file_that_is_no_library_is_refused() {
    in_both_modes(|isolation| {
        let (setup, path) = changed(Setup::new("Good", isolation), Vec::clear);
        let rig = setup.build();
        for text in [&b""[..], b"#!/bin/sh\nexit 0\n", b"\x7fELF"] {
            fs::write(&path, text).unwrap();
            section_error(&rig);
        }
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            load_error(&rig),
            LoadError::Read(ReadError::Io { .. })
        ));
        fs::create_dir(&path).unwrap();
        assert!(matches!(
            load_error(&rig),
            LoadError::Read(ReadError::NotAFile { .. })
        ));
    });
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).position(|w| w == old).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
}

#[test]
fn a_library_that_needs_what_nobody_allowed_is_refused() {
    in_both_modes(|isolation| {
        let (setup, _) = changed(Setup::new("Good", isolation), |bytes| {
            booby_trap(bytes);
            replace(bytes, b"\0libgcc_s.so.1\0", b"\0libother.so.1\0");
        });
        let rig = setup.build();
        let error = rig.provider().unwrap_err();
        assert!(
            error
                .hint()
                .unwrap()
                .contains("needed = [\"libother.so.1\"]")
        );
        let SectionError::Needed { name, .. } = section_error(&rig) else {
            panic!("{error:?}")
        };
        assert_eq!(name, "libother.so.1");
    });
}

#[test]
fn what_a_library_that_does_not_open_says_is_shown_without_control_characters() {
    in_both_modes(|isolation| {
        // The dynamic linker quotes the name of a symbol that it does not find.
        let (setup, _) = changed(Setup::new("Good", isolation), |bytes| {
            replace(bytes, b"\0memcpy\0", b"\0\x1b[31mX\0");
        });
        let rig = setup.build();
        let error = rig.provider().unwrap_err();
        let words = all_words(&error);
        assert!(words.contains("undefined symbol"), "{words}");
        let shown = |c: char| c == '\n' || !c.is_control();
        assert!(words.chars().all(shown), "{words:?}");
        // `Debug` would have escaped it.
        assert!(!words.contains("u{1b}"), "{words}");
    });
}

#[test]
fn two_different_libraries_that_claim_one_class_are_both_named() {
    in_both_modes(|isolation| {
        let setup = Setup::new("Good", isolation);
        let folder = setup.root();
        fs::copy(hostile_library(), folder.join("liba.so")).unwrap();
        fs::copy(hostile_library(), folder.join("libb.so")).unwrap();
        let tables = format!(
            "[libraries]\nfolders = [{:?}]",
            folder.display().to_string()
        );
        let rig = setup.tables(&tables).build();
        // A class that the configurations give no library for.
        let class: ClassName = "provost.hostile.Held".parse().unwrap();
        // One library under two names is no conflict.
        rig.host.provider(&class).unwrap();

        let mut other = fs::read(hostile_library()).unwrap();
        other.push(0);
        install(&folder.join("libb.so"), other);
        let class: ClassName = "provost.hostile.Echo".parse().unwrap();
        let error = rig.host.provider(&class).unwrap_err();
        says(
            &error,
            &["`provost.hostile.Echo`", "/liba.so`", "/libb.so`"],
        );
        let Error::Load(LoadError::Registry(RegistryError::Conflict { .. })) = &error else {
            panic!("{error:?}")
        };
    });
}

#[test]
fn a_class_that_no_library_has_is_an_error_with_the_nearest_name() {
    let setup = Setup::new("Good", Isolation::Process);
    let library = hostile_library();
    let tables = format!("[libraries]\nfiles = [{:?}]", library.display().to_string());
    let rig = setup.tables(&tables).build();
    let class: ClassName = "provost.hostile.Godo".parse().unwrap();
    let error = rig.host.provider(&class).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no provider registered for class `provost.hostile.Godo`"
    );
    assert_eq!(
        error.hint().unwrap(),
        "did you mean `provost.hostile.Good`?"
    );
}

#[test]
fn a_library_is_looked_at_without_being_run() {
    let (setup, path) = changed(Setup::new("Good", Isolation::InProcess), |bytes| {
        booby_trap(bytes);
    });
    let tables = format!("[libraries]\nfiles = [{:?}]", path.display().to_string());
    let rig = setup.tables(&tables).build();
    let scan = rig.host.registry().scan().unwrap();
    assert_eq!(scan.libraries.len(), 1);
    let facts = &scan.libraries[0].facts;
    assert!(facts.class("provost.hostile.Good").is_some());
    assert!(scan.libraries[0].refusal.is_none());
}

#[test]
fn a_provider_is_loaded_once_for_all_who_ask() {
    in_both_modes(|isolation| {
        let rig = rig("ForgetfulKey", isolation);
        let host: &Host = &rig.host;
        let handles: Vec<_> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| host.provider(&rig.class).unwrap()))
                .collect();
            asking.into_iter().map(|t| t.join().unwrap()).collect()
        });
        // One instance has one key.
        let key = |handle: &provost::ProviderHandle| {
            let request = provost_plugin_api::EncryptRequest::new(
                handle.new_call(),
                provost_plugin_api::Purpose::ObjectStore,
            );
            let materials = handle.materials_for_encrypt(&request).unwrap();
            materials.wrapping_key().fingerprint()
        };
        assert!(handles.iter().all(|handle| key(handle) == key(&handles[0])));
    });
}

#[test]
fn a_program_that_cannot_be_a_worker_has_to_name_one() {
    let error = Host::builder().build().unwrap_err();
    assert!(
        matches!(error, Error::Misuse(ApiMisuse::NoWorker)),
        "{error:?}"
    );
    assert!(error.hint().unwrap().contains("worker_program"));
}

#[test]
fn a_worker_program_of_another_kind_is_an_error() {
    let setup = Setup::new("Good", Isolation::Process).setting("deadline = \"2s\"");
    for (program, words) in [
        ("/bin/true", "exited"),
        ("/nonexistent", "cannot be started"),
    ] {
        let host = Host::builder()
            .configuration(setup.configuration())
            .worker_program(Path::new(program))
            .build()
            .unwrap();
        let class: ClassName = "provost.hostile.Good".parse().unwrap();
        let error = host.provider(&class).unwrap_err();
        says(&error, &["`provost.hostile.Good`", words]);
    }
}
