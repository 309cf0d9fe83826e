//! `[s3]`.

use std::collections::BTreeMap;

use super::Reader;
use crate::config::document::Table;
use crate::config::host::s3::{Endpoint, S3Place, S3Settings};
use crate::config::shown;

impl Reader<'_> {
    pub(super) fn s3(&self, table: Option<Table<'_>>) -> S3Settings {
        let Some(mut table) = table else {
            return S3Settings::default();
        };
        let place = self.s3_place(&mut table);
        let profile = table
            .parsed("profile", PROFILE_HINT, parse_profile)
            .map(|profile| self.setting(profile));
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
        S3Settings::with_buckets(place, profile, buckets)
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

fn is_bucket(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (3..=255).contains(&text.len()) && text.bytes().all(allowed)
}
