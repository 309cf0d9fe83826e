//! `commitment` of a prefix: one word for the formats that are written and read.

use super::Reader;
use crate::config::document::Table;
use crate::config::host::policy::{Commitment, ObjectFormat, PrefixPolicy, WriteFormat};

impl Reader<'_> {
    /// Reads the word, and sets what follows from it where nothing else is said.
    pub(super) fn commitment(&self, table: &mut Table<'_>, policy: &mut PrefixPolicy) {
        let words = Commitment::ALL.map(|commitment| (commitment.name(), commitment));
        let Some(commitment) = table.word("commitment", &words) else {
            return;
        };
        let chosen = *commitment.get();
        policy.write.format = self.setting(commitment.with(chosen.write_format()));
        let formats = chosen.read_formats().to_vec();
        policy.read.formats = self.setting(commitment.with(formats));
        policy.commitment = self.setting(commitment.with(Some(chosen)));
    }

    /// What is said besides must not say something else.
    pub(super) fn commitment_holds(&self, policy: &PrefixPolicy) {
        let Some(commitment) = *policy.commitment.get() else {
            return;
        };
        let word = commitment.name();
        let hint = format!(
            "`commitment` is on {}; leave one of them out",
            policy.commitment.origin()
        );
        let written = *policy.write.format.get();
        if written != commitment.write_format()
            && let Some(span) = policy.write.format.span()
        {
            let name = match written {
                WriteFormat::V2 => "V2",
                WriteFormat::V3 => "V3",
            };
            let message = format!("`write.format` is {name}, and `commitment` is `{word}`");
            self.report.error(span, message, &hint);
        }
        let read = policy.read.formats.get();
        let needed = commitment.read_formats();
        // V1 has no commitment either; whether it is read at all is for `read.legacy` to say.
        let allowed = |format: &ObjectFormat| {
            needed.contains(format)
                || (*format == ObjectFormat::V1 && needed.contains(&ObjectFormat::V2))
        };
        let too_much = read.iter().find(|format| !allowed(format));
        let missing = needed.iter().find(|format| !read.contains(format));
        let (verb, format) = match (too_much, missing) {
            (Some(format), _) => ("has", format),
            (None, Some(format)) => ("leaves out", format),
            (None, None) => return,
        };
        if let Some(span) = policy.read.formats.span() {
            let message = format!("`read.formats` {verb} {format:?}, and `commitment` is `{word}`");
            self.report.error(span, message, &hint);
        }
    }
}
