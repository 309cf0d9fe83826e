//! `[[prefixes]]`.

use super::Reader;
use crate::config::document::{Node, Table, word};
use crate::config::host::policy::{
    EnvelopePlace, Legacy, ObjectFormat, PrefixPolicy, ReadPolicy, Unauthenticated, UriPrefix,
    WriteEnvelope, WriteFormat, WritePolicy,
};
use crate::config::host::setting::Setting;
use crate::config::source::Span;

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
        if let Some(write) = table.table("write") {
            self.write(write, &mut policy.write);
        }
        if let Some(read) = table.table("read") {
            self.read(read, &mut policy.read);
        }
        table.finish(&[]);
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
        table.finish(&[]);
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
        table.finish(&[]);
        self.legacy_is_named_twice(policy);
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

    /// A prefix whose objects this node could not read back deserves a look.
    fn readable_as_written(&self, policy: &PrefixPolicy) {
        let (write, read) = (&policy.write, &policy.read);
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

fn first_span(spans: [Option<Span>; 2]) -> Span {
    spans.into_iter().flatten().next().unwrap_or_default()
}
