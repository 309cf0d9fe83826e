//! The rules that look at a whole set: one row each, in the order of their names. Those of a zip,
//! of PEM and of parsing are where that is done.

mod algorithm;
mod certificate;
mod chain;
mod key;
mod names;
mod order;
mod time;
mod trust;
mod usage;

use super::capped;
use super::certificate::Certificate;
use super::finding::Finding;
use super::path::Path;
use super::policy::TlsPolicy;
use super::private_key::PrivateKey;
use super::rule::RuleId;

/// All that the rules look at.
pub(super) struct Set<'a> {
    pub(super) policy: &'a TlsPolicy,
    /// None if there is none that could be read.
    pub(super) key: Option<&'a PrivateKey>,
    /// The chain in the order of its file; never empty.
    pub(super) chain: &'a [Certificate],
    /// The trusted certificates; none if there is no such file.
    pub(super) trusted: Option<&'a [Certificate]>,
    /// Which certificate of the chain is the end entity's.
    pub(super) end_entity: usize,
    /// Where it leads.
    pub(super) path: &'a Path<'a>,
}

impl Set<'_> {
    /// The end entity's certificate.
    pub(super) fn certificate(&self) -> Option<&Certificate> {
        self.chain.get(self.end_entity)
    }

    fn trusted(&self) -> &[Certificate] {
        self.trusted.unwrap_or_default()
    }
}

type Check = fn(&Set<'_>) -> Vec<Finding>;
type PathCheck = fn(&Path<'_>, &TlsPolicy) -> Vec<Finding>;

/// The rules about key, chain and trusted certificates.
const RULES: &[(RuleId, Check)] = &[
    (RuleId::Key006, key::not_of_the_certificate),
    (RuleId::Key009, key::publicly_known),
    (RuleId::Crt003, certificate::duplicate),
    (RuleId::Crt004, certificate::old_version),
    (RuleId::Chn001, order::end_entity_first),
    (RuleId::Chn002, order::out_of_order),
    (RuleId::Chn003, chain::missing_intermediate),
    (RuleId::Chn004, chain::not_signed),
    (RuleId::Chn005, order::not_on_the_path),
    (RuleId::Chn006, order::root_included),
    (RuleId::Tim001, time::expired),
    (RuleId::Tim002, time::not_yet_valid),
    (RuleId::Tim004, time::ends_soon),
    (RuleId::Use001, usage::no_signatures),
    (RuleId::Use002, usage::not_for_servers),
    (RuleId::Use004, usage::end_entity_is_a_ca),
    (RuleId::Nam001, names::no_alternative_name),
    (RuleId::Nam002, names::not_covered),
    (RuleId::Nam004, names::bad_wildcard),
    (RuleId::Nam007, names::malformed),
    (RuleId::Tru001, trust::no_path),
    (RuleId::Tru002, trust::absent),
    (RuleId::Tru003, trust::not_completed),
    (RuleId::Tru004, trust::trusts_itself),
    (RuleId::Tru006, trust::end_entity_is_trusted),
];

/// The rules about one path. Of several paths the one with the fewest errors is taken.
const PATH_RULES: &[(RuleId, PathCheck)] = &[
    (RuleId::Crt005, certificate::unknown_critical_extension),
    (RuleId::Chn007, chain::issuer_is_no_ca),
    (RuleId::Chn008, chain::issuer_may_not_sign),
    (RuleId::Chn009, chain::too_long),
    (RuleId::Chn010, chain::name_constraints),
    (RuleId::Chn012, chain::issuer_is_not_for_servers),
    (RuleId::Chn013, chain::key_ids_differ),
    (RuleId::Tim003, time::intermediate),
    (RuleId::Tim005, time::anchor),
    (RuleId::Alg001, algorithm::too_small),
    (RuleId::Alg002, algorithm::small),
    (RuleId::Alg003, algorithm::broken_hash),
    (RuleId::Alg004, algorithm::sha1),
    (RuleId::Tru005, trust::anchor_is_no_ca),
    (RuleId::Tru008, trust::anchor_is_an_intermediate),
];

/// What every rule says of the set, in the order of the rules' names.
pub(super) fn check(set: &Set<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|(_, check)| check(set)).collect();
    findings.extend(of_path(set.path, set.policy));
    findings.sort_by_key(|finding| finding.rule);
    capped::few(findings)
}

/// What the rules about paths say of one.
pub(super) fn of_path(path: &Path<'_>, policy: &TlsPolicy) -> Vec<Finding> {
    PATH_RULES
        .iter()
        .flat_map(|(_, check)| check(path, policy))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{PATH_RULES, RULES, RuleId};

    #[test]
    fn each_rule_is_looked_at_once_and_in_one_place() {
        let rows = RULES.iter().map(|row| row.0);
        let mut here: Vec<RuleId> = rows.chain(PATH_RULES.iter().map(|row| row.0)).collect();
        let count = here.len();
        here.sort_unstable();
        here.dedup();
        assert_eq!(here.len(), count);
        // What is left is found while a set is collected, or while its blocks are read.
        let elsewhere = RuleId::ALL.iter().filter(|rule| !here.contains(rule));
        let early = |id: &str| {
            id.starts_with("ART") || id.starts_with("PEM") || {
                let reading = [
                    "KEY-001", "KEY-002", "KEY-003", "KEY-004", "KEY-005", "KEY-008", "KEY-010",
                    "CRT-001", "CRT-002", "CRT-008",
                ];
                reading.contains(&id)
            }
        };
        for rule in elsewhere {
            assert!(early(rule.as_str()), "nothing looks at {rule}");
        }
    }
}
