//! From the text to the values.

mod classes;
mod commitment;
mod conf;
mod environment;
mod kms;
mod prefixes;
mod s3;
mod secrets;
mod tls;
mod transfer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::class::ClassConfiguration;
use super::policy::PrefixPolicy;
use super::setting::Setting;
use super::{DescriptionPolicy, Environment, FetchSettings, HostConfiguration, Libraries};
use crate::config::diagnostic::{Diagnostic, Diagnostics, Loaded, Report};
use crate::config::document::{Node, Table, parse_toml};
use crate::config::shown;
use crate::config::source::{Source, Span, Spanned};

pub(super) fn configuration(
    mut source: Source,
    folder: &Path,
    environment: Environment<'_>,
) -> Result<Loaded<HostConfiguration>, Diagnostics> {
    let root = match parse_toml(source.text()) {
        Ok(root) => root,
        Err(error) => {
            // Where its secrets are cannot be told, so no line is shown.
            if secrets::may_hold_any(source.text()) {
                source.hide_all();
            }
            let error =
                Diagnostic::error(&Arc::new(source), error.span, error.message).hint(error.hint);
            return Err(error.into());
        }
    };
    // Before anything can be reported about the file.
    source.hide(secrets::find(&root));
    let report = Report::new(Arc::new(source));
    let mut reader = Reader {
        report: &report,
        folder,
        environment,
    };
    let value = reader.top(&root);
    report.finish(value)
}

/// What all parts of the file are read with.
struct Reader<'r> {
    report: &'r Report,
    folder: &'r Path,
    environment: Environment<'r>,
}

