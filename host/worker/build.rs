//! Names this build of the protocol: the package's version and a hash of the sources that decide
//! what travels between host and worker.

use std::path::Path;

/// Everything whose change may change a byte that is sent.
const SOURCES: [&str; 2] = ["src/frame.rs", "src/wire"];

fn main() {
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        collect(Path::new(source), &mut files);
    }
    files.sort();
    let mut hash = FNV_OFFSET;
    for file in files {
        let bytes = std::fs::read(&file).expect("a source file of this package");
        for byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME);
        }
    }
    let version = std::env::var("CARGO_PKG_VERSION").expect("cargo sets the version");
    println!("cargo::rustc-env=PROVOST_WORKER_BUILD={version}-{hash:016x}");
}

// FNV-1a: it tells apart builds that differ by accident, which is all that is asked of it.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

fn collect(path: &Path, files: &mut Vec<std::path::PathBuf>) {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a source folder of this package");
        for entry in entries {
            collect(&entry.expect("an entry of a source folder").path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}
