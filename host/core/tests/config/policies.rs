//! `[[prefixes]]`: which policy holds where.

use provost_core::config::{
    EnvelopePlace, HostConfiguration, Legacy, ObjectFormat, Unauthenticated, UriPrefix,
    WriteEnvelope, WriteFormat,
};

use crate::{assert_has, clean, host, one_error, one_warning, underlined};

fn prefixes(names: &[&str]) -> HostConfiguration {
    let tables = names
        .iter()
        .map(|name| format!("[[prefixes]]\nprefix = \"{name}\"\n"));
    clean(host(&tables.collect::<String>()))
}

fn chosen(host: &HostConfiguration, uri: &str) -> String {
    let policy = host.policy_for(uri);
    policy
        .prefix
        .as_ref()
        .map_or("", |prefix| prefix.as_str())
        .to_owned()
}

#[test]
fn the_default_policy_writes_v3_and_reads_v3_and_v2_in_metadata() {
    let host = clean(host(""));
    let policy = host.policy_for("s3://bucket/a");
    assert!(policy.prefix.is_none());
    assert_eq!(*policy.write.format.get(), WriteFormat::V3);
    assert_eq!(*policy.write.envelope.get(), WriteEnvelope::Metadata);
    assert_eq!(
        policy.read.formats.get(),
        &[ObjectFormat::V3, ObjectFormat::V2]
    );
    assert_eq!(policy.read.envelope.get(), &[EnvelopePlace::Metadata]);
    assert_eq!(*policy.read.legacy.get(), Legacy::Refuse);
    assert_eq!(*policy.read.unauthenticated.get(), Unauthenticated::Refuse);
}

#[test]
fn the_longest_prefix_wins_and_prefixes_match_at_a_slash() {
    let host = prefixes(&["s3://bucket", "s3://bucket/logs", "s3://bucket/logs/2024/"]);
    for (uri, prefix) in [
        ("s3://bucket/a", "s3://bucket/"),
        ("s3://bucket/logs", "s3://bucket/logs/"),
        ("s3://bucket/logs/a", "s3://bucket/logs/"),
        ("s3://bucket/logs2/a", "s3://bucket/"),
        ("s3://bucket/logs/2024/a", "s3://bucket/logs/2024/"),
        ("s3://bucket/logs/2024a", "s3://bucket/logs/"),
        ("s3://bucket2/a", ""),
        ("s3a://bucket/logs/a", "s3://bucket/logs/"),
        ("arn:aws:s3:::bucket/logs/a", "s3://bucket/logs/"),
        ("memory://bucket/logs/a", ""),
        ("nonsense", ""),
        ("s3://bucket/logs/a\nb", "s3://bucket/logs/"),
    ] {
        assert_eq!(chosen(&host, uri), prefix, "{uri}");
    }
}

#[test]
fn other_spellings_of_a_path_have_the_same_policy() {
    let host = prefixes(&["file:///data/my logs/"]);
    for uri in [
        "file:///data/my logs/a",
        "/data/my logs/a",
        "file://localhost/data//my logs///a",
    ] {
        assert_eq!(chosen(&host, uri), "file:///data/my logs/", "{uri}");
    }
    // Nothing is percent-decoded, so this is another name.
    assert_eq!(chosen(&host, "file:///data/my%20logs/a"), "");
    // It leads elsewhere, so no policy but the default may hold.
    assert_eq!(chosen(&host, "file:///data/my logs/../other/a"), "");
}

#[test]
fn a_prefix_can_be_a_whole_store() {
    let host = prefixes(&["file:///", "memory://"]);
    assert_eq!(chosen(&host, "/a"), "file:///");
    assert_eq!(chosen(&host, "memory://store/a"), "memory://");
    assert_eq!(
        UriPrefix::parse("s3://bucket").unwrap().as_str(),
        "s3://bucket/"
    );
}

#[test]
fn a_prefix_is_named_once() {
    let text =
        "[[prefixes]]\nprefix = \"s3://bucket/a\"\n[[prefixes]]\nprefix = \"s3a://bucket/a/\"\n";
    let error = one_error(host(text));
    assert_has(
        error.message(),
        "prefix `s3://bucket/a/` for the second time",
    );
    assert_has(error.hint_text().unwrap(), "the first one is on line 2");
    assert_eq!(error.position().line, 4);
}

