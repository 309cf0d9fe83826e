//! `provost plugin`: libraries looked at without running them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_core::config::ClassName;
use provost_core::section::{ClassFacts, LoadPolicy};
use serde::Serialize;

use super::args::{Global, Output, Plugin};
use super::configuration;
use super::report::{self, Failure};
use crate::registry::{self, Library, LibraryError, Registry, Scan};

pub(crate) fn run(command: Plugin, global: &Global) -> Result<(), Failure> {
    match command {
        Plugin::List { paths } => list(&paths, global),
        Plugin::Inspect { library } => inspect(&library, global),
    }
}

fn list(paths: &[PathBuf], global: &Global) -> Result<(), Failure> {
    let scan = if paths.is_empty() {
        let host = configuration::host(global)?;
        if host.libraries.folders.is_empty() && host.libraries.files.is_empty() {
            return Err(Failure::new("no library folder is configured").hint(
                "name folders: `provost plugin list FOLDER`, or in provost.toml:\n\
                 [libraries]\nfolders = [\"/path/to/folder\"]",
            ));
        }
        registry::scan_configured(&host).map_err(|error| Failure::new(report::chain(&error)))?
    } else {
        scan_paths(paths)?
    };
    match global.output {
        Output::Json => report::json(&ListDocument::from(&scan)),
        Output::Text => print_list(&scan),
    }
    Ok(())
}

fn scan_paths(paths: &[PathBuf]) -> Result<Scan, Failure> {
    let (folders, files): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| path.is_dir());
    if let Some(missing) = files.iter().find(|path| !path.exists()) {
        return Err(
            Failure::new(format!("`{}` does not exist", missing.display()))
                .hint("name a folder of libraries, or a library file"),
        );
    }
    registry::scan(&folders, &files, &LoadPolicy::new())
        .map_err(|error| Failure::new(report::chain(&error)))
}

fn print_list(scan: &Scan) {
    let mut out = std::io::stdout().lock();
    for library in &scan.libraries {
        for class in &library.facts.classes {
            let _ = writeln!(
                out,
                "{}  {}  {}",
                class.name,
                class.kind,
                library.path.display()
            );
        }
        if let Some(refusal) = &library.refusal {
            let _ = writeln!(out, "  would be refused: {refusal}");
        }
    }
    for (_, error) in &scan.unusable {
        let _ = writeln!(out, "not a provider library: {}", report::chain(error));
    }
    if scan.libraries.is_empty() && scan.unusable.is_empty() {
        let _ = writeln!(out, "no libraries found");
    }
}

fn inspect(library: &str, global: &Global) -> Result<(), Failure> {
    let path = Path::new(library);
    let found = if path.exists() || library.contains('/') {
        look(path)?
    } else {
        of_class(library, global)?
    };
    match global.output {
        Output::Json => report::json(&LibraryDocument::from(&found)),
        Output::Text => print_library(&found),
    }
    Ok(())
}

fn look(path: &Path) -> Result<Library, Failure> {
    Library::inspect(path, &LoadPolicy::new()).map_err(|error| {
        let failure = Failure::new(report::chain(&error));
        match error {
            LibraryError::Section { .. } => failure.hint(
                "a provider library is a cdylib whose crate calls `export_providers!`; see docs/providers.md",
            ),
            _ => failure,
        }
    })
}

fn of_class(name: &str, global: &Global) -> Result<Library, Failure> {
    let class = ClassName::parse(name).map_err(|error| {
        Failure::new(format!(
            "`{name}` is neither a file nor a class name: {error}"
        ))
    })?;
    let host = configuration::host(global)?;
    let security = configuration::security_if_any(global, &host)?;
    let registry = Registry::new(Arc::new(host), security.map(Arc::new));
    let registration = registry.resolve(&class).map_err(crate::Error::from)?;
    look(&registration.path)
}

fn print_library(library: &Library) {
    let facts = &library.facts;
    let mut out = std::io::stdout().lock();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(out, "{name:<9} {value}");
    };
    line("library", &library.path.display());
    line("sha256", &library.digest);
    line("size", &format_args!("{} bytes", library.size));
    line(
        "package",
        &format_args!("{} {}", facts.package.name, facts.package.version),
    );
    line("contract", &facts.abi);
    line(
        "built",
        &format_args!("{}, for {}", facts.build.rustc, facts.build.target),
    );
    match &library.refusal {
        None => line("verdict", &"may be loaded here"),
        Some(refusal) => line("verdict", &format_args!("would be refused: {refusal}")),
    }
    for class in &facts.classes {
        print_class(&mut out, class);
    }
}

fn print_class(out: &mut impl Write, class: &ClassFacts) {
    let _ = writeln!(out, "\nclass {} ({})", class.name, class.kind);
    if !class.needs.is_empty() {
        let _ = writeln!(out, "  needs: {}", class.needs.join(", "));
    }
    for key in &class.conf {
        let required = if key.required { ", required" } else { "" };
        let secret = if key.secret { ", secret" } else { "" };
        let _ = writeln!(out, "  conf: {}{required}{secret}", key.key);
        if !key.help.is_empty() {
            let _ = writeln!(out, "        {}", key.help);
        }
    }
}

#[derive(Serialize)]
struct ListDocument<'a> {
    libraries: Vec<LibraryDocument<'a>>,
    unusable: Vec<UnusableDocument>,
}

#[derive(Serialize)]
struct UnusableDocument {
    path: String,
    reason: String,
}

#[derive(Serialize)]
struct LibraryDocument<'a> {
    path: String,
    sha256: String,
    size: u64,
    package: &'a str,
    version: &'a str,
    contract: String,
    rustc: &'a str,
    target: &'a str,
    panic: &'a str,
    refusal: Option<String>,
    classes: Vec<ClassDocument<'a>>,
}

#[derive(Serialize)]
struct ClassDocument<'a> {
    name: &'a str,
    kind: String,
    needs: &'a [String],
    conf: Vec<KeyDocument<'a>>,
}

#[derive(Serialize)]
struct KeyDocument<'a> {
    key: &'a str,
    required: bool,
    secret: bool,
    help: &'a str,
}

impl<'a> From<&'a Scan> for ListDocument<'a> {
    fn from(scan: &'a Scan) -> Self {
        let unusable = scan.unusable.iter().map(|(path, error)| UnusableDocument {
            path: path.display().to_string(),
            reason: report::chain(error),
        });
        Self {
            libraries: scan.libraries.iter().map(LibraryDocument::from).collect(),
            unusable: unusable.collect(),
        }
    }
}

impl<'a> From<&'a Library> for LibraryDocument<'a> {
    fn from(library: &'a Library) -> Self {
        let facts = &library.facts;
        Self {
            path: library.path.display().to_string(),
            sha256: library.digest.to_string(),
            size: library.size,
            package: &facts.package.name,
            version: &facts.package.version,
            contract: facts.abi.to_string(),
            rustc: &facts.build.rustc,
            target: &facts.build.target,
            panic: &facts.build.panic,
            refusal: library.refusal.as_ref().map(ToString::to_string),
            classes: facts.classes.iter().map(ClassDocument::from).collect(),
        }
    }
}

impl<'a> From<&'a ClassFacts> for ClassDocument<'a> {
    fn from(class: &'a ClassFacts) -> Self {
        let conf = class.conf.iter().map(|key| KeyDocument {
            key: &key.key,
            required: key.required,
            secret: key.secret,
            help: &key.help,
        });
        Self {
            name: &class.name,
            kind: class.kind.to_string(),
            needs: &class.needs,
            conf: conf.collect(),
        }
    }
}
