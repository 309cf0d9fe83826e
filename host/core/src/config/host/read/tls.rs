//! `[tls]`.

use super::{Reader, environment};
use crate::config::document::Table;
use crate::config::host::tls::{DefaultRootsSource, FileOwner, TlsSettings};

impl Reader<'_> {
    pub(super) fn tls(&self, table: Option<Table<'_>>) -> TlsSettings {
        let mut settings = TlsSettings::with_defaults();
        if let Some(mut table) = table {
            if let Some(path) = table.text("directory") {
                settings.directory = self.setting(self.path(&path));
            }
            settings.owner = table
                .parsed("owner", OWNER_HINT, FileOwner::parse)
                .map(|owner| self.setting(owner));
            let parse = |text: &str| DefaultRootsSource::parse_in(text, self.folder);
            if let Some(roots) = table.parsed("default_roots", ROOTS_HINT, parse) {
                settings.default_roots = self.setting(roots);
            }
            if let Some(strict) = table.boolean("strict") {
                settings.strict = self.setting(strict);
            }
            table.finish(&[]);
        }
        if let Some(path) = self.variable("PROVOST_TLS_DIRECTORY", environment::path) {
            settings.directory = path;
        }
        if let Some(roots) = self.variable("PROVOST_TLS_DEFAULT_ROOTS", |text| {
            DefaultRootsSource::parse(text)
                .map_err(|error| (format!("names no trusted roots: {error}"), ROOTS_HINT))
        }) {
            settings.default_roots = roots;
        }
        settings
    }
}

const OWNER_HINT: &str = "write who owns the private key, as in hadoop or hadoop:hadoop";
const ROOTS_HINT: &str = "a PEM file is written pem:PATH, a Java key store cacerts:PATH";
