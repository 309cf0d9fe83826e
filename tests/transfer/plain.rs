//! Transfers as `provost object put` and `get` make them, through the same stores, without an envelope: what encryption is
//! measured against.
//!
//! ```text
//! plain put FILE URI | plain get URI FILE | plain put-folder DIR PREFIX | plain get-folder PREFIX DIR
//! ```

use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use provost::store::{Metadata, ObjectStoreExt, ObjectUri, Stores};
use tokio::task::JoinSet;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// As the command's pieces are.
const PIECE: usize = 1 << 20;
/// Objects of a folder at once, as the command's default is.
fn tasks() -> usize {
    let processors = std::thread::available_parallelism().map_or(2, NonZero::get);
    (processors * 2).clamp(4, 16)
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, from, to] = arguments.as_slice() else {
        return Err("usage: plain put|get|put-folder|get-folder FROM TO".into());
    };
    let configuration = match std::env::var_os("PROVOST_CONFIG") {
        Some(path) => provost::configuration::load_host(Path::new(&path))?.value,
        None => return Err("PROVOST_CONFIG names no provost.toml".into()),
    };
    let stores = Arc::new(Stores::new(&Arc::new(configuration)));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match verb.as_str() {
            "put" => put(&stores, from.into(), to.parse()?).await,
            "get" => get(&stores, from.parse()?, to.into()).await,
            "put-folder" => {
                let files = std::fs::read_dir(from)?.collect::<Result<Vec<_>, _>>()?;
                let puts = files.into_iter().map(|file| {
                    let name = format!("{to}{}", file.file_name().display());
                    let stores = Arc::clone(&stores);
                    async move { put(&stores, file.path(), name.parse()?).await }
                });
                all(puts).await
            }
            "get-folder" => {
                std::fs::create_dir(to)?;
                let prefix = from.parse()?;
                let listed = stores.open_prefix(&prefix)?.list_all(&prefix).await?;
                let gets = listed.into_iter().map(|object| {
                    let path = Path::new(to).join(object.uri.name());
                    let stores = Arc::clone(&stores);
                    async move { get(&stores, object.uri, path).await }
                });
                all(gets).await
            }
            _ => Err(format!("`{verb}` is no verb").into()),
        }
    })
}

/// Each is a task of its own, as the command's are.
async fn all<F>(mut work: impl Iterator<Item = F>) -> Outcome<()>
where
    F: Future<Output = Outcome<()>> + Send + 'static,
{
    // Asked once: the answer is read from files.
    let most = tasks();
    let mut running = JoinSet::new();
    loop {
        while running.len() < most {
            match work.next() {
                Some(work) => running.spawn(Box::pin(work)),
                None => break,
            };
        }
        match running.join_next().await {
            Some(done) => done??,
            None => return Ok(()),
        }
    }
}

/// Reads on one thread, as the command does, while the store writes.
async fn put(stores: &Stores, path: PathBuf, uri: ObjectUri) -> Outcome<()> {
    let store = stores.open(&uri)?;
    let (sender, mut pieces) = tokio::sync::mpsc::channel::<Bytes>(3);
    let reading = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = File::open(path)?;
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            Read::by_ref(&mut file)
                .take(PIECE as u64)
                .read_to_end(&mut piece)?;
            if piece.is_empty() || sender.blocking_send(piece.into()).is_err() {
                return Ok(());
            }
        }
    });
    let mut writer = store.put(&uri, Metadata::new()).await?;
    while let Some(piece) = pieces.recv().await {
        writer.write(piece).await?;
    }
    reading.await??;
    writer.finish().await?;
    Ok(())
}

/// Writes on one thread while the store reads; the file is on the disk when this returns, as the
/// command's is.
async fn get(stores: &Stores, uri: ObjectUri, path: PathBuf) -> Outcome<()> {
    let mut object = stores.open(&uri)?.get(&uri).await?;
    let (sender, mut pieces) = tokio::sync::mpsc::channel::<(Vec<u8>, usize)>(3);
    let (spent, mut emptied) = tokio::sync::mpsc::channel::<Vec<u8>>(5);
    let writing = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let mut file = File::create_new(path)?;
        while let Some((piece, length)) = pieces.blocking_recv() {
            file.write_all(piece.get(..length).unwrap_or_default())?;
            let _ = spent.try_send(piece);
        }
        file.sync_all()
    });
    loop {
        let piece = emptied.try_recv().unwrap_or_else(|_| vec![0; PIECE]);
        let (piece, length) = object.body.read(piece).await?;
        let last = length < PIECE;
        if sender.send((piece, length)).await.is_err() || last {
            break;
        }
    }
    drop(sender);
    writing.await??;
    Ok(())
}