#[test]
fn a_prefix_is_needed_and_has_to_be_a_uri() {
    assert_has(
        one_error(host("[[prefixes]]\n")).message(),
        "needs `prefix`",
    );
    for (prefix, part) in [
        ("logs/", "relative"),
        ("", "cannot be empty"),
        ("gs://bucket/", "unknown scheme"),
        ("file:///a/../b/", "`..` in a path"),
        ("s3://", "is not a bucket name"),
    ] {
        let text = format!("[[prefixes]]\nprefix = \"{prefix}\"\n");
        assert_has(one_error(host(&text)).message(), part);
    }
}

fn policy(lines: &str) -> String {
    format!("[[prefixes]]\nprefix = \"s3://bucket/\"\n{lines}\n")
}

#[test]
fn a_policy_says_what_is_written_and_read() {
    let host = clean(host(&policy(
        "write.format = \"V2\"\nwrite.envelope = \"instruction-file\"\n\
         read.formats = [\"V1\", \"V2\"]\nread.envelope = [\"instruction-file\", \"metadata\"]\n\
         read.legacy = \"decrypt\"\nread.unauthenticated = \"accept\"",
    )));
    let policy = host.policy_for("s3://bucket/a");
    assert_eq!(*policy.write.format.get(), WriteFormat::V2);
    assert_eq!(*policy.write.envelope.get(), WriteEnvelope::InstructionFile);
    assert_eq!(
        policy.read.formats.get(),
        &[ObjectFormat::V1, ObjectFormat::V2]
    );
    assert_eq!(*policy.read.legacy.get(), Legacy::Decrypt);
    assert_eq!(*policy.read.unauthenticated.get(), Unauthenticated::Accept);
}

#[test]
fn words_of_a_policy_are_checked() {
    for (line, part) in [
        ("write.format = \"V1\"", "`format` cannot be `V1`"),
        ("write.envelope = \"both\"", "`envelope` cannot be `both`"),
        ("read.formats = []", "`formats` is empty"),
        (
            "read.formats = [\"V3\", \"V3\"]",
            "`V3` for the second time",
        ),
        ("read.formats = [\"V4\"]", "`formats` cannot be `V4`"),
        (
            "read.envelope = [\"overflow\"]",
            "`envelope` cannot be `overflow`",
        ),
        ("read.legacy = \"yes\"", "`legacy` cannot be `yes`"),
        ("write = \"V3\"", "`write` is text, expected a table"),
    ] {
        let found = host(&policy(line)).unwrap_err();
        assert_has(found.errors().next().unwrap().message(), part);
    }
}

#[test]
fn legacy_takes_two_words() {
    let error = one_error(host(&policy("read.formats = [\"V3\", \"V1\"]")));
    assert_eq!(underlined(&error), "[\"V3\", \"V1\"]");
    assert_has(error.hint_text().unwrap(), "read.legacy = \"decrypt\"");
    let error = one_error(host(&policy("read.unauthenticated = \"accept\"")));
    assert_has(error.hint_text().unwrap(), "read.legacy = \"decrypt\"");
    clean(host(&policy(
        "read.legacy = \"decrypt\"\nread.formats = [\"V3\", \"V1\"]",
    )));
}

#[test]
fn what_could_not_be_read_back_is_a_warning() {
    let warning = one_warning(host(&policy("read.formats = [\"V2\"]")));
    assert_has(warning.message(), "V3 is written here, and not read");
    let warning = one_warning(host(&policy("write.envelope = \"overflow\"")));
    assert_has(warning.message(), "where they are not read");
    assert_eq!(underlined(&warning), "\"overflow\"");
}

#[test]
fn commitment_sets_the_formats_as_amazon_means_them() {
    use ObjectFormat::{V2, V3};
    for (word, written, read) in [
        (
            "forbid-encrypt-allow-decrypt",
            WriteFormat::V2,
            &[V3, V2][..],
        ),
        ("require-encrypt-allow-decrypt", WriteFormat::V3, &[V3, V2]),
        ("require-encrypt-require-decrypt", WriteFormat::V3, &[V3]),
    ] {
        let host = clean(host(&policy(&format!("commitment = \"{word}\""))));
        let policy = host.policy_for("s3://bucket/a");
        assert_eq!(policy.commitment.get().unwrap().name(), word);
        assert_eq!(*policy.write.format.get(), written);
        assert_eq!(policy.read.formats.get(), read);
        let explained = host.explain();
        for (name, value) in [
            ("commitment", word),
            ("write.format", &format!("{written:?}")),
        ] {
            let name = format!("prefixes.\"s3://bucket/\".{name}");
            let found = explained.iter().find(|e| e.name == name).unwrap();
            assert_eq!(
                (found.value.as_str(), found.origin.to_string()),
                (value, "line 3".to_owned())
            );
        }
    }
}

