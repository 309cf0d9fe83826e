//! Rules about what the end entity's certificate is for.

use super::Set;
use crate::tls::finding::Finding;
use crate::tls::rule::RuleId;

/// TLS 1.3, and every cipher suite with forward secrecy, signs with the key.
pub(super) fn no_signatures(set: &Set<'_>) -> Vec<Finding> {
    let step = set.path.end_entity().filter(|step| {
        let usage = step.certificate.extensions().key_usage;
        usage.is_some_and(|usage| !usage.digital_signature)
    });
    step.map(|step| {
        let message = "its key usage lacks digitalSignature, which TLS 1.3 and ECDHE need";
        Finding::new(RuleId::Use001, step.place(), message)
            .hint("have it issued with keyUsage = digitalSignature")
    })
    .into_iter()
    .collect()
}

/// Not for servers. Any purpose at all is a server's too, which not every engine understands.
pub(super) fn not_for_servers(set: &Set<'_>) -> Vec<Finding> {
    let Some(step) = set.path.end_entity() else {
        return Vec::new();
    };
    let Some(usage) = step.certificate.extensions().extended_key_usage else {
        return Vec::new();
    };
    let hint = "have it issued with extendedKeyUsage = serverAuth, clientAuth";
    if usage.server {
        return Vec::new();
    }
    vec![if usage.any {
        let message = "its extended key usage names any purpose instead of serverAuth";
        let finding = Finding::new(RuleId::Use002, step.place(), message);
        finding.warning().hint(hint)
    } else {
        let message = "its extended key usage lacks serverAuth: no client takes it for a server's";
        Finding::new(RuleId::Use002, step.place(), message).hint(hint)
    }]
}

/// The end entity could issue certificates.
pub(super) fn end_entity_is_a_ca(set: &Set<'_>) -> Vec<Finding> {
    let step = set
        .path
        .end_entity()
        .filter(|step| step.certificate.is_ca());
    step.map(|step| {
        let message =
            "it is a CA's certificate (CA:TRUE): whoever has this node's key can issue more";
        Finding::new(RuleId::Use004, step.place(), message).hint(
            "have it issued with basicConstraints = CA:FALSE; `openssl req -x509` adds CA:TRUE \
             unless told otherwise",
        )
    })
    .into_iter()
    .collect()
}