impl Reader<'_> {
    fn top(&mut self, root: &Node) -> Option<HostConfiguration> {
        let mut top = Table::open(root, "provost.toml", Span::default(), self.report)?;
        let security_configuration = top
            .text("security_configuration")
            .map(|path| self.setting(self.path(&path)));
        let cluster_id = top
            .parsed("cluster_id", ID_HINT, parse_id)
            .map(|id| self.setting(id));
        let node_names = top
            .texts("node_names")
            .map(|names| self.setting(self.each(names, NODE_HINT, parse_node_name)));
        let libraries = match top.table("libraries") {
            Some(table) => self.libraries(table),
            None => self.no_libraries(),
        };
        let description = self.description(top.table("description"));
        let tls = self.tls(top.table("tls"));
        let transfer = self.transfer(top.table("transfer"));
        let region = self.region(&mut top);
        let kms = self.kms(top.table("kms"));
        let s3 = self.s3(top.table("s3"));
        let fetch = self.fetch(top.table("fetch"));
        let classes = match top.table("classes") {
            Some(table) => self.classes(&table),
            None => std::collections::BTreeMap::new(),
        };
        let policies = self.prefixes(&mut top);
        top.finish(&[]);
        Some(HostConfiguration {
            security_configuration: self
                .variable("PROVOST_SECURITY_CONFIGURATION", environment::path)
                .or(security_configuration),
            cluster_id: self
                .variable("PROVOST_CLUSTER_ID", |text| {
                    parse_id(text).map_err(|error| (error.to_owned(), ID_HINT))
                })
                .or(cluster_id),
            node_names: self
                .variable("PROVOST_NODE_NAMES", environment::node_names)
                .or(node_names)
                .unwrap_or_else(|| Setting::default_value(Vec::new())),
            region,
            libraries,
            description,
            tls,
            transfer,
            kms,
            s3,
            fetch,
            source: Arc::clone(self.report.source()),
            classes,
            unlisted_class: ClassConfiguration::with_defaults(),
            policies,
            default_policy: PrefixPolicy::with_defaults(),
        })
    }

    fn fetch(&self, table: Option<Table<'_>>) -> FetchSettings {
        let mut settings = FetchSettings::default();
        if let Some(mut table) = table {
            let directory = table.text("directory");
            settings.directory = directory.map(|path| self.setting(self.path(&path)));
            table.finish(&[]);
        }
        settings
    }

    fn no_libraries(&self) -> Libraries {
        let none = || Setting::default_value(Vec::new());
        Libraries {
            folders: self
                .variable("PROVOST_LIBRARY_FOLDERS", environment::paths)
                .unwrap_or_else(none),
            files: self
                .variable("PROVOST_LIBRARY_FILES", environment::paths)
                .unwrap_or_else(none),
            needed: Setting::default_value(Vec::new()),
        }
    }

    fn libraries(&self, mut table: Table<'_>) -> Libraries {
        let defaults = self.no_libraries();
        let folders = table
            .texts("folders")
            .map(|paths| self.setting(self.paths(&paths)));
        let files = table
            .texts("files")
            .map(|paths| self.setting(self.paths(&paths)));
        let needed = table
            .texts("needed")
            .map(|names| self.setting(self.each(names, NEEDED_HINT, parse_needed)));
        table.finish(&[]);
        Libraries {
            folders: over(folders, defaults.folders),
            files: over(files, defaults.files),
            needed: needed.unwrap_or(defaults.needed),
        }
    }

    fn description(&self, table: Option<Table<'_>>) -> DescriptionPolicy {
        let mut policy = DescriptionPolicy {
            populate: Setting::default_value(false),
            uri: Setting::default_value("Path".to_owned()),
            cluster_id: Setting::default_value("JobflowId".to_owned()),
        };
        let Some(mut table) = table else {
            return policy;
        };
        if let Some(populate) = table.boolean("populate") {
            policy.populate = self.setting(populate);
        }
        if let Some(name) = table.parsed("uri", ENTRY_HINT, parse_entry_name) {
            policy.uri = self.setting(name);
        }
        if let Some(name) = table.parsed("cluster_id", ENTRY_HINT, parse_entry_name) {
            policy.cluster_id = self.setting(name);
        }
        // Providers look names up without regard to case, so these two would be one.
        if policy.uri.eq_ignore_ascii_case(&policy.cluster_id)
            && let Some(span) = policy.cluster_id.span().or(policy.uri.span())
        {
            let message = format!("`uri` and `cluster_id` are both `{}`", policy.uri.get());
            self.report
                .error(span, message, "give the two entries different names");
        }
        table.finish(&[]);
        policy
    }

    fn setting<T>(&self, value: Spanned<T>) -> Setting<T> {
        Setting::from_file(value, self.report.source())
    }

    /// A path, from the folder of the file if it is relative.
    fn path(&self, text: &Spanned<&str>) -> Spanned<PathBuf> {
        if text.get().is_empty() || text.get().contains('\0') {
            let message = format!("`{}` is not a path", shown(text.get()));
            self.report
                .error(text.span(), message, "write the path of a file or folder");
        }
        text.with(self.folder.join(text.get()))
    }

    fn paths(&self, texts: &Spanned<Vec<Spanned<&str>>>) -> Spanned<Vec<PathBuf>> {
        let paths = texts.get().iter().map(|text| self.path(text).into_inner());
        texts.with(paths.collect())
    }

    fn each<T>(
        &self,
        texts: Spanned<Vec<Spanned<&str>>>,
        hint: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Spanned<Vec<T>> {
        let values = texts
            .get()
            .iter()
            .filter_map(|text| match parse(text.get()) {
                Ok(value) => Some(value),
                Err(error) => {
                    let message = format!("`{}` {error}", shown(text.get()));
                    self.report.error(text.span(), message, hint);
                    None
                }
            });
        texts.with(values.collect())
    }
}

/// A value of the file, unless the environment set it.
fn over<T>(file: Option<Setting<T>>, other: Setting<T>) -> Setting<T> {
    match (file, other.origin()) {
        (Some(file), super::Origin::Default) => file,
        _ => other,
    }
}

const ID_HINT: &str = "write the cluster's id, as in j-1ABCDEFGHIJKL";
const NODE_HINT: &str = "write a host name or an address";
const NEEDED_HINT: &str = "write the name of a shared object, as in libfoo.so.1";
const ENTRY_HINT: &str = "write the name of a description entry, as in Path";

fn parse_id(text: &str) -> Result<String, &'static str> {
    if !visible(text, 128) {
        return Err("is not 1 to 128 visible ASCII characters");
    }
    Ok(text.to_owned())
}

fn parse_entry_name(text: &str) -> Result<String, &'static str> {
    if text.to_ascii_lowercase().starts_with("aws:") {
        return Err("begins with `aws:`, which Amazon reserves");
    }
    parse_id(text)
}

/// Parses a host name or an address that a node is reached by.
pub fn parse_node_name(text: &str) -> Result<String, &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
    if !(visible(text, 253) && text.bytes().all(allowed)) {
        return Err("is not a host name or an address");
    }
    Ok(text.to_owned())
}

fn parse_needed(text: &str) -> Result<String, &'static str> {
    if !visible(text, 255) || text.contains('/') {
        return Err("is not the name of a shared object, without a folder");
    }
    Ok(text.to_owned())
}

fn visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}
