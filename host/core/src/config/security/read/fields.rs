//! Fields that appear in several places of the grammar.

use std::path::Path;

use crate::config::class_name::ClassName;
use crate::config::document::{Table, Value};
use crate::config::kms_key_arn::{KmsKeyArn, KmsKeyArnError};
use crate::config::location::{Location, LocationError};
use crate::config::security::NamedClass;
use crate::config::source::Spanned;

/// Fields that only some choices have.
pub(super) struct Conditional {
    /// The choice in words, such as `EncryptionMode` `SSE-S3`.
    pub(super) choice: String,
    /// Where the choice was made.
    pub(super) chosen: crate::config::source::Span,
}

impl Conditional {
    /// An error unless `value` is there.
    pub(super) fn required<T>(&self, table: &Table<'_>, name: &str, value: Option<T>) -> Option<T> {
        let written = table.entries().iter().any(|e| e.key.get() == name);
        if value.is_none() && !written {
            let message = format!("{} needs `{name}`", self.choice);
            let hint = format!("add `{name}` to {}", table.name());
            table.report().error(self.chosen, message, hint);
        }
        value
    }

    /// An error if `name` is there.
    pub(super) fn forbidden(&self, table: &Table<'_>, name: &str) {
        if let Some(entry) = table.entries().iter().find(|e| e.key.get() == name) {
            let message = format!("{} has no `{name}`", self.choice);
            let hint = format!(
                "remove `{name}`, or make another choice than {}",
                self.choice
            );
            table.report().error(entry.key.span(), message, hint);
        }
    }
}

/// A boolean; the text `"true"` or `"false"` passes with a warning, because the guide writes so.
pub(super) fn switch(table: &mut Table<'_>, name: &'static str) -> Option<Spanned<bool>> {
    let report = table.report();
    let node = &table.take(name)?.value;
    let parsed = match &node.value {
        Value::Bool(value) => return Some(Spanned::new(*value, node.span)),
        Value::Text(text) => match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    };
    match parsed {
        Some(value) => {
            let message = format!("`{name}` is text, expected a boolean");
            report.warning(node.span, message, format!("write {value} without quotes"));
            Some(Spanned::new(value, node.span))
        }
        None => table.boolean(name),
    }
}

/// R3: `AwsKmsKey`, the ARN of a key. Aliases are in wide use, so they pass with a warning.
pub(super) fn kms_key(table: &mut Table<'_>) -> Option<Spanned<KmsKeyArn>> {
    let report = table.report();
    let text = table.text("AwsKmsKey")?;
    let error = match KmsKeyArn::parse(text.get()) {
        Ok(key) => {
            if key.is_alias() {
                report.warning(
                    text.span(),
                    "`AwsKmsKey` is an alias, expected the ARN of a key",
                    "an alias can be pointed at another key; write the ARN of the key itself",
                );
            }
            return Some(text.with(key));
        }
        Err(error) => error,
    };
    let shown = crate::config::shown(text.get());
    let hint = match error {
        KmsKeyArnError::BareId => {
            format!("write the whole ARN: arn:aws:kms:REGION:ACCOUNT:key/{shown}")
        }
        KmsKeyArnError::BareAlias => {
            "write the whole ARN of its key: arn:aws:kms:REGION:ACCOUNT:key/ID".to_owned()
        }
        _ => "a key's ARN is arn:aws:kms:REGION:ACCOUNT:key/ID".to_owned(),
    };
    let message = format!("`AwsKmsKey` is `{shown}`: {error}");
    report.error(text.span(), message, hint);
    None
}

/// R2: `S3Object`, in path form or ARN form.
pub(super) fn s3_object(table: &mut Table<'_>, folder: Option<&Path>) -> Option<Spanned<Location>> {
    let parse = |text: &str| -> Result<Location, LocationError> {
        match folder {
            Some(folder) => Location::parse_in(text, folder),
            None => Location::parse(text),
        }
    };
    let hint = "write s3://bucket/key, arn:aws:s3:::bucket/key, or the absolute path of a file";
    table.parsed("S3Object", hint, parse)
}

/// A provider class.
pub(super) fn class(table: &mut Table<'_>, name: &'static str) -> Option<Spanned<ClassName>> {
    let hint = "write the full name, as in com.example.Keys";
    let class = table.parsed(name, hint, ClassName::parse)?;
    if class.ends_in_jar() {
        let message = format!("the class name `{}` ends in `.jar`", class.get());
        let hint =
            "a class name is not a file name; leave `.jar` out unless the class is called so";
        table.report().warning(class.span(), message, hint);
    }
    Some(class)
}

/// Class and library, both needed.
pub(super) fn named_class(
    table: &Table<'_>,
    conditional: &Conditional,
    class_field: &str,
    class: Option<Spanned<ClassName>>,
    library: Option<Spanned<Location>>,
) -> Option<NamedClass> {
    let class = conditional.required(table, class_field, class);
    let library = conditional.required(table, "S3Object", library);
    if let Some(library) = &library
        && library
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("zip"))
    {
        let message = format!(
            "{} wants a library, and `S3Object` is a zip",
            conditional.choice
        );
        let hint = "name the provider's library; a zip of PEM files goes with `PEM`";
        table.report().warning(library.span(), message, hint);
    }
    Some(NamedClass {
        class: class?,
        library: library?,
    })
}

/// An error if the field that decides about the others was left out.
pub(super) fn missing_choice(table: &Table<'_>, name: &str, accepted: &str) {
    if table.entries().iter().all(|e| e.key.get() != name) {
        let message = format!("{} needs `{name}`", table.name());
        let hint = format!("add `{name}`, one of: {accepted}");
        table.report().error(table.span(), message, hint);
    }
}
