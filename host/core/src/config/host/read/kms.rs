//! `[kms]`, and the region.

use super::{Reader, classes, visible};
use crate::config::document::Table;
use crate::config::host::class::Proof;
use crate::config::host::kms::{KmsEndpoint, KmsSettings, RegionRule};
use crate::config::host::setting::Setting;
use crate::config::kms_key_arn::{KmsKeyArn, is_region};
use crate::config::shown;
use crate::config::source::Spanned;

impl Reader<'_> {
    pub(super) fn kms(&self, table: Option<Table<'_>>) -> KmsSettings {
        let mut settings = KmsSettings::with_defaults();
        let Some(mut table) = table else {
            return settings;
        };
        settings.endpoint = table
            .parsed("endpoint", ENDPOINT_HINT, KmsEndpoint::parse)
            .map(|endpoint| self.setting(endpoint));
        settings.region = table
            .parsed("region", REGION_HINT, parse_region)
            .map(|region| self.setting(region));
        settings.profile = table
            .parsed("profile", PROFILE_HINT, parse_profile)
            .map(|profile| self.setting(profile));
        if let Some(deadline) =
            table.parsed("deadline", classes::DEADLINE_HINT, classes::parse_deadline)
        {
            settings.deadline = self.setting(deadline);
        }
        if let Some(keys) = table.texts("decrypt_keys") {
            settings.decrypt_keys = self.setting(self.keys(&keys));
        }
        let words = [
            ("required", Proof::Required),
            ("elsewhere", Proof::Elsewhere),
        ];
        if let Some(proof) = table.word("proof", &words) {
            settings.proof = self.setting(proof);
        }
        if let Some(allow) = table.boolean("allow_moved") {
            settings.allow_moved = self.setting(allow);
        }
        let words = [("enforce", RegionRule::Enforce), ("warn", RegionRule::Warn)];
        if let Some(rule) = table.word("region_rule", &words) {
            settings.region_rule = self.setting(rule);
        }
        table.finish(&[]);
        settings
    }

    /// The cluster's region: the file's, else the SDK's variables.
    pub(super) fn region(&self, top: &mut Table<'_>) -> Option<Setting<String>> {
        let region = top.parsed("region", REGION_HINT, parse_region);
        let variable = |name| {
            self.variable(name, |text| {
                parse_region(text).map_err(|error| (error.to_owned(), REGION_HINT))
            })
        };
        region
            .map(|region| self.setting(region))
            .or_else(|| variable("AWS_REGION"))
            .or_else(|| variable("AWS_DEFAULT_REGION"))
    }

    fn keys(&self, texts: &Spanned<Vec<Spanned<&str>>>) -> Spanned<Vec<KmsKeyArn>> {
        let mut keys: Vec<KmsKeyArn> = Vec::new();
        for text in texts.get() {
            match KmsKeyArn::parse(text.get()) {
                Ok(key) if keys.contains(&key) => {
                    let message = format!("`{key}` for the second time");
                    self.report.error(text.span(), message, "name each once");
                }
                Ok(key) => keys.push(key),
                Err(error) => {
                    let message = format!("`{}`: {error}", shown(text.get()));
                    self.report.error(text.span(), message, KEY_HINT);
                }
            }
        }
        if keys.len() > MAX_DECRYPT_KEYS {
            let message = format!(
                "`decrypt_keys` names {} keys; at most {MAX_DECRYPT_KEYS} are tried",
                keys.len()
            );
            let hint = "leave out the keys that no object is encrypted with any more";
            self.report.error(texts.span(), message, hint);
        }
        texts.with(keys)
    }
}

/// With the key that writes, as many as a provider may offer.
const MAX_DECRYPT_KEYS: usize = 7;
const ENDPOINT_HINT: &str =
    "write https://HOST, or http:// for this machine: data keys travel there";
const REGION_HINT: &str = "write the name of a region, as in eu-central-1";
const PROFILE_HINT: &str = "write the name of a profile in ~/.aws/config";
const KEY_HINT: &str = "write arn:aws:kms:REGION:ACCOUNT:key/ID";

fn parse_region(text: &str) -> Result<String, &'static str> {
    if !is_region(text) {
        return Err("is not a region");
    }
    Ok(text.to_owned())
}

fn parse_profile(text: &str) -> Result<String, &'static str> {
    if !visible(text, 128) {
        return Err("is not 1 to 128 visible ASCII characters");
    }
    Ok(text.to_owned())
}
