//! Sets about the texts of the files.

use provost_core::tls::RuleId::{
    Chn006, Crt001, Key001, Key002, Key003, Pem001, Pem002, Pem003, Pem004, Pem005, Pem006, Pem007,
};

use super::{Case, Files, Openssl, Pki, error, warning};

pub(super) fn cases(pki: &Pki, openssl: &Openssl) -> Vec<Case> {
    let leaf = &pki.leaf(|_| ());
    let files = Files::of(&[leaf, &pki.intermediate], &[&pki.root]);
    let key = leaf.key.serialize_pem();
    let chain = leaf.pem.clone() + &pki.intermediate.pem;
    let with_key = |key: &str| files.clone().with_key(key);
    let with_chain = |chain: &str| files.clone().with_chain(chain);
    let with_trusted = |trusted: &str| Files {
        trusted: Some(trusted.into()),
        ..files.clone()
    };
    let request = request(openssl, &key);
    let mut cases = vec![
        Case::new(
            "PEM-001/fires",
            files.clone().with_chain(leaf.der.clone()),
            &[error(Pem001)],
        ),
        Case::new(
            "PEM-001/fires for a PKCS#12 store",
            files.clone().with_key(store(openssl, &key, &leaf.pem)),
            &[error(Pem001)],
        ),
        Case::new(
            "PEM-001/near-miss",
            with_chain(&format!("node1\n{chain}")),
            &[warning(Pem006)],
        ),
        Case::new(
            "PEM-002/fires",
            with_chain(&chain.replacen("-----END CERTIFICATE-----", "", 1)),
            &[error(Pem002)],
        ),
        Case::new(
            "PEM-002/fires for a dash too few",
            with_chain(&chain.replacen("-----BEGIN", "----BEGIN", 1)),
            &[error(Pem002)],
        ),
        Case::new(
            "PEM-002/fires in the key",
            with_key(&key.replacen("\nM", "\nM*", 1)),
            &[error(Pem002)],
        ),
        Case::new("PEM-002/near-miss", with_chain(&on_one_line(&chain)), &[]),
        Case::new(
            "PEM-003/fires",
            with_chain(&format!("{chain}{key}")),
            &[error(Pem003)],
        ),
        Case::new(
            "PEM-003/fires in the key's file",
            with_key(&format!("{key}{}", leaf.pem)),
            &[warning(Pem003)],
        ),
        Case::new(
            "PEM-003/fires for a request",
            with_chain(&format!("{chain}{request}")),
            &[error(Pem003)],
        ),
        Case::new(
            "PEM-003/near-miss",
            with_chain(&format!("{chain}{}", pki.root.pem)),
            &[warning(Chn006)],
        ),
        Case::new(
            "PEM-004/fires",
            files.clone().with_key(utf16(&key)),
            &[error(Pem004)],
        ),
        Case::new(
            "PEM-004/fires for a mark",
            with_chain(&format!("\u{feff}{chain}")),
            &[warning(Pem004)],
        ),
        Case::new(
            "PEM-004/near-miss",
            with_chain(&format!("für node1\n{chain}")),
            &[warning(Pem006)],
        ),
        Case::new(
            "PEM-005/fires",
            with_chain(&chain.replace('\n', "\r\n")),
            &[warning(Pem005)],
        ),
        Case::new("PEM-005/near-miss", with_chain(chain.trim_end()), &[]),
        Case::new(
            "PEM-006/fires",
            with_trusted(&format!("root:\n{}", pki.root.pem)),
            &[warning(Pem006)],
        ),
        Case::new(
            "PEM-006/near-miss",
            with_chain(&chain.replace("-----B", "\n \n-----B")),
            &[],
        ),
        Case::new(
            "PEM-007/fires",
            with_trusted(&openssl.convert(&pki.root.pem, "x509 -in in -trustout")),
            &[error(Pem007)],
        ),
        Case::new(
            "PEM-007/near-miss",
            with_trusted(&openssl.convert(&pki.root.pem, "x509 -in in")),
            &[],
        ),
        Case::new(
            "KEY-001/fires",
            with_key(&leaf.pem),
            &[error(Key001), warning(Pem003)],
        ),
        Case::new(
            "KEY-001/near-miss",
            with_key(&format!("{}{key}", leaf.pem)),
            &[warning(Pem003)],
        ),
        Case::new("KEY-002/fires", with_key(&key.repeat(2)), &[error(Key002)]),
        Case::new("KEY-002/near-miss", with_key(&key), &[]),
        Case::new(
            "CRT-001/fires",
            with_chain(&request),
            &[error(Crt001), error(Pem003)],
        ),
        Case::new(
            "CRT-001/near-miss",
            with_chain(&format!("{request}{chain}")),
            &[error(Pem003)],
        ),
    ];
    for (name, arguments) in [
        ("KEY-003/fires", "pkcs8 -topk8 -in in -passout pass:secret"),
        (
            "KEY-003/fires for a header",
            "ec -in in -aes128 -passout pass:secret",
        ),
    ] {
        let encrypted = openssl.convert(&key, arguments);
        cases.push(Case::new(name, with_key(&encrypted), &[error(Key003)]));
    }
    let plain = openssl.convert(&key, "pkcs8 -topk8 -nocrypt -in in");
    cases.push(Case::new("KEY-003/near-miss", with_key(&plain), &[]));
    cases
}

fn request(openssl: &Openssl, key: &str) -> String {
    openssl.file("request.cnf", "[req]\ndistinguished_name = name\n[name]\n");
    openssl.convert(key, "req -new -config request.cnf -key in -subj /CN=node1")
}

fn store(openssl: &Openssl, key: &str, certificate: &str) -> Vec<u8> {
    openssl.file("in", [key, certificate].concat());
    openssl.run("pkcs12 -export -in in -passout pass:secret")
}

/// The base64 of each block on one line.
fn on_one_line(pem: &str) -> String {
    let lines = pem.lines().map(|line| {
        if line.starts_with('-') {
            format!("\n{line}\n")
        } else {
            line.to_owned()
        }
    });
    lines.collect::<String>().replace("\n\n", "\n")
}

fn utf16(text: &str) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
}
