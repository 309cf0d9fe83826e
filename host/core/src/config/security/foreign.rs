//! R10: the grammar of EMR on EKS is another one.

use crate::config::diagnostic::{Diagnostic, Report};
use crate::config::document::{Node, Value};

/// Fields of EMR on EKS that EMR on EC2 does not have, in lower case.
const EKS_FIELDS: [&str; 5] = [
    "securityconfigurationdata",
    "awskmskeyid",
    "privatecertificatesecretarn",
    "publiccertificatesecretarn",
    "certificateauthoritysecretarn",
];

/// Whether the tree is written in the grammar of EMR on EKS; then there is one error that says so.
pub(super) fn is_eks(root: &Node, report: &Report) -> bool {
    let Some(key) = find(root) else {
        return false;
    };
    report.push(
        Diagnostic::error(
            report.source(),
            key.span(),
            format!("`{}` belongs to EMR on EKS", key.get()),
        )
        .label("a field of another grammar")
        .hint(
            "security configurations of EMR on EKS (emr-containers) are not understood; write one \
             for EMR on EC2, with `AwsKmsKey` for keys and `S3Object` for certificates",
        ),
    );
    true
}

fn find(node: &Node) -> Option<&crate::config::source::Spanned<String>> {
    if let Value::Array(nodes) = &node.value {
        return nodes.iter().find_map(find);
    }
    node.entries().iter().find_map(|entry| {
        let name = entry.key.get().to_lowercase();
        if EKS_FIELDS.contains(&name.as_str()) {
            return Some(&entry.key);
        }
        find(&entry.value)
    })
}
