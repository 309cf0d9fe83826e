//! `provost quickstart`: the main job, from nothing to a file that came back and a certificate that
//! is installed.

mod at_rest;
mod folder;
mod in_transit;
mod steps;

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::args::{Global, Output, Quickstart};
use super::report::{self, Failure};
use folder::Folder;
use steps::Steps;

pub(crate) fn run(command: &Quickstart, global: &Global) -> Result<(), Failure> {
    let source = match &command.file {
        Some(file) => file.clone(),
        None => std::env::current_exe().map_err(|error| failed("find this executable", &error))?,
    };
    let (plain, size) = at_rest::open(&source)?;
    let library = at_rest::library()?;
    let folder = Folder::create(command.keep.as_deref())?;
    let mut steps = Steps::new(global.output);
    let host = at_rest::demonstrate(&folder.path, &library, &source, (plain, size), &mut steps)?;
    in_transit::demonstrate(&folder.path, &host, &mut steps)?;
    match global.output {
        Output::Json => report::json(&steps.document())?,
        Output::Text => steps.close(&folder)?,
    }
    folder.done();
    Ok(())
}

fn write(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let opened = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    opened
        .and_then(|mut file| file.write_all(contents))
        .map_err(|error| failed(&format!("write `{}`", path.display()), &error))
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(format!("cannot {what}: {error}"))
}
