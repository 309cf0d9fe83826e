//! `[classes."com.example.Keys"]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Reader;
use crate::config::class_name::{ClassName, ClassNameError};
use crate::config::digest::Sha256Digest;
use crate::config::document::{Entry, Table};
use crate::config::host::class::{ClassConfiguration, Isolation, Proof, Unpinned};
use crate::config::location::Location;
use crate::config::quantity::{ByteSize, parse_duration};
use crate::config::shown;
use crate::config::source::Spanned;

pub(super) const DEADLINE_HINT: &str = "write a duration from 10ms to 1h, as in 10s";
const MIN_DEADLINE: Duration = Duration::from_millis(10);
const MAX_DEADLINE: Duration = Duration::from_hours(1);
const MAX_LANES: u8 = 64;
/// Less address space than this does not load the C library and start the lanes' threads.
const MIN_MEMORY: ByteSize = ByteSize::from_bytes(64 << 20);

impl Reader<'_> {
    pub(super) fn classes(&self, table: &Table<'_>) -> BTreeMap<ClassName, ClassConfiguration> {
        table
            .entries()
            .iter()
            .filter_map(|entry| {
                let name = self.class_name(&entry.key)?;
                let class = self.class(entry)?;
                Some((name, class))
            })
            .collect()
    }

    fn class_name(&self, key: &Spanned<String>) -> Option<ClassName> {
        match ClassName::parse(key) {
            Ok(name) => Some(name),
            Err(error) => {
                let hint = match error {
                    ClassNameError::NoDot => "quote the whole name: [classes.\"com.example.Keys\"]",
                    _ => "write the full name, as in [classes.\"com.example.Keys\"]",
                };
                let message = format!("`{}`: {error}", shown(key));
                self.report.error(key.span(), message, hint);
                None
            }
        }
    }

    fn class(&self, entry: &Entry) -> Option<ClassConfiguration> {
        let name = format!("[classes.\"{}\"]", shown(&entry.key));
        let mut table = Table::open(&entry.value, name, entry.key.span(), self.report)?;
        let mut class = ClassConfiguration::with_defaults();
        let hint = "write a path, s3://bucket/key or arn:aws:s3:::bucket/key";
        let parse_library = |text: &str| Location::parse_in(text, self.folder);
        if let Some(library) = table.parsed("library", hint, parse_library) {
            if library.is_jar() {
                let message = format!("the library `{}` is a JAR", library.get());
                let hint = "a JAR cannot be loaded; name the shared library that stands in for it";
                self.report.error(library.span(), message, hint);
            }
            class.library = Some(self.setting(library));
        }
        let hint = "write what `sha256sum` prints for the library";
        class.sha256 = table
            .parsed("sha256", hint, Sha256Digest::parse)
            .map(|digest| self.setting(digest));
        let words = [("refuse", Unpinned::Refuse), ("allow", Unpinned::Allow)];
        if let Some(unpinned) = table.word("unpinned", &words) {
            class.unpinned = self.setting(unpinned);
        }
        let words = [
            ("process", Isolation::Process),
            ("in-process", Isolation::InProcess),
        ];
        if let Some(isolation) = table.word("isolation", &words) {
            class.isolation = self.setting(isolation);
        }
        if let Some(deadline) = table.parsed("deadline", DEADLINE_HINT, parse_deadline) {
            class.deadline = self.setting(deadline);
        }
        if let Some(lanes) = self.lanes(&mut table) {
            class.lanes = self.setting(lanes);
        }
        let hint = "write a size of at least 64MiB, as in 1GiB";
        if let Some(memory) = table.parsed("memory", hint, parse_memory) {
            class.memory = self.setting(memory);
        }
        let words = [
            ("required", Proof::Required),
            ("elsewhere", Proof::Elsewhere),
        ];
        if let Some(proof) = table.word("proof", &words) {
            class.proof = self.setting(proof);
        }
        if let Some(conf) = table.table("conf") {
            class.conf = self.conf(&conf);
        }
        table.finish(&[]);
        Some(class)
    }

    fn lanes(&self, table: &mut Table<'_>) -> Option<Spanned<u8>> {
        let lanes = table.integer("lanes")?;
        let Ok(count @ 1..=MAX_LANES) = u8::try_from(*lanes.get()) else {
            let message = format!("`lanes` is {}", lanes.get());
            let hint = format!("write a number from 1 to {MAX_LANES}");
            self.report.error(lanes.span(), message, hint);
            return None;
        };
        Some(lanes.with(count))
    }
}

pub(super) fn parse_deadline(text: &str) -> Result<Duration, String> {
    let deadline = parse_duration(text).map_err(|error| error.to_string())?;
    if !(MIN_DEADLINE..=MAX_DEADLINE).contains(&deadline) {
        return Err("not between 10ms and 1h".to_owned());
    }
    Ok(deadline)
}

fn parse_memory(text: &str) -> Result<ByteSize, String> {
    let memory = ByteSize::parse(text).map_err(|error| error.to_string())?;
    if memory < MIN_MEMORY {
        return Err(format!("less than {MIN_MEMORY}"));
    }
    Ok(memory)
}
