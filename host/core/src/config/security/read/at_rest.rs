//! `AtRestEncryptionConfiguration`.

use std::path::Path;

use super::fields::{self, Conditional};
use crate::config::diagnostic::{Diagnostic, Report};
use crate::config::document::{Node, Table};
use crate::config::security::{
    AtRestEncryption, BucketOverride, LocalDiskEncryption, LocalDiskKey, S3Encryption,
    S3EncryptionConfiguration,
};
use crate::config::source::{Span, Spanned};

const MODES: [(&str, Mode); 4] = [
    ("SSE-S3", Mode::SseS3),
    ("SSE-KMS", Mode::SseKms),
    ("CSE-KMS", Mode::CseKms),
    ("CSE-Custom", Mode::CseCustom),
];

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    SseS3,
    SseKms,
    CseKms,
    CseCustom,
}

const TYPES: [(&str, Type); 2] = [("AwsKms", Type::AwsKms), ("Custom", Type::Custom)];

#[derive(Clone, Copy, PartialEq)]
enum Type {
    AwsKms,
    Custom,
}

pub(super) fn read(mut table: Table<'_>, folder: Option<&Path>) -> AtRestEncryption {
    const S3: &str = "S3EncryptionConfiguration";
    const LOCAL_DISK: &str = "LocalDiskEncryptionConfiguration";
    // R9: the name in old editions of the guide, which the service refuses.
    const RENAMED: (&str, &str) = ("LocalDiskEncryptionKeyProvider", LOCAL_DISK);
    let s3 = table.table(S3);
    let local_disk = table.table(LOCAL_DISK);
    let named = |entry: &&str| [S3, LOCAL_DISK, RENAMED.0].contains(entry);
    if !table.entries().iter().any(|e| named(&e.key.get().as_str())) {
        let message = format!("{} has neither `{S3}` nor `{LOCAL_DISK}`", table.name());
        let hint = "add one of them, or set `EnableAtRestEncryption` to false";
        table.report().error(table.span(), message, hint);
    }
    let report = table.report();
    table.finish(&[RENAMED]);
    let at_rest = AtRestEncryption {
        s3: s3.and_then(|table| s3_configuration(table, folder)),
        local_disk: local_disk.and_then(|table| local_disk_configuration(table, folder)),
    };
    one_class_for_both(&at_rest, report);
    keys_of_two_regions(&at_rest, report);
    at_rest
}

fn s3_configuration(
    mut table: Table<'_>,
    folder: Option<&Path>,
) -> Option<S3EncryptionConfiguration> {
    let encryption = s3_encryption(&mut table, folder);
    let mut overrides: Vec<BucketOverride> = Vec::new();
    if let Some(list) = table.list("Overrides") {
        for node in *list.get() {
            let Some(found) = bucket_override(node, table.report(), folder) else {
                continue;
            };
            if let Some(first) = overrides
                .iter()
                .find(|o| o.bucket.get() == found.bucket.get())
            {
                let line = table
                    .report()
                    .source()
                    .position(first.bucket.span().start)
                    .line;
                let message = format!("bucket `{}` for the second time", found.bucket.get());
                let hint = format!("the first override is on line {line}; keep one");
                table.report().error(found.bucket.span(), message, hint);
            }
            overrides.push(found);
        }
    }
    table.finish(&[]);
    Some(S3EncryptionConfiguration {
        encryption: encryption?,
        overrides,
    })
}

fn bucket_override(node: &Node, report: &Report, folder: Option<&Path>) -> Option<BucketOverride> {
    let span = Span::from(node.span.start..node.span.start);
    let mut table = Table::open(node, "an entry of `Overrides`", span, report)?;
    let bucket = table
        .text("BucketName")
        .map(|name| name.with((*name.get()).to_owned()));
    if table.entries().iter().all(|e| e.key.get() != "BucketName") {
        report.error(
            span,
            "an entry of `Overrides` needs `BucketName`",
            "add the bucket's name",
        );
    }
    let bucket = bucket.filter(|name| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let good = !name.get().is_empty() && name.get().bytes().all(plain);
        if !good {
            let message = format!(
                "`{}` is not a bucket name",
                crate::config::shown(name.get())
            );
            report.error(name.span(), message, "write the name alone, without s3://");
        }
        good
    });
    let encryption = s3_encryption(&mut table, folder);
    table.finish(&[]);
    Some(BucketOverride {
        bucket: bucket?,
        encryption: encryption?,
    })
}

/// `EncryptionMode` and its conditional fields: of the whole, or of an override.
fn s3_encryption(table: &mut Table<'_>, folder: Option<&Path>) -> Option<Spanned<S3Encryption>> {
    let mode = mode(table);
    let key = fields::kms_key(table);
    let object = fields::s3_object(table, folder);
    let class = fields::class(table, "EncryptionKeyProviderClass");
    let mode = mode?;
    let name = MODES
        .iter()
        .find(|(_, m)| m == mode.get())
        .map_or("", |(name, _)| name);
    let conditional = Conditional {
        choice: format!("`EncryptionMode` `{name}`"),
        chosen: mode.span(),
    };
    if *mode.get() != Mode::CseCustom {
        conditional.forbidden(table, "S3Object");
        conditional.forbidden(table, "EncryptionKeyProviderClass");
    }
    if matches!(mode.get(), Mode::SseS3 | Mode::CseCustom) {
        conditional.forbidden(table, "AwsKmsKey");
    }
    let encryption = match mode.get() {
        Mode::SseS3 => S3Encryption::SseS3,
        Mode::SseKms => S3Encryption::SseKms {
            key: conditional.required(table, "AwsKmsKey", key)?,
        },
        Mode::CseKms => S3Encryption::CseKms {
            key: conditional.required(table, "AwsKmsKey", key)?,
        },
        Mode::CseCustom => {
            let field = "EncryptionKeyProviderClass";
            S3Encryption::CseCustom(fields::named_class(
                table,
                &conditional,
                field,
                class,
                object,
            )?)
        }
    };
    Some(mode.with(encryption))
}

