//! Sets about what certificates are for.

use provost_core::tls::RuleId::{Use001, Use002, Use004};
use rcgen::ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
use rcgen::KeyUsagePurpose::{DigitalSignature, KeyCertSign, KeyEncipherment};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};

use super::{Case, Files, Pki, error, warning};

pub(super) fn cases(pki: &Pki) -> Vec<Case> {
    let usage = |usages: &[KeyUsagePurpose]| pki.set(|leaf| leaf.key_usages = usages.to_vec());
    let extended = |usages: &[ExtendedKeyUsagePurpose]| -> Files {
        pki.set(|leaf| leaf.extended_key_usages = usages.to_vec())
    };
    let ca = |usages: &[KeyUsagePurpose]| {
        pki.set(|leaf| {
            leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            leaf.key_usages = usages.to_vec();
        })
    };
    vec![
        // Enough for the cipher suites of old in which RSA encrypts.
        Case::new("USE-001/fires", usage(&[KeyEncipherment]), &[error(Use001)]),
        Case::new(
            "USE-001/near-miss",
            usage(&[DigitalSignature, KeyEncipherment]),
            &[],
        ),
        Case::new("USE-001/near-miss without the extension", usage(&[]), &[]),
        Case::new("USE-002/fires", extended(&[ClientAuth]), &[error(Use002)]),
        Case::new(
            "USE-002/fires for any purpose",
            extended(&[ClientAuth, Any]),
            &[warning(Use002)],
        ),
        Case::new("USE-002/near-miss", extended(&[ServerAuth]), &[]),
        Case::new(
            "USE-002/near-miss without the extension",
            extended(&[]),
            &[],
        ),
        Case::new(
            "USE-004/fires",
            ca(&[DigitalSignature, KeyCertSign]),
            &[warning(Use004)],
        ),
        Case::new(
            "USE-004/fires when strict",
            ca(&[DigitalSignature, KeyCertSign]),
            &[error(Use004)],
        )
        .strict(),
        Case::new(
            "USE-004/fires for an authority alone",
            ca(&[KeyCertSign]),
            &[error(Use001), warning(Use004)],
        ),
        // It says nothing of authorities, which is to say that it is none.
        Case::new(
            "USE-004/near-miss",
            pki.set(|leaf| leaf.is_ca = IsCa::NoCa),
            &[],
        ),
    ]
}
