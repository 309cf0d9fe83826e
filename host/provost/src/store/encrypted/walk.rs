//! Walking over the objects under a prefix, page by page.

use std::collections::VecDeque;

use provost_core::config::HostConfiguration;
use provost_core::envelope::INSTRUCTION_SUFFIX;

use super::ObjectError;
use crate::store::{LeftOut, ObjectInfo, ObjectLister, ObjectPrefix, ObjectUri, Stores};

/// Gives the objects under a prefix in the order of their keys. Instruction files belong to their
/// objects and are left out. Memory does not depend on how many objects there are.
pub struct Walk<'h> {
    lister: Box<dyn ObjectLister>,
    page: VecDeque<ObjectInfo>,
    left_out: VecDeque<LeftOut>,
    begun: Begun,
    host: &'h HostConfiguration,
}

/// What a walk meets.
#[derive(Debug)]
#[non_exhaustive]
pub enum Met {
    /// An object.
    Object {
        /// Name, stored size and age.
        info: ObjectInfo,
        /// An object whose name is that of a folder of this one, as `a` is for `a/b`: both are
        /// objects of a store, and cannot both be files.
        below: Option<ObjectUri>,
    },
    /// Something that no URI can name.
    LeftOut(LeftOut),
}

impl<'h> Walk<'h> {
    /// Begins a walk. The policies say which instruction files there are besides Amazon's own.
    pub async fn begin(
        stores: &Stores,
        host: &'h HostConfiguration,
        prefix: &ObjectPrefix,
    ) -> Result<Self, ObjectError> {
        let store = stores.open_prefix(prefix)?;
        Ok(Self {
            lister: store.list(prefix).await?,
            page: VecDeque::new(),
            left_out: VecDeque::new(),
            begun: Begun::default(),
            host,
        })
    }

    /// The next one; none after the last.
    pub async fn next(&mut self) -> Result<Option<Met>, ObjectError> {
        loop {
            if let Some(left_out) = self.left_out.pop_front() {
                return Ok(Some(Met::LeftOut(left_out)));
            }
            if let Some(info) = self.page.pop_front() {
                let suffix = || {
                    let policy = self.host.policy_for(&info.uri.to_string());
                    policy.read.instruction_suffix.as_deref()
                };
                let seen = self.begun.see(&info.uri, suffix);
                if seen.is_instruction_file {
                    continue;
                }
                let below = seen.below;
                return Ok(Some(Met::Object { info, below }));
            }
            self.page = self.lister.next_page().await?.into();
            self.left_out = self.lister.left_out().into();
            if self.page.is_empty() && self.left_out.is_empty() {
                return Ok(None);
            }
        }
    }
}

/// The objects seen so far whose names the present one begins with. Names arrive in order, and all
/// that begin with one follow it at once, so no others are needed.
#[derive(Default)]
struct Begun(Vec<ObjectUri>);

struct Seen {
    is_instruction_file: bool,
    below: Option<ObjectUri>,
}

impl Begun {
    /// `suffix` is of instruction files that are not Amazon's own; it is asked for only where there
    /// is an object that such a file could belong to.
    fn see<'s>(&mut self, uri: &ObjectUri, suffix: impl FnOnce() -> Option<&'s str>) -> Seen {
        let key = uri.key();
        while self.0.pop_if(|last| !key.starts_with(last.key())).is_some() {}
        let rest = |owner: &ObjectUri| key.strip_prefix(owner.key()).unwrap_or_default();
        let of_suffix = |suffix: &str| self.0.iter().any(|owner| rest(owner) == suffix);
        let is_instruction_file = !self.0.is_empty()
            && (of_suffix(INSTRUCTION_SUFFIX) || suffix().is_some_and(of_suffix));
        let below = self
            .0
            .iter()
            .find(|owner| rest(owner).starts_with('/'))
            .cloned();
        if !is_instruction_file {
            self.0.push(uri.clone());
        }
        Seen {
            is_instruction_file,
            below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_object_before_it_whatever_lies_between() {
        let mut begun = Begun::default();
        let keys = [
            ("a", false, None),
            ("a-b", false, None),
            ("a-b.instruction", true, None),
            ("a.instruction", true, None),
            ("a.shared", true, None),
            ("a/b", false, Some("memory://m/a")),
            ("a/b.instruction", true, Some("memory://m/a")),
            ("b.instruction", false, None),
            ("b.instruction.instruction", true, None),
        ];
        for (key, is_instruction_file, below) in keys {
            let seen = begun.see(&format!("memory://m/{key}").parse().unwrap(), || {
                Some(".shared")
            });
            assert_eq!(seen.is_instruction_file, is_instruction_file, "{key}");
            assert_eq!(
                seen.below.map(|uri| uri.to_string()).as_deref(),
                below,
                "{key}"
            );
        }
    }
}