fn mode(table: &mut Table<'_>) -> Option<Spanned<Mode>> {
    let report = table.report();
    let Some(text) = table.text("EncryptionMode") else {
        fields::missing_choice(
            table,
            "EncryptionMode",
            "SSE-S3, SSE-KMS, CSE-KMS, CSE-Custom",
        );
        return None;
    };
    // R8: known from S3, and not part of EMR.
    if *text.get() == "SSE-C" {
        report.push(
            Diagnostic::error(
                report.source(),
                text.span(),
                "`EncryptionMode` `SSE-C` does not exist in EMR",
            )
            .hint("expected one of: SSE-S3, SSE-KMS, CSE-KMS, CSE-Custom"),
        );
        return None;
    }
    crate::config::document::word(report, &text, "EncryptionMode", &MODES)
}

fn local_disk_configuration(
    mut table: Table<'_>,
    folder: Option<&Path>,
) -> Option<LocalDiskEncryption> {
    const RENAMED: (&str, &str) = (
        "LocalDiskEncryptionKeyProviderType",
        "EncryptionKeyProviderType",
    );
    let kind = table.word("EncryptionKeyProviderType", &TYPES);
    let key = fields::kms_key(&mut table);
    let object = fields::s3_object(&mut table, folder);
    let class = fields::class(&mut table, "EncryptionKeyProviderClass");
    let ebs = fields::switch(&mut table, "EnableEbsEncryption");
    let Some(kind) = kind else {
        if table.entries().iter().all(|e| e.key.get() != RENAMED.0) {
            fields::missing_choice(&table, "EncryptionKeyProviderType", "AwsKms, Custom");
        }
        table.finish(&[RENAMED]);
        return None;
    };
    let name = TYPES
        .iter()
        .find(|(_, t)| t == kind.get())
        .map_or("", |(name, _)| name);
    let conditional = Conditional {
        choice: format!("`EncryptionKeyProviderType` `{name}`"),
        chosen: kind.span(),
    };
    let key = match kind.get() {
        Type::AwsKms => {
            conditional.forbidden(&table, "S3Object");
            conditional.forbidden(&table, "EncryptionKeyProviderClass");
            conditional
                .required(&table, "AwsKmsKey", key)
                .map(|key| LocalDiskKey::AwsKms { key })
        }
        Type::Custom => {
            conditional.forbidden(&table, "AwsKmsKey");
            // R7: EBS encryption is done with a KMS key.
            if let Some(ebs) = ebs.filter(|ebs| *ebs.get()) {
                table.report().error(
                    ebs.span(),
                    "`EnableEbsEncryption` needs `EncryptionKeyProviderType` `AwsKms`",
                    "remove `EnableEbsEncryption`, or use a KMS key",
                );
            }
            let field = "EncryptionKeyProviderClass";
            fields::named_class(&table, &conditional, field, class, object)
                .map(LocalDiskKey::Custom)
        }
    };
    table.finish(&[RENAMED]);
    Some(LocalDiskEncryption {
        key: kind.with(key?),
        ebs: ebs.is_some_and(|ebs| *ebs.get()),
    })
}

/// R6: objects and local disks have two contracts, and no class can implement both.
fn one_class_for_both(at_rest: &AtRestEncryption, report: &Report) {
    let Some(disk) = at_rest.local_disk_class() else {
        return;
    };
    if let Some(s3) = at_rest
        .s3_classes()
        .find(|s3| s3.class.get() == disk.class.get())
    {
        let line = report.source().position(s3.class.span().start).line;
        let message = format!(
            "class `{}` is named for local disks and, on line {line}, for S3",
            disk.class.get()
        );
        report.push(
            Diagnostic::error(report.source(), disk.class.span(), message)
                .label("has to be another class than the one for S3")
                .hint(
                    "S3 wants the interface com.amazonaws.services.s3.model.\
                     EncryptionMaterialsProvider, local disks the abstract class \
                     com.amazonaws.services.elasticmapreduce.spi.security.\
                     EncryptionMaterialsProvider, so give each its own class; the EMR guide's \
                     sample with custom providers throughout gets this wrong",
                ),
        );
    }
}

/// R4, as far as the file alone can tell: of keys in two regions, one is not the cluster's.
fn keys_of_two_regions(at_rest: &AtRestEncryption, report: &Report) {
    let mut keys = at_rest.kms_keys();
    let Some(first) = keys.next() else {
        return;
    };
    if let Some(other) = keys.find(|key| key.region() != first.region()) {
        let line = report.source().position(first.span().start).line;
        let message = format!(
            "this key is in {}, the one on line {line} in {}",
            other.region(),
            first.region()
        );
        let hint = "all keys have to be in the region of the cluster and its buckets";
        report.warning(other.span(), message, hint);
    }
}
