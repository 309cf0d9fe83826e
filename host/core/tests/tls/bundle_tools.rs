//! Archives of other programs: what they write well is read, and what they see is what is seen.

use std::fs;
use std::path::Path;

use provost_core::tls::{ArtifactFile, RawTlsFiles, bundle};

use crate::bundle::{CHAIN, KEY, TRUSTED, assert_three, expect};
use crate::openssl::run;

const FILES: [(&str, &str); 3] = [
    (KEY, "the key"),
    (CHAIN, "the chain"),
    (TRUSTED, "the trusted"),
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in FILES {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// What a shell command leaves in `out.zip`.
fn made(folder: &Path, command: &str) -> Vec<u8> {
    let script = format!("cd '{}' && {command}", folder.display());
    run("sh", &["-c", &script], b"");
    fs::read(folder.join("out.zip")).unwrap()
}

/// What Python's zipfile writes.
fn python(script: &str) -> Vec<u8> {
    let script = format!(
        "import sys, io, zipfile as z\n\
         files = [('{KEY}', 'the key'), ('{CHAIN}', 'the chain'), ('{TRUSTED}', 'the trusted')]\n\
         out = io.BytesIO()\n{script}\nsys.stdout.buffer.write(out.getvalue())"
    );
    run("python3", &["-W", "ignore", "-c", &script], b"")
}

fn read(zip: &[u8]) -> RawTlsFiles {
    expect(zip, &[])
}

#[test]
fn info_zip_is_read_as_the_guide_uses_it_and_otherwise() {
    let names = FILES.map(|(name, _)| name).join(" ");
    for command in [
        format!("zip -q -r -X out.zip {names}"),
        format!("zip -q out.zip {names}"),
        format!("zip -q -0 out.zip {names}"),
        format!("zip -q -9 out.zip {names} && printf 'a comment' | zip -q -z out.zip"),
        format!("zip -q - {names} | cat > out.zip"),
        format!("zip -q out.zip {names} && zip -q out.zip {names}"),
    ] {
        let folder = folder();
        let zip = made(folder.path(), &command);
        assert_three(&read(&zip));
    }
}

#[test]
fn info_zip_with_a_folder_a_link_or_a_password_is_refused() {
    let names = FILES.map(|(name, _)| name).join(" ");
    for (command, expected) in [
        (
            format!("mkdir certs && mv {names} certs && zip -q -r out.zip certs"),
            vec!["E ART-004", "E ART-004", "E ART-004", "W ART-009"],
        ),
        (
            format!("mv {KEY} key && ln -s key {KEY} && zip -q -y out.zip {names}"),
            vec!["E ART-010"],
        ),
        (
            format!("zip -q -P secret out.zip {names}"),
            vec!["E ART-008"; 3],
        ),
        (
            format!(": > {KEY} && zip -q out.zip {names}"),
            vec!["E ART-011"],
        ),
    ] {
        let folder = folder();
        let zip = made(folder.path(), &command);
        expect(&zip, &expected);
    }
}

#[test]
fn python_is_read_stored_deflated_and_streamed() {
    for method in ["z.ZIP_STORED", "z.ZIP_DEFLATED"] {
        let script = format!(
            "a = z.ZipFile(out, 'w', {method})\nfor n, c in files: a.writestr(n, c)\na.close()"
        );
        assert_three(&read(&python(&script)));
        // To a pipe it writes the sizes behind the data.
        let streamed = format!(
            "class Pipe(io.RawIOBase):\n  \
               def writable(self): return True\n  \
               def seekable(self): return False\n  \
               def write(self, b): return out.write(b)\n\
             a = z.ZipFile(Pipe(), 'w', {method})\nfor n, c in files: a.writestr(n, c)\na.close()"
        );
        assert_three(&read(&python(&streamed)));
    }
}

#[test]
fn python_with_other_methods_or_two_of_a_name_is_refused() {
    for (method, rule) in [("z.ZIP_BZIP2", "E ART-014"), ("z.ZIP_LZMA", "E ART-014")] {
        let script = format!(
            "a = z.ZipFile(out, 'w', {method})\nfor n, c in files: a.writestr(n, c)\na.close()"
        );
        expect(&python(&script), &[rule; 3]);
    }
    let twice =
        "a = z.ZipFile(out, 'w')\nfor n, c in files + files[:1]: a.writestr(n, c)\na.close()";
    expect(&python(twice), &["E ART-005"]);
    let zip64 = "a = z.ZipFile(out, 'w')\nfor n, c in files:\n  with a.open(n, 'w', force_zip64=True) as f: f.write(c.encode())\na.close()";
    let raw = bundle::read(&python(zip64));
    assert_eq!(raw.findings.len(), 1);
    assert!(
        ArtifactFile::ALL
            .into_iter()
            .all(|file| raw.get(file).is_none())
    );
}

#[test]
fn what_is_read_is_what_python_and_unzip_read() {
    let folder = folder();
    let names = FILES.map(|(name, _)| name).join(" ");
    let zip = made(folder.path(), &format!("zip -q out.zip {names}"));
    let raw = read(&zip);
    let path = folder.path().join("out.zip");
    let path = path.to_str().unwrap();
    for file in ArtifactFile::ALL {
        let python = format!(
            "import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read('{file}'))"
        );
        let seen = [
            run("python3", &["-c", &python, path], b""),
            run("unzip", &["-p", path, file.name()], b""),
        ];
        for seen in seen {
            assert_eq!(raw.get(file), Some(seen.as_slice()), "{file}");
        }
    }
}
