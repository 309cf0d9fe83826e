//! The embedder's paved path: a host, a class, an object written and read back.
//!
//! ```sh
//! cargo run -p provost --example embed
//! ```

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use provost::store::ObjectUri;
use provost::{Host, configuration};

fn main() -> Result<(), Box<dyn Error>> {
    // First: the host starts this program again for its workers, and there this does not return.
    provost::worker::serve_if_worker();

    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o700))
        .tempdir()?;
    let folder = folder.path().canonicalize()?;
    let (host, security) = configure(&folder, &libraries()?)?;
    let host = Host::builder()
        .configuration(configuration::load_host(&host)?.value)
        .security_configuration(configuration::load_security(&security)?.value)
        .build()?;

    let uri = ObjectUri::from_file_path(&folder.join("store/greeting.txt"))?;
    // Loads the provider's library, in a worker.
    let objects = host.objects(&uri)?;
    let text = b"seen by nobody on its way";

    // Stores are asynchronous; any tokio runtime with a timer does; S3 and KMS want I/O too.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    let received = runtime.block_on(async {
        let size = text.len() as u64;
        let stored = objects.put(&uri, &text[..], Some(size), None).await?;
        println!(
            "{}: {} bytes as {} bytes of {}, wrapped with {}, described as {:?}",
            stored.uri,
            stored.plaintext,
            stored.body,
            stored.format,
            stored.wrap,
            stored.description.iter().collect::<Vec<_>>(),
        );
        let received = Received::default();
        objects.get_to_writer(&uri, received.clone(), None).await?;
        Ok::<_, provost::Error>(received)
    })?;

    assert_ne!(fs::read(folder.join("store/greeting.txt"))?, text);
    assert_eq!(
        *received.0.lock().unwrap_or_else(PoisonError::into_inner),
        text
    );
    println!("read back: the same");
    Ok(())
}

/// A key made on the spot, the list that names it, and the two configurations.
fn configure(folder: &Path, libraries: &Path) -> Result<(PathBuf, PathBuf), Box<dyn Error>> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    private(&folder.join("demo.key"), &key)?;
    fs::create_dir(folder.join("store"))?;
    let list = format!("{}/ 1 demo.key\n", folder.join("store").display());
    private(&folder.join("keys.list"), list.as_bytes())?;

    // The host's own: what the provider is told.
    let host = folder.join("provost.toml");
    let text = format!(
        "[classes.\"provost.keys.Static\".conf]\nkeys = \"{}\"\n",
        folder.join("keys.list").display()
    );
    fs::write(&host, text)?;
    // Libraries are refused where others can write; cargo's folder may be such a place.
    let library = folder.join("libprovost_static_keys.so");
    private(
        &library,
        &fs::read(libraries.join("libprovost_static_keys.so"))?,
    )?;

    // What is encrypted, which class has the keys, and its library.
    let security = folder.join("security.json");
    let text = format!(
        r#"{{"EncryptionConfiguration": {{
            "EnableInTransitEncryption": false,
            "EnableAtRestEncryption": true,
            "AtRestEncryptionConfiguration": {{"S3EncryptionConfiguration": {{
                "EncryptionMode": "CSE-Custom",
                "S3Object": "{}",
                "EncryptionKeyProviderClass": "provost.keys.Static"
            }}}}
        }}}}"#,
        library.display()
    );
    fs::write(&security, text)?;
    Ok((host, security))
}

/// Writes a file that is its owner's alone.
fn private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(bytes)
}

/// Where cargo puts the libraries of this workspace; yours are in a folder of your own.
fn libraries() -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let build = program.ancestors().nth(2).ok_or("no build folder")?;
    Ok(build.join("deps"))
}

/// Keeps what it is given: verified plaintext, all of it or nothing.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<u8>>>);

impl Write for Received {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut received = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        received.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
