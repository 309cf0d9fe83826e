//! What every object store must do, whoever wrote its adapter.
//!
//! Each function checks one rule of [`ObjectStore`] and panics with what was wrong. It works on
//! objects under the prefix it is given, which must be empty and its own. [`all`] runs every rule,
//! each under a folder of its own:
//!
//! ```no_run
//! # async fn run(store: &dyn provost::store::ObjectStore) {
//! let here = "s3://my-test-bucket/conformance".parse().unwrap();
//! provost_conformance::stores::all(store, &here).await;
//! # }
//! ```

mod bodies;
mod conditions;
mod listing;
mod replacing;

use std::collections::BTreeMap;

use provost::store::{Metadata, ObjectPrefix, ObjectStore, ObjectUri};

pub use bodies::{
    empty_body, exact_ranges, large_streamed_body, ranges_outside_are_refused,
    reading_in_any_step_gives_the_same_body,
};
pub use conditions::{
    conditions_hold_when_a_large_body_is_finished, delete_if_match, get_if_match,
    metadata_is_replaced_alone, one_of_many_is_first, put_if_absent, put_if_unchanged,
    unknown_versions_are_refused,
};
pub use listing::{
    list_is_sorted_and_prefix_bound_at_slash, list_of_nothing_is_empty,
    many_objects_are_all_listed, names_survive,
};
pub use replacing::{
    abandoned_put_leaves_nothing, concurrent_writers_leave_one_whole_object, delete_is_idempotent,
    get_of_missing_is_not_found, metadata_is_lower_case, metadata_of_the_largest_size,
    open_body_outlives_replacement, overwrite_replaces_metadata, put_get_delete,
    readers_never_see_a_mixture, uris_of_another_store_are_refused,
};

/// Runs every rule, each under a folder of its own in `under`.
///
/// # Panics
///
/// When a rule does not hold; the message says which and how.
pub async fn all(store: &dyn ObjectStore, under: &ObjectPrefix) {
    all_except(store, under, &[]).await;
}

/// Runs every rule but those of these names, which the server behind an adapter is known to break.
///
/// # Panics
///
/// When a rule does not hold, and when there is none of such a name.
pub async fn all_except(store: &dyn ObjectStore, under: &ObjectPrefix, except: &[&str]) {
    let mut left_out = 0;
    macro_rules! run {
        ($($rule:ident),* $(,)?) => {
            $(if except.contains(&stringify!($rule)) {
                left_out += 1;
            } else {
                $rule(store, &folder(under, stringify!($rule))).await;
            })*
        };
    }
    run![
        put_get_delete,
        overwrite_replaces_metadata,
        metadata_is_lower_case,
        metadata_of_the_largest_size,
        get_of_missing_is_not_found,
        delete_is_idempotent,
        abandoned_put_leaves_nothing,
        open_body_outlives_replacement,
        readers_never_see_a_mixture,
        concurrent_writers_leave_one_whole_object,
        uris_of_another_store_are_refused,
        empty_body,
        large_streamed_body,
        reading_in_any_step_gives_the_same_body,
        exact_ranges,
        ranges_outside_are_refused,
        list_is_sorted_and_prefix_bound_at_slash,
        list_of_nothing_is_empty,
        many_objects_are_all_listed,
        names_survive,
        put_if_absent,
        put_if_unchanged,
        conditions_hold_when_a_large_body_is_finished,
        delete_if_match,
        one_of_many_is_first,
        metadata_is_replaced_alone,
        get_if_match,
        unknown_versions_are_refused,
    ];
    assert_eq!(left_out, except.len(), "an unknown rule in {except:?}");
}

/// The folder `name` in `under`.
fn folder(under: &ObjectPrefix, name: &str) -> ObjectPrefix {
    let uri = object(under, name);
    uri.to_string()
        .parse()
        .expect("an object's name is a prefix too")
}

/// The object `key` under `under`.
fn object(under: &ObjectPrefix, key: &str) -> ObjectUri {
    under.join(key).expect("the suite's names are valid")
}

fn metadata(entries: &[(&str, &str)]) -> Metadata {
    Metadata::try_from(entries.to_vec()).expect("the suite's metadata is valid")
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    entries.iter().map(owned).collect()
}

/// `length` bytes that repeat after 251, so that no power of two hides a shift.
fn pattern(length: usize) -> Vec<u8> {
    (0..251).cycle().take(length).collect()
}
