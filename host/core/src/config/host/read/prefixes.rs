//! `[[prefixes]]`.

use std::time::Duration;

use super::Reader;
use crate::config::document::{Node, Table, word};
use crate::config::host::policy::{
    DataKeyReuse, EnvelopePlace, Legacy, ObjectFormat, PrefixPolicy, ReadPolicy, Unauthenticated,
    UriPrefix, WriteEnvelope, WriteFormat, WritePolicy,
};
use crate::config::host::setting::Setting;
use crate::config::quantity::{ByteSize, parse_duration};
use crate::config::source::{Span, Spanned};
use crate::envelope::INSTRUCTION_SUFFIX;

impl Reader<'_> {
    pub(super) fn prefixes(&self, top: &mut Table<'_>) -> Vec<PrefixPolicy> {
        let mut policies: Vec<PrefixPolicy> = Vec::new();
        let Some(list) = top.list("prefixes") else {
            return policies;
        };
        for node in *list.get() {
            let Some(policy) = self.prefix(node) else {
                continue;
            };
            if let Some(prefix) = &policy.prefix
                && let Some(span) = prefix.span()
                && let Some(first) = policies
                    .iter()
                    .filter_map(|other| other.prefix.as_ref())
                    .find(|other| other.get() == prefix.get())
            {
                let message = format!("prefix `{}` for the second time", prefix.as_str());
                let hint = format!("the first one is on {}; keep one", first.origin());
                self.report.error(span, message, hint);
            }
            policies.push(policy);
        }
        policies
    }

    fn prefix(&self, node: &Node) -> Option<PrefixPolicy> {
        let mut table = Table::open(node, "[[prefixes]]", node.span, self.report)?;
        let hint = "write the beginning of a URI, as in s3://bucket/logs/ or file:///data/logs/";
        let prefix = table.parsed("prefix", hint, UriPrefix::parse);
        if table.entries().iter().all(|e| e.key.get() != "prefix") {
            let message = "[[prefixes]] needs `prefix`";
            self.report.error(node.span, message, hint);
        }
        let mut policy = PrefixPolicy::with_defaults();
        self.commitment(&mut table, &mut policy);
        if let Some(write) = table.table("write") {
            self.write(write, &mut policy.write);
        }
        if let Some(read) = table.table("read") {
            self.read(read, &mut policy.read);
        }
        table.finish(&[]);
        self.commitment_holds(&policy);
        self.readable_as_written(&policy);
        policy.prefix = Some(self.setting(prefix?));
        Some(policy)
    }

    fn write(&self, mut table: Table<'_>, policy: &mut WritePolicy) {
        let words = [("V3", WriteFormat::V3), ("V2", WriteFormat::V2)];
        if let Some(format) = table.word("format", &words) {
            policy.format = self.setting(format);
        }
        let words = [
            ("metadata", WriteEnvelope::Metadata),
            ("instruction-file", WriteEnvelope::InstructionFile),
            ("overflow", WriteEnvelope::Overflow),
        ];
        if let Some(envelope) = table.word("envelope", &words) {
            policy.envelope = self.setting(envelope);
        }
        let span = table
            .entries()
            .iter()
            .find(|e| e.key.get() == "data_key_reuse")
            .map(|e| e.value.span);
        if let Some(reuse) = table.table("data_key_reuse")
            && let Some(span) = span
            && let Some(reuse) = self.data_key_reuse(reuse)
        {
            policy.data_key_reuse = self.setting(Spanned::new(Some(reuse), span));
            if *policy.format.get() == WriteFormat::V2 {
                let message = "`write.data_key_reuse` is set, and `write.format` is V2";
                let hint = "in V2 the data key is the content key: only V3 can share one safely";
                self.report.error(span, message, hint);
            }
        }
        table.finish(&[]);
    }

    /// All three bounds are named, so that nobody relies on one that is not there.
    fn data_key_reuse(&self, mut table: Table<'_>) -> Option<DataKeyReuse> {
        let objects = table.integer("objects");
        let bytes = table.parsed("bytes", REUSE_BYTES_HINT, parse_reuse_bytes);
        let age = table.parsed("age", REUSE_AGE_HINT, parse_reuse_age);
        for name in ["objects", "bytes", "age"] {
            if table.entries().iter().all(|e| e.key.get() != name) {
                let message = format!("`data_key_reuse` needs `{name}`");
                let hint = "as in { objects = 100, bytes = \"64GiB\", age = \"5m\" }";
                self.report.error(table.span(), message, hint);
            }
        }
        table.finish(&[]);
        let objects = objects?;
        if !(2..=DataKeyReuse::MAX_OBJECTS).contains(objects.get()) {
            let message = format!("`objects` is {}", objects.get());
            let hint = format!("write a number from 2 to {}", DataKeyReuse::MAX_OBJECTS);
            self.report.error(objects.span(), message, hint);
            return None;
        }
        Some(DataKeyReuse {
            objects: objects.into_inner(),
            bytes: bytes?.into_inner(),
            age: age?.into_inner(),
        })
    }

    fn read(&self, mut table: Table<'_>, policy: &mut ReadPolicy) {
        let words = [
            ("V3", ObjectFormat::V3),
            ("V2", ObjectFormat::V2),
            ("V1", ObjectFormat::V1),
        ];
        self.set(&mut table, "formats", &words, &mut policy.formats);
        let words = [
            ("metadata", EnvelopePlace::Metadata),
            ("instruction-file", EnvelopePlace::InstructionFile),
        ];
        self.set(&mut table, "envelope", &words, &mut policy.envelope);
        let words = [("refuse", Legacy::Refuse), ("decrypt", Legacy::Decrypt)];
        if let Some(legacy) = table.word("legacy", &words) {
            policy.legacy = self.setting(legacy);
        }
        let words = [
            ("refuse", Unauthenticated::Refuse),
            ("accept", Unauthenticated::Accept),
        ];
        if let Some(unauthenticated) = table.word("unauthenticated", &words) {
            policy.unauthenticated = self.setting(unauthenticated);
        }
        let suffix = table.parsed("instruction_suffix", SUFFIX_HINT, parse_suffix);
        if let Some(suffix) = suffix {
            policy.instruction_suffix = self.setting(suffix);
        }
        table.finish(&[]);
        self.legacy_is_named_twice(policy);
        self.suffix_is_read(policy);
    }

    /// A list of words, each once, at least one.
    fn set<T: Copy + PartialEq>(
        &self,
        table: &mut Table<'_>,
        name: &'static str,
        words: &[(&'static str, T)],
        setting: &mut Setting<Vec<T>>,
    ) {
        let Some(texts) = table.texts(name) else {
            return;
        };
        let mut values: Vec<T> = Vec::new();
        for text in texts.get() {
            let Some(value) = word(self.report, text, name, words) else {
                continue;
            };
            if values.contains(value.get()) {
                let message = format!("`{}` for the second time", text.get());
                self.report.error(text.span(), message, "name each once");
            }
            values.push(*value.get());
        }
        if texts.get().is_empty() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = format!("name at least one of: {}", names.join(", "));
            self.report
                .error(texts.span(), format!("`{name}` is empty"), hint);
        }
        *setting = self.setting(texts.with(values));
    }

    /// Legacy takes two words, so that nobody opts in by one slip.
    fn legacy_is_named_twice(&self, policy: &ReadPolicy) {
        let v1 = policy.formats.contains(&ObjectFormat::V1);
        let decrypt = *policy.legacy.get() == Legacy::Decrypt;
        let accept = *policy.unauthenticated.get() == Unauthenticated::Accept;
        if v1
            && !decrypt
            && let Some(span) = policy.formats.span()
        {
            let message = "`read.formats` has V1, and `read.legacy` is not `decrypt`";
            let hint = "V1 is legacy: add read.legacy = \"decrypt\", or leave V1 out";
            self.report.error(span, message, hint);
        }
        if accept
            && !decrypt
            && let Some(span) = policy.unauthenticated.span()
        {
            let message = "`read.unauthenticated` is `accept`, and `read.legacy` is not `decrypt`";
            let hint = "only legacy content has no tag: add read.legacy = \"decrypt\"";
            self.report.error(span, message, hint);
        }
    }

    /// A suffix of instruction files where none are read would do nothing.
    fn suffix_is_read(&self, policy: &ReadPolicy) {
        let read = policy.envelope.contains(&EnvelopePlace::InstructionFile);
        if policy.instruction_suffix.is_some()
            && !read
            && let Some(span) = policy.instruction_suffix.span()
        {
            let message = "`read.instruction_suffix` is set, and instruction files are not read";
            let hint = "add read.envelope = [\"instruction-file\"]";
            self.report.error(span, message, hint);
        }
    }

    /// A prefix whose objects this node could not read back deserves a look.
    fn readable_as_written(&self, policy: &PrefixPolicy) {
        let (write, read) = (&policy.write, &policy.read);
        if read.instruction_suffix.is_some() {
            // Nothing is written here.
            return;
        }
        let format = match write.format.get() {
            WriteFormat::V2 => ObjectFormat::V2,
            WriteFormat::V3 => ObjectFormat::V3,
        };
        if !read.formats.contains(&format) {
            let span = first_span([write.format.span(), read.formats.span()]);
            let message = format!("{format:?} is written here, and not read");
            self.report
                .warning(span, message, format!("add \"{format:?}\" to read.formats"));
        }
        let places: &[EnvelopePlace] = match write.envelope.get() {
            WriteEnvelope::Metadata => &[EnvelopePlace::Metadata],
            WriteEnvelope::InstructionFile => &[EnvelopePlace::InstructionFile],
            WriteEnvelope::Overflow => &[EnvelopePlace::Metadata, EnvelopePlace::InstructionFile],
        };
        if places.iter().any(|place| !read.envelope.contains(place)) {
            let span = first_span([write.envelope.span(), read.envelope.span()]);
            let message = "envelopes are written to a place where they are not read";
            let hint = "read.envelope has to name each place that write.envelope uses: \
                        \"metadata\", \"instruction-file\"";
            self.report.warning(span, message, hint);
        }
    }
}

