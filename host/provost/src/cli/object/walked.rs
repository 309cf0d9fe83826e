//! The objects under a prefix, as what is worked on.

use provost_core::config::HostConfiguration;

use super::failed;
use super::many::Item;
use crate::cli::report::Failure;
use crate::store::encrypted::{Met, Walk};
use crate::store::{LeftOut, ObjectPrefix, ObjectUri, Stores};

/// An object to work on.
pub(super) struct Found {
    pub(super) uri: ObjectUri,
    /// An object whose name is that of one of its folders.
    pub(super) below: Option<ObjectUri>,
}

/// A walk that begins when the first object is asked for.
pub(super) struct Walked<'s> {
    stores: &'s Stores,
    prefix: &'s ObjectPrefix,
    host: &'s HostConfiguration,
    walk: Option<Walk<'s>>,
}

impl<'s> Walked<'s> {
    pub(super) fn new(
        stores: &'s Stores,
        host: &'s HostConfiguration,
        prefix: &'s ObjectPrefix,
    ) -> Self {
        Self {
            stores,
            prefix,
            host,
            walk: None,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Item<Found>>, Failure> {
        let walk = match &mut self.walk {
            Some(walk) => walk,
            none => none.insert(
                Walk::begin(self.stores, self.host, self.prefix)
                    .await
                    .map_err(failed)?,
            ),
        };
        Ok(match walk.next().await.map_err(failed)? {
            None => None,
            Some(Met::Object { info, below }) => Some(Item::Work {
                name: info.uri.to_string(),
                of: Found {
                    uri: info.uri,
                    below,
                },
            }),
            Some(Met::LeftOut(left_out)) => Some(left(left_out)),
        })
    }
}

/// What no URI can name: a mark for a folder is nothing to work on, all else is a failure.
fn left(left_out: LeftOut) -> Item<Found> {
    let (skipped, failed) = if left_out.is_folder() {
        (Some("it only stands for a folder".to_owned()), None)
    } else {
        let failure = Failure::new(format!("no URI can name it: {}", left_out.problem))
            .hint("only other tools can reach it: copy it to another name with one of them");
        (None, Some(failure))
    };
    Item::Settled {
        name: left_out.name,
        skipped,
        failed,
    }
}
