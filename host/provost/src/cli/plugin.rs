//! `provost plugin`: libraries looked at without running them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provost_core::config::{ClassName, HostConfiguration};
use provost_core::section::ClassFacts;
use serde::Serialize;

use super::args::{Global, Output, Plugin};
use super::configuration;
use super::report::{self, Failure};
use crate::registry::{self, Library, LibraryError, Registry, RegistryError, Scan};

pub(crate) fn run(command: Plugin, global: &Global) -> Result<(), Failure> {
    match command {
        Plugin::List { paths } => list(&paths, global),
        Plugin::Inspect { library } => inspect(&library, global),
    }
}

fn list(paths: &[PathBuf], global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let scan = if paths.is_empty() {
        if host.libraries.folders.is_empty() && host.libraries.files.is_empty() {
            return Err(Failure::new("no library folder is configured").hint(
                "name folders: `provost plugin list FOLDER`, or in provost.toml:\n\
                 [libraries]\nfolders = [\"/path/to/folder\"]",
            ));
        }
        let registry = Registry::new(Arc::new(host), None);
        registry
            .scan()
            .map_err(|error| located(&registry, RegistryError::from(error)))?
    } else {
        let (folders, files): (Vec<_>, Vec<_>) =
            paths.iter().cloned().partition(|path| path.is_dir());
        registry::scan(&folders, &files, &registry::load_policy(&host))
            .map_err(|error| Failure::new(report::chain(&error)))?
    };
    // A folder may hold other things; a file that was named is meant to be a library.
    let named: Vec<&LibraryError> = scan
        .unusable
        .iter()
        .filter(|(path, _)| paths.contains(path))
        .map(|(_, error)| error)
        .collect();
    match global.output {
        Output::Json => report::json(&ListDocument::from(&scan))?,
        Output::Text => {
            let text = listed(&scan, paths);
            if !text.is_empty() || named.is_empty() {
                let text = if text.is_empty() {
                    "no libraries found"
                } else {
                    &text
                };
                report::print(text.trim_end())?;
            }
        }
    }
    match named.as_slice() {
        [] => Ok(()),
        [error] => Err(unusable(error).in_document()),
        errors => {
            let all: Vec<String> = errors.iter().map(|error| report::chain(error)).collect();
            let message = format!("{} files are unusable: {}", all.len(), all.join("; "));
            Err(Failure::new(message).in_document())
        }
    }
}

/// The libraries, and what else is in the folders.
fn listed(scan: &Scan, named: &[PathBuf]) -> String {
    let mut text = String::new();
    let names = scan.libraries.iter().flat_map(|l| &l.facts.classes);
    let width = names.map(|class| class.name.len()).max().unwrap_or(0);
    for library in &scan.libraries {
        let path = library.path.display();
        for class in &library.facts.classes {
            let kind = class.kind.to_string();
            let _ = writeln!(text, "{:width$}  {kind:<9}  {path}", class.name);
        }
        if let Some(refusal) = library.verdict() {
            let _ = writeln!(text, "  would be refused: {refusal}");
        }
    }
    for (path, error) in &scan.unusable {
        if !named.contains(path) {
            let _ = writeln!(text, "not usable: {}", report::chain(error));
        }
    }
    text
}

fn inspect(library: &str, global: &Global) -> Result<(), Failure> {
    let host = configuration::host(global)?;
    let path = Path::new(library);
    let is_file = path.exists() || library.contains('/') || path.extension() == Some("so".as_ref());
    let found = if is_file {
        look(path, &host)?
    } else {
        of_class(library, host, global)?
    };
    match global.output {
        Output::Json => report::json(&LibraryDocument::from(&found)),
        Output::Text => report::print(shown(&found).trim_end()),
    }
}

fn look(path: &Path, host: &HostConfiguration) -> Result<Library, Failure> {
    Library::inspect(path, &registry::load_policy(host)).map_err(|error| unusable(&error))
}

fn unusable(error: &LibraryError) -> Failure {
    let failure = Failure::new(report::chain(error));
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn of_class(name: &str, host: HostConfiguration, global: &Global) -> Result<Library, Failure> {
    let class = ClassName::parse(name).map_err(|error| {
        Failure::new(format!(
            "`{name}` is neither a file nor a class name: {error}"
        ))
        .hint("name a library file, such as ./libkeys.so, or a class that is configured")
    })?;
    let host = Arc::new(host);
    let security = configuration::security_if_any(global, &host)?;
    if global.config.is_none() && security.is_none() && host.libraries.folders.is_empty() {
        let message = format!("no configuration says which library has class `{class}`");
        return Err(Failure::new(message)
            .hint("name provost.toml with --config FILE, or the library file itself"));
    }
    let registry = Registry::new(Arc::clone(&host), security.map(Arc::new));
    let registration = registry.resolve(&class);
    look(
        &registration
            .map_err(|error| located(&registry, error))?
            .path,
        &host,
    )
}

fn located(registry: &Registry, error: RegistryError) -> Failure {
    Failure::located(error.into(), registry)
}

fn shown(library: &Library) -> String {
    let facts = &library.facts;
    let verdict = match library.verdict() {
        None => "may be loaded here".to_owned(),
        Some(refusal) => format!("would be refused: {refusal}"),
    };
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{name:<9} {value}");
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
        &format_args!("with {}, for {}", facts.build.rustc, facts.build.target),
    );
    line("verdict", &verdict);
    for class in &facts.classes {
        show_class(&mut text, class);
    }
    text
}

fn show_class(text: &mut String, class: &ClassFacts) {
    let _ = writeln!(text, "\nclass {} ({})", class.name, class.kind);
    if !class.needs.is_empty() {
        let _ = writeln!(text, "  needs: {}", class.needs.join(", "));
    }
    for key in &class.conf {
        let required = if key.required { ", required" } else { "" };
        let secret = if key.secret { ", secret" } else { "" };
        let _ = writeln!(text, "  conf: {}{required}{secret}", key.key);
        if !key.help.is_empty() {
            let _ = writeln!(text, "        {}", key.help);
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
            refusal: library.verdict(),
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
