//! Where each value came from, for `provost check --explain`.

use std::fmt::Display;
use std::path::PathBuf;

use super::class::{ClassConfiguration, Isolation, Proof, Unpinned};
use super::kms::{KmsEndpoint, KmsSettings, RegionRule};
use super::policy::{
    Commitment, EnvelopePlace, Legacy, ObjectFormat, PrefixPolicy, ReadPolicy, Unauthenticated,
    WriteEnvelope, WriteFormat, WritePolicy,
};
use super::setting::{Origin, Setting};
use super::{
    DescriptionPolicy, FetchSettings, HostConfiguration, Libraries, S3Place, TlsSettings,
    TransferSettings,
};
use crate::config::kms_key_arn::KmsKeyArn;

/// One value of the host configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Its name, as in `provost.toml`.
    pub name: String,
    /// Its value, as it may be shown: of a secret, where it comes from.
    pub value: String,
    /// Who set it.
    pub origin: Origin,
}

/// Destructures all that it lists, so that no new setting can be forgotten here.
pub(super) fn explain(configuration: &HostConfiguration) -> Vec<Explained> {
    let HostConfiguration {
        security_configuration,
        cluster_id,
        node_names,
        region,
        libraries,
        description,
        tls,
        transfer,
        kms,
        s3,
        fetch: FetchSettings { directory: cache },
        source,
        classes,
        unlisted_class: _,
        policies,
        default_policy: _,
    } = configuration;
    let Libraries {
        folders,
        files,
        needed,
    } = libraries;
    let DescriptionPolicy {
        populate,
        uri,
        cluster_id: cluster_id_entry,
    } = description;
    let TlsSettings {
        directory,
        owner,
        default_roots,
        strict,
    } = tls;
    let TransferSettings { window } = transfer;
    let mut list = List(Vec::new());
    list.optional(
        "security_configuration",
        security_configuration.as_ref(),
        |p| p.display(),
    );
    list.optional("cluster_id", cluster_id.as_ref(), Clone::clone);
    list.add("node_names", node_names, |names| names.join(", "));
    list.optional("region", region.as_ref(), Clone::clone);
    list.add("libraries.folders", folders, |paths| join(paths));
    list.add("libraries.files", files, |paths| join(paths));
    list.add("libraries.needed", needed, |names| names.join(", "));
    list.add("description.populate", populate, |populate| *populate);
    list.add("description.uri", uri, Clone::clone);
    list.add("description.cluster_id", cluster_id_entry, Clone::clone);
    list.add("tls.directory", directory, |path| {
        path.display().to_string()
    });
    list.optional("tls.owner", owner.as_ref(), Clone::clone);
    list.add("tls.default_roots", default_roots, Clone::clone);
    list.add("tls.strict", strict, |strict| *strict);
    list.add("transfer.window", window, |window| *window);
    list.kms(kms);
    list.place("s3", &s3.place);
    list.optional("s3.profile", s3.profile.as_ref(), Clone::clone);
    list.add("s3.timeout", &s3.timeout, |timeout| {
        humantime::format_duration(*timeout)
    });
    for (bucket, place) in s3.buckets() {
        list.place(&format!("s3.buckets.\"{bucket}\""), place);
    }
    list.optional("fetch.directory", cache.as_ref(), |path| path.display());
    for (name, class) in classes {
        list.class(&format!("classes.\"{name}\""), class);
        for entry in &class.conf {
            let line = source.position(entry.key.span().start).line;
            list.0.push(Explained {
                name: format!("classes.\"{name}\".conf.\"{}\"", entry.key.get()),
                value: entry.source.get().to_string(),
                origin: Origin::File { line },
            });
        }
    }
    for policy in policies {
        list.policy(policy);
    }
    list.0
}

struct List(Vec<Explained>);

impl List {
    fn add<T, D: Display>(&mut self, name: &str, setting: &Setting<T>, show: impl Fn(&T) -> D) {
        self.0.push(Explained {
            name: name.to_owned(),
            value: crate::config::shown(&show(setting.get()).to_string()),
            origin: setting.origin().clone(),
        });
    }

    fn optional<'s, T, D: Display>(
        &mut self,
        name: &str,
        setting: Option<&'s Setting<T>>,
        show: impl Fn(&'s T) -> D,
    ) {
        let (value, origin) = match setting {
            Some(setting) => (show(setting.get()).to_string(), setting.origin().clone()),
            None => ("(none)".to_owned(), Origin::Default),
        };
        self.0.push(Explained {
            name: name.to_owned(),
            value: crate::config::shown(&value),
            origin,
        });
    }

