//! The `conf` table of a class, and the secrets in it.

use provost_core::config::{ClassName, ConfSource, HostConfiguration, Loaded, Span};

use crate::{assert_has, clean, host, one_error, underlined};

const SECRET: &str = "hunter2-é-🔑";

fn conf(line: &str) -> String {
    format!("[classes.\"com.example.A\".conf]\n{line}\n")
}

fn sources(host: &HostConfiguration) -> Vec<String> {
    let class = ClassName::parse("com.example.A").unwrap();
    let entries = host.class(&class).conf.iter();
    entries
        .map(|entry| format!("{}: {}", entry.key.get(), entry.source.get()))
        .collect()
}

#[test]
fn a_value_comes_from_one_of_five_places() {
    let host = clean(host(&conf(
        "\"fs.s3.cse.rsa.name\" = \"k1\"\n\
         password = { file = \"pass\" }\n\
         token = { credential = \"t\" }\n\
         inline = { secret = \"s\" }\n\
         region = { env = \"AWS_REGION\" }",
    )));
    assert_eq!(
        sources(&host),
        [
            "fs.s3.cse.rsa.name: k1",
            "password: secret from file /etc/provost/pass",
            "token: secret from credential t",
            "inline: secret, inline",
            "region: environment variable AWS_REGION",
        ]
    );
    assert!(host.has_inline_secrets());
    let class = ClassName::parse("com.example.A").unwrap();
    let secret: Vec<bool> = host
        .class(&class)
        .conf
        .iter()
        .map(|e| e.source.is_secret())
        .collect();
    assert_eq!(secret, [false, true, true, true, false]);
    let ConfSource::Secret(bytes) = host.class(&class).conf[3].source.get() else {
        panic!("inline");
    };
    assert_eq!(bytes.secret_bytes(), b"s");
}

#[test]
fn only_an_inline_secret_makes_the_file_one() {
    let elsewhere = "a = { file = \"pass\" }\nb = { credential = \"t\" }";
    assert!(!clean(host(&conf(elsewhere))).has_inline_secrets());
    assert!(clean(host(&conf("a = { secret = \"s\" }"))).has_inline_secrets());
}

#[test]
fn a_value_that_is_no_text_is_to_be_quoted() {
    for value in ["1", "1.5", "true", "[\"a\"]", "1979-05-27"] {
        let error = one_error(host(&conf(&format!("a = {value}"))));
        assert_eq!(underlined(&error), value);
        assert_has(error.hint_text().unwrap(), "quote it");
    }
}

#[test]
fn a_key_with_dots_is_to_be_quoted() {
    for line in [
        "fs.s3.cse.rsa.name = \"k1\"",
        "rsa.file = \"key.pem\"",
        "[classes.\"com.example.A\".conf.password]\nfile = \"a\"",
    ] {
        let error = one_error(host(&conf(line)));
        assert_has(error.hint_text().unwrap(), "quote a key that has dots");
    }
}

#[test]
fn a_value_has_exactly_one_source() {
    for (value, part) in [
        ("{}", "has 0 sources, expected one"),
        (
            "{ file = \"a\", env = \"B\" }",
            "has 2 sources, expected one",
        ),
        ("{ file = 1 }", "`file` is a number"),
        ("{ file = \"\" }", "is not a path"),
        ("{ credential = \"a/b\" }", "not the name of a file"),
        ("{ credential = \"..\" }", "not the name of a file"),
        ("{ env = \"1A\" }", "not the name of a variable"),
        ("{ env = \"A-B\" }", "not the name of a variable"),
        ("{ files = \"a\" }", "unknown field `files`"),
    ] {
        assert_has(
            one_error(host(&conf(&format!("a = {value}")))).message(),
            part,
        );
    }
}

/// All that can be printed about a text, whether it was accepted or not.
fn all_output(text: &str) -> String {
    let mut output = Vec::new();
    let diagnostics: Vec<_> = match host(text) {
        Ok(Loaded { value, warnings }) => {
            let all = Span::from(0..text.len());
            let error = value.error(all, "all of it");
            output.push(format!("{value:?} {:?} {error:?}", value.explain()));
            output.push(format!("{} {:?}", value.source().text(), error.excerpt()));
            warnings
        }
        Err(found) => found.into_iter().collect(),
    };
    for found in diagnostics {
        output.push(format!("{found} {found:?} {:?}", found.excerpt()));
    }
    output.join("\n")
}

#[test]
fn an_inline_secret_is_never_shown() {
    let inline = format!("{{ secret = \"{SECRET}\" }}");
    for line in [
        format!("a = {inline}"),
        format!("a = {inline}, b"),
        format!("a = {{ secret = \"{SECRET}\", file = \"x\" }}"),
        format!("a = {{ secret = \"{SECRET}\", secre = \"x\" }}"),
        format!("a = {{ secret = [\"{SECRET}\"] }}"),
        format!("a = {{ secret = {{ secret = \"{SECRET}\" }} }}"),
        format!("a = {{ SECRET = \"{SECRET}\" }}"),
        format!("a = {{ secrte = \"{SECRET}\" }}"),
        format!("a = {{ file = {{ value = \"{SECRET}\" }} }}"),
        format!("a.secret = \"{SECRET}\""),
        format!("a = [{inline}]"),
        format!("secret = \"{SECRET}\""),
        format!("a = {{ secret = '''\n{SECRET}\nsecond line''' }}\nb = 1"),
        format!("a = {inline}\na = {inline}"),
        format!("a = {{ secret = \"{SECRET}"),
        format!("a = {{ secret = {SECRET} }}"),
        format!("a = {{ secret = \"\\q{SECRET}\" }}"),
    ] {
        let output = all_output(&conf(&line));
        assert!(!output.contains("hunter2"), "{line}\n{output}");
        assert!(!output.contains("second line"), "{line}\n{output}");
    }
    let elsewhere = format!("secret = \"{SECRET}\"\n[libraries]\nsecret = \"{SECRET}\"\n");
    assert!(!all_output(&elsewhere).contains("hunter2"));
}

#[test]
fn the_line_of_a_secret_is_not_shown_and_others_are() {
    let text = conf(&format!(
        "a = {{ secret = \"{SECRET}\", fil = \"x\" }}\nb = 1"
    ));
    let found = host(&text).unwrap_err();
    let shown: Vec<(usize, bool)> = found
        .errors()
        .map(|error| (error.position().line, error.excerpt().is_some()))
        .collect();
    assert_eq!(shown, [(2, false), (2, false), (3, true)]);
}

#[test]
fn hiding_a_secret_moves_no_position() {
    let text = conf(&format!("a = {{ secret = \"{SECRET}\", fil = \"x\" }}"));
    let found = host(&text).unwrap_err();
    let error = found
        .errors()
        .find(|e| e.message().contains("unknown"))
        .unwrap();
    assert_eq!(underlined(error), "fil");
    let line = text.lines().nth(1).unwrap();
    let expected = line
        .chars()
        .take(line.chars().count() - "fil = \"x\" }".len())
        .count()
        + 1;
    assert_eq!(error.position().column, expected);
}

#[test]
fn many_secrets_are_hidden_quickly() {
    let lines: Vec<String> = (0..20_000)
        .map(|i| format!("k{i} = {{ secret = \"hunter2\" }}"))
        .collect();
    let started = std::time::Instant::now();
    let host = clean(host(&conf(&lines.join("\n"))));
    assert!(!host.source().text().contains("hunter2"));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
