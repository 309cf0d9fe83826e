//! `InTransitEncryptionConfiguration`.

use std::path::Path;

use super::fields::{self, Conditional};
use crate::config::document::Table;
use crate::config::security::{CertificateSource, InTransitEncryption};
use crate::config::source::Spanned;

#[derive(Clone, Copy)]
enum Kind {
    Pem,
    Custom,
}

pub(super) fn read(mut outer: Table<'_>, folder: Option<&Path>) -> Option<InTransitEncryption> {
    let table = outer.table("TLSCertificateConfiguration");
    if outer
        .entries()
        .iter()
        .all(|e| e.key.get() != "TLSCertificateConfiguration")
    {
        let message = format!("{} needs `TLSCertificateConfiguration`", outer.name());
        let hint = "add it, with `CertificateProviderType` and `S3Object`";
        outer.report().error(outer.span(), message, hint);
    }
    outer.finish(&[]);
    let certificates = certificates(table?, folder)?;
    Some(InTransitEncryption { certificates })
}

fn certificates(mut table: Table<'_>, folder: Option<&Path>) -> Option<Spanned<CertificateSource>> {
    const TYPE: &str = "CertificateProviderType";
    const CLASS: &str = "CertificateProviderClass";
    let kind = table.word(TYPE, &[("PEM", Kind::Pem), ("Custom", Kind::Custom)]);
    let object = fields::s3_object(&mut table, folder);
    let class = fields::class(&mut table, CLASS);
    let Some(kind) = kind else {
        fields::missing_choice(&table, TYPE, "PEM, Custom");
        table.finish(&[]);
        return None;
    };
    let conditional = |name: &str| Conditional {
        choice: format!("`{TYPE}` `{name}`"),
        chosen: kind.span(),
    };
    // R1: the class goes with Custom, and only with it.
    let source = match kind.get() {
        Kind::Pem => {
            let conditional = conditional("PEM");
            conditional.forbidden(&table, CLASS);
            let zip = conditional.required(&table, "S3Object", object);
            if let Some(zip) = zip.as_ref().filter(|zip| zip.is_jar()) {
                let message = format!("`{TYPE}` `PEM` wants a zip, and `S3Object` is a JAR");
                let hint = format!("a provider's library goes with `Custom` and `{CLASS}`");
                table.report().warning(zip.span(), message, hint);
            }
            zip.map(|zip| CertificateSource::Pem { zip })
        }
        Kind::Custom => {
            let conditional = conditional("Custom");
            fields::named_class(&table, &conditional, CLASS, class, object)
                .map(CertificateSource::Custom)
        }
    };
    table.finish(&[]);
    Some(kind.with(source?))
}