    fn kms(&mut self, kms: &KmsSettings) {
        let KmsSettings {
            endpoint,
            region,
            profile,
            deadline,
            decrypt_keys,
            proof,
            allow_moved,
            region_rule,
        } = kms;
        self.optional("kms.endpoint", endpoint.as_ref(), KmsEndpoint::as_str);
        self.optional("kms.region", region.as_ref(), Clone::clone);
        self.optional("kms.profile", profile.as_ref(), Clone::clone);
        self.add("kms.deadline", deadline, |d| humantime::format_duration(*d));
        self.add("kms.decrypt_keys", decrypt_keys, |keys| {
            let keys: Vec<&str> = keys.iter().map(KmsKeyArn::as_str).collect();
            keys.join(", ")
        });
        self.add("kms.proof", proof, |proof| shown_proof(*proof));
        self.add("kms.allow_moved", allow_moved, |allow| *allow);
        self.add("kms.region_rule", region_rule, |rule| match rule {
            RegionRule::Enforce => "enforce",
            RegionRule::Warn => "warn",
        });
    }

    fn class(&mut self, table: &str, class: &ClassConfiguration) {
        let ClassConfiguration {
            library,
            sha256,
            unpinned,
            isolation,
            deadline,
            lanes,
            memory,
            proof,
            conf: _,
        } = class;
        let name = |field: &str| format!("{table}.{field}");
        self.optional(&name("library"), library.as_ref(), Clone::clone);
        self.optional(&name("sha256"), sha256.as_ref(), |digest| *digest);
        self.add(&name("unpinned"), unpinned, |unpinned| match unpinned {
            Unpinned::Refuse => "refuse",
            Unpinned::Allow => "allow",
        });
        self.add(&name("isolation"), isolation, |isolation| match isolation {
            Isolation::Process => "process",
            Isolation::InProcess => "in-process",
        });
        self.add(&name("deadline"), deadline, |d| {
            humantime::format_duration(*d)
        });
        self.add(&name("lanes"), lanes, |lanes| *lanes);
        self.add(&name("memory"), memory, |memory| *memory);
        self.add(&name("proof"), proof, |proof| shown_proof(*proof));
    }

    fn place(&mut self, table: &str, place: &S3Place) {
        let S3Place {
            endpoint,
            region,
            path_style,
        } = place;
        let name = |field: &str| format!("{table}.{field}");
        self.optional(&name("endpoint"), endpoint.as_ref(), Clone::clone);
        self.optional(&name("region"), region.as_ref(), Clone::clone);
        self.optional(&name("path_style"), path_style.as_ref(), |p| *p);
    }

    fn policy(&mut self, policy: &PrefixPolicy) {
        let PrefixPolicy {
            prefix,
            commitment,
            write:
                WritePolicy {
                    format,
                    envelope,
                    data_key_reuse,
                },
            read:
                ReadPolicy {
                    formats,
                    envelope: places,
                    legacy,
                    unauthenticated,
                    instruction_suffix,
                },
        } = policy;
        let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
        let name = |field: &str| format!("prefixes.\"{prefix}\".{field}");
        self.add(&name("commitment"), commitment, |commitment| {
            commitment.map_or("none", Commitment::name)
        });
        self.add(&name("write.format"), format, |format| match format {
            WriteFormat::V2 => "V2",
            WriteFormat::V3 => "V3",
        });
        self.add(
            &name("write.envelope"),
            envelope,
            |envelope| match envelope {
                WriteEnvelope::Metadata => "metadata",
                WriteEnvelope::InstructionFile => "instruction-file",
                WriteEnvelope::Overflow => "overflow",
            },
        );
        self.add(&name("write.data_key_reuse"), data_key_reuse, |reuse| {
            reuse.map_or("none".to_owned(), |reuse| {
                let age = humantime::format_duration(reuse.age);
                format!("{} objects, {}, {age}", reuse.objects, reuse.bytes)
            })
        });
        self.add(&name("read.formats"), formats, |formats| {
            let names = formats.iter().map(|format| match format {
                ObjectFormat::V1 => "V1",
                ObjectFormat::V2 => "V2",
                ObjectFormat::V3 => "V3",
            });
            names.collect::<Vec<_>>().join(", ")
        });
        self.add(&name("read.envelope"), places, |places| {
            let names = places.iter().map(|place| match place {
                EnvelopePlace::Metadata => "metadata",
                EnvelopePlace::InstructionFile => "instruction-file",
            });
            names.collect::<Vec<_>>().join(", ")
        });
        self.add(
            &name("read.instruction_suffix"),
            instruction_suffix,
            |suffix| suffix.clone().unwrap_or_else(|| "none".to_owned()),
        );
        self.add(&name("read.legacy"), legacy, |legacy| match legacy {
            Legacy::Refuse => "refuse",
            Legacy::Decrypt => "decrypt",
        });
        self.add(
            &name("read.unauthenticated"),
            unauthenticated,
            |unauthenticated| match unauthenticated {
                Unauthenticated::Refuse => "refuse",
                Unauthenticated::Accept => "accept",
            },
        );
    }
}

fn shown_proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Required => "required",
        Proof::Elsewhere => "elsewhere",
    }
}

fn join(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
    paths.join(", ")
}