const SUFFIX_HINT: &str = "write what follows the object's key, as in .shared";

/// A suffix of keys, as long as anybody's.
fn parse_suffix(text: &str) -> Result<Option<String>, String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
        return Err("not 1 to 64 letters, digits and `.`, `_`, `-`".to_owned());
    }
    if text == INSTRUCTION_SUFFIX {
        return Err("the suffix that is read anyway".to_owned());
    }
    Ok(Some(text.to_owned()))
}

const REUSE_BYTES_HINT: &str = "write a size up to 1TiB, as in 64GiB";
const REUSE_AGE_HINT: &str = "write a duration from 1s to 1h, as in 5m";

fn parse_reuse_bytes(text: &str) -> Result<ByteSize, String> {
    let bytes = ByteSize::parse(text).map_err(|error| error.to_string())?;
    if bytes > DataKeyReuse::MAX_BYTES {
        return Err(format!("more than {}", DataKeyReuse::MAX_BYTES));
    }
    Ok(bytes)
}

fn parse_reuse_age(text: &str) -> Result<Duration, String> {
    let age = parse_duration(text).map_err(|error| error.to_string())?;
    if !(Duration::from_secs(1)..=DataKeyReuse::MAX_AGE).contains(&age) {
        return Err("not between 1s and 1h".to_owned());
    }
    Ok(age)
}

fn first_span(spans: [Option<Span>; 2]) -> Span {
    spans.into_iter().flatten().next().unwrap_or_default()
}
