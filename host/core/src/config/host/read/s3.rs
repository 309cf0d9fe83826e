//! `[s3]`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Reader;
use crate::config::document::Table;
use crate::config::host::s3::{Endpoint, S3Place, S3Settings};
use crate::config::quantity::parse_duration;
use crate::config::shown;

impl Reader<'_> {
    pub(super) fn s3(&self, table: Option<Table<'_>>) -> S3Settings {
        let mut settings = S3Settings::default();
        let Some(mut table) = table else {
            return settings;
        };
        settings.place = self.s3_place(&mut table);
        settings.profile = table
            .parsed("profile", PROFILE_HINT, parse_profile)
            .map(|profile| self.setting(profile));
        if let Some(timeout) = table.parsed("timeout", TIMEOUT_HINT, parse_timeout) {
            settings.timeout = self.setting(timeout);
        }
        let mut buckets = BTreeMap::new();
        if let Some(named) = table.table("buckets") {
            for entry in named.entries() {
                let name = entry.key.get();
                let title = format!("[s3.buckets.\"{}\"]", shown(name));
                if !is_bucket(name) {
                    let message = format!("`{}` is not a bucket name", shown(name));
                    self.report
                        .error(entry.key.span(), message, "write the bucket's name alone");
                    continue;
                }
                let opened = Table::open(&entry.value, title, entry.key.span(), self.report);
                if let Some(mut bucket) = opened {
                    buckets.insert(name.clone(), self.s3_place(&mut bucket));
                    bucket.finish(&[]);
                }
            }
        }
        table.finish(&[]);
        settings.with_buckets(buckets)
    }

    fn s3_place(&self, table: &mut Table<'_>) -> S3Place {
        S3Place {
            endpoint: table
                .parsed("endpoint", ENDPOINT_HINT, Endpoint::parse)
                .map(|endpoint| self.setting(endpoint)),
            region: table
                .parsed("region", REGION_HINT, parse_region)
                .map(|region| self.setting(region)),
            path_style: table
                .boolean("path_style")
                .map(|path_style| self.setting(path_style)),
        }
    }
}

const ENDPOINT_HINT: &str = "write the server alone, as in https://s3.example.com:9000";
const REGION_HINT: &str = "write a region, as in eu-central-1";
const PROFILE_HINT: &str = "write the name of a profile of ~/.aws/config";
const TIMEOUT_HINT: &str = "write a time from 1s to 1h, as in 5m";

fn parse_region(text: &str) -> Result<String, &'static str> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
        return Err("that is not the name of a region");
    }
    Ok(text.to_owned())
}

fn parse_profile(text: &str) -> Result<String, &'static str> {
    if !(1..=256).contains(&text.len()) || text.chars().any(char::is_control) {
        return Err("that is not the name of a profile");
    }
    Ok(text.to_owned())
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    let timeout = parse_duration(text).map_err(|error| error.to_string())?;
    if !(Duration::from_secs(1)..=Duration::from_hours(1)).contains(&timeout) {
        return Err("not between 1s and 1h".to_owned());
    }
    Ok(timeout)
}

fn is_bucket(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (3..=255).contains(&text.len()) && text.bytes().all(allowed)
}
