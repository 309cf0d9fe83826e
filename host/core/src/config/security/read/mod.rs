//! From the tree to the values, rule by rule.

mod at_rest;
mod fields;
mod in_transit;

use std::path::Path;
use std::sync::Arc;

use super::{SecurityConfiguration, foreign};
use crate::config::diagnostic::Report;
use crate::config::document::{Node, Table};
use crate::config::source::{Span, Spanned};

/// What concerns others: kept, and not looked into.
const UNTOUCHED: [&str; 3] = [
    "AuthenticationConfiguration",
    "AuthorizationConfiguration",
    "InstanceMetadataServiceConfiguration",
];

pub(super) fn configuration(
    root: &Node,
    folder: Option<&Path>,
    report: &Report,
) -> Option<SecurityConfiguration> {
    // R10 first: in the other grammar nothing else would make sense.
    if foreign::is_eks(root, report) {
        return None;
    }
    let span = Span::from(root.span.start..root.span.start);
    let mut top = Table::open(root, "the security configuration", span, report)?;
    let encryption = top.table("EncryptionConfiguration");
    let named = top
        .entries()
        .iter()
        .any(|e| e.key.get() == "EncryptionConfiguration");
    let untouched: Vec<(String, Span)> = UNTOUCHED
        .into_iter()
        .filter_map(|name| top.take(name))
        .map(|entry| (entry.key.get().clone(), entry.value.span))
        .collect();
    top.finish(&[]);
    if !named {
        let message = "no `EncryptionConfiguration`: nothing is encrypted";
        report.warning(span, message, "is it the right file?");
    }
    let (at_rest, in_transit) = match encryption {
        Some(table) => halves(table, folder),
        None => (None, None),
    };
    Some(SecurityConfiguration {
        source: Arc::clone(report.source()),
        at_rest,
        in_transit,
        untouched,
    })
}

type Halves = (
    Option<super::AtRestEncryption>,
    Option<super::InTransitEncryption>,
);

/// R10: the two halves do not depend on each other.
fn halves(mut table: Table<'_>, folder: Option<&Path>) -> Halves {
    const AT_REST: (&str, &str) = ("EnableAtRestEncryption", "AtRestEncryptionConfiguration");
    const IN_TRANSIT: (&str, &str) = (
        "EnableInTransitEncryption",
        "InTransitEncryptionConfiguration",
    );
    let at_rest = half(&mut table, AT_REST, |table| {
        Some(at_rest::read(table, folder))
    });
    let in_transit = half(&mut table, IN_TRANSIT, |table| {
        in_transit::read(table, folder)
    });
    table.finish(&[]);
    (at_rest, in_transit)
}

/// One half: its switch, which is off when left out, and its configuration.
fn half<'t, T>(
    table: &mut Table<'t>,
    (switch, configuration): (&'static str, &'static str),
    read: impl FnOnce(Table<'t>) -> Option<T>,
) -> Option<T> {
    let report = table.report();
    let enabled: Option<Spanned<bool>> = fields::switch(table, switch);
    let on = enabled.is_some_and(|enabled| *enabled.get());
    let Some(inner) = table.table(configuration) else {
        let present = table.entries().iter().any(|e| e.key.get() == configuration);
        if let (Some(enabled), true, false) = (enabled, on, present) {
            let message = format!("`{switch}` is true, and there is no `{configuration}`");
            report.error(
                enabled.span(),
                message,
                format!("add `{configuration}` beside it, or set `{switch}` to false"),
            );
        }
        return None;
    };
    if !on {
        let message = format!("`{configuration}` is not used, because `{switch}` is not true");
        report.warning(
            inner.span(),
            message,
            format!("set `{switch}` to true to use it"),
        );
    }
    read(inner).filter(|_| on)
}