#[test]
fn formats_that_agree_with_the_commitment_may_be_said_besides() {
    clean(host(&policy(
        "commitment = \"forbid-encrypt-allow-decrypt\"\nwrite.format = \"V2\"\n\
         read.formats = [\"V2\", \"V3\"]",
    )));
    // Legacy objects are for read.legacy to decide.
    let host = clean(host(&policy(
        "commitment = \"require-encrypt-allow-decrypt\"\nread.legacy = \"decrypt\"\n\
         read.formats = [\"V1\", \"V2\", \"V3\"]",
    )));
    let policy = host.policy_for("s3://bucket/a");
    assert_eq!(policy.read.formats.get().len(), 3);
}

#[test]
fn formats_that_contradict_the_commitment_are_an_error_that_names_both() {
    for (word, line, message) in [
        (
            "forbid-encrypt-allow-decrypt",
            "write.format = \"V3\"",
            "`write.format` is V3, and `commitment` is `forbid-encrypt-allow-decrypt`",
        ),
        (
            "require-encrypt-allow-decrypt",
            "write.format = \"V2\"",
            "`write.format` is V2, and `commitment` is `require-encrypt-allow-decrypt`",
        ),
        (
            "require-encrypt-require-decrypt",
            "read.formats = [\"V3\", \"V2\"]",
            "`read.formats` has V2, and `commitment` is `require-encrypt-require-decrypt`",
        ),
        (
            "require-encrypt-require-decrypt",
            "read.legacy = \"decrypt\"\nread.formats = [\"V3\", \"V1\"]",
            "`read.formats` has V1, and `commitment` is `require-encrypt-require-decrypt`",
        ),
        (
            "require-encrypt-allow-decrypt",
            "read.formats = [\"V3\"]",
            "`read.formats` leaves out V2, and `commitment` is `require-encrypt-allow-decrypt`",
        ),
    ] {
        let error = one_error(host(&policy(&format!("commitment = \"{word}\"\n{line}"))));
        assert_eq!(error.message(), message);
        let value = line.rsplit(" = ").next().unwrap();
        assert_eq!(underlined(&error), value);
        assert_has(
            error.hint_text().unwrap(),
            "`commitment` is on line 3; leave one of them out",
        );
    }
    let error = one_error(host(&policy("commitment = \"require\"")));
    assert_has(error.message(), "`commitment` cannot be `require`");
}

#[test]
fn a_suffix_of_instruction_files_is_one_of_keys_and_is_read() {
    let with = |text: &str| {
        let prefix = "[[prefixes]]\nprefix = \"s3://bucket/\"\n";
        host(&format!("{prefix}{text}\n"))
    };
    let files = "read.envelope = [\"instruction-file\"]";
    for suffix in [".shared", "INSTRUCTION_SUFFIX"] {
        let host = clean(with(&format!(
            "{files}\nread.instruction_suffix = \"{suffix}\""
        )));
        let policy = host.policy_for("s3://bucket/a");
        assert_eq!(policy.read.instruction_suffix.as_deref(), Some(suffix));
        let elsewhere = host.policy_for("s3://other/a");
        assert_eq!(*elsewhere.read.instruction_suffix.get(), None);
    }
    for (suffix, words) in [
        ("", "not 1 to 64"),
        ("/x", "not 1 to 64"),
        (".instruction", "read anyway"),
    ] {
        let error = one_error(with(&format!(
            "{files}\nread.instruction_suffix = \"{suffix}\""
        )));
        assert!(error.message().contains(words), "{error:?}");
    }
    let error = one_error(with("read.instruction_suffix = \".shared\""));
    assert!(
        error.message().contains("instruction files are not read"),
        "{error:?}"
    );
}
