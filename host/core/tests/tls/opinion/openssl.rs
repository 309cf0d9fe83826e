//! The `openssl` command.

use std::sync::Mutex;

use provost_core::tls::ArtifactFile::{CertificateChain, PrivateKey};
use provost_core::tls::Certificate;

use super::{Accepted, Disagreements, accepted, compare};
use crate::corpus::{NOW, Openssl, Source, case, pem};

/// At 112 bits of security, which is what Debian's OpenSSL demands of servers.
const REFUSED: Disagreements = &[
    ("ALG-001/near-miss", SMALL),
    ("ALG-002/fires for an anchor", SMALL),
    ("TRU-004/fires for the guide's recipe", SMALL),
    ("TIM-001/near-miss", LAST_SECOND),
    ("TIM-003/near-miss", LAST_SECOND),
    ("TIM-005/near-miss", LAST_SECOND),
    (
        "TIM-003/near-miss with a present one beside it",
        FIRST_ISSUER,
    ),
    ("CHN-010/near-miss by another path", FIRST_ISSUER),
    ("USE-002/fires for any purpose", ANY_PURPOSE),
    ("CHN-012/fires for any purpose", ANY_PURPOSE),
    ("CRT-005/fires for an anchor", ANCHOR),
    ("CHN-012/fires for an anchor", ANCHOR),
];

const SMALL: &str = "ALG-002: a warning, since the guide's recipe makes such keys";
const LAST_SECOND: &str = "RFC 5280, section 4.1.2.5: the last second belongs to the validity";
const FIRST_ISSUER: &str = "it takes the first trusted issuer, and tries no other one";
const ANCHOR: &str =
    "a warning: an anchor is a name and a key (RFC 5280, section 6.1.1 (d)), to Java and webpki";
const ANY_PURPOSE: &str = "a warning, since Java takes any purpose for a server's too";

#[test]
fn openssl_accepts_what_is_accepted_but_for_the_listed() {
    let (strong, weak) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    in_two_threads(|openssl, set| {
        let name = &*set.case.name;
        let (fits, said) = openssl.fits("key.pem", "first.pem");
        assert!(fits, "{name}: {said}");
        let Err(said) = verify(openssl, set, 2) else {
            return;
        };
        strong.lock().unwrap().push((name, said));
        if let Err(said) = verify(openssl, set, 1) {
            weak.lock().unwrap().push((name, said));
        }
    });
    compare(&strong.into_inner().unwrap(), REFUSED);
    // At 80 bits, small keys are no reason.
    let listed: Vec<_> = REFUSED
        .iter()
        .copied()
        .filter(|(_, reason)| *reason != SMALL)
        .collect();
    compare(&weak.into_inner().unwrap(), &listed);
}

#[test]
fn openssl_tells_a_key_of_another_certificate() {
    let openssl = Openssl::new();
    let Source::Files(files) = &case("KEY-006/fires").source else {
        panic!("files");
    };
    openssl.file("key.pem", &files.key);
    openssl.file("first.pem", &files.chain);
    assert!(!openssl.fits("key.pem", "first.pem").0);
}

/// What `openssl verify` says against the set: nothing, or what is wrong.
fn verify(openssl: &Openssl, set: &Accepted, level: u32) -> Result<(), String> {
    let anchor = set.report.anchor.as_ref().unwrap();
    let partial = if anchor.is_self_issued() {
        ""
    } else {
        "-partial_chain"
    };
    let names = set.case.policy.node_names().iter();
    let names: Vec<String> = names
        .map(|name| match name.parse::<std::net::IpAddr>() {
            Ok(_) => format!("-verify_ip {name}"),
            Err(_) => format!("-verify_hostname {}", name.trim_end_matches('.')),
        })
        .collect();
    // The names of one certificate are looked at one by one: the last argument counts.
    let names = if names.is_empty() {
        vec![String::new()]
    } else {
        names
    };
    for name in names {
        let (accepted, _, said) = openssl.attempt(&format!(
            "verify -no-CApath -no-CAstore -CAfile trusted.pem -untrusted chain.pem -purpose \
             sslserver -attime {NOW} -auth_level {level} {partial} {name} chain.pem"
        ));
        if !accepted {
            return Err(said);
        }
    }
    Ok(())
}

/// Puts a set into the command's folder, as it is installed.
fn write(openssl: &Openssl, set: &Accepted) {
    for (file, name) in [(PrivateKey, "key.pem"), (CertificateChain, "chain.pem")] {
        let text = set.artifacts.pem(file).unwrap();
        openssl.file(name, text.secret_bytes());
    }
    let first = set.artifacts.chain()[0].der();
    openssl.file("first.pem", pem("CERTIFICATE", first));
    let roots = set.case.policy.default_roots().roots();
    let anchors = set.artifacts.trusted().iter().chain(roots);
    let anchors = anchors.map(|anchor: &Certificate| pem("CERTIFICATE", anchor.der()));
    openssl.file("trusted.pem", anchors.collect::<String>());
}

/// Shows each accepted set to a command with a folder of its own.
fn in_two_threads(look: impl Fn(&Openssl, &Accepted) + Sync) {
    let sets = accepted();
    let (one, other) = sets.split_at(sets.len() / 2);
    std::thread::scope(|scope| {
        for sets in [one, other] {
            let look = &look;
            scope.spawn(move || {
                let openssl = Openssl::new();
                for set in sets {
                    write(&openssl, set);
                    look(&openssl, set);
                }
            });
        }
    });
}
