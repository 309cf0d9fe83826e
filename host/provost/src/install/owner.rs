//! To whom private files are given.

use std::fmt;
use std::str::FromStr;

use nix::unistd::{Group, User};

use super::InstallError;

/// Who is to read the private files of an installation. Parsed from `USER` or `USER:GROUP`, names
/// or numbers. Without a group it is the user's own; a number that is no known user's has none, and
/// then the group stays that of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub uid: u32,
    /// The group, if it is to be set.
    pub gid: Option<u32>,
}

/// Why a text names no [`Owner`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OwnerError {
    /// Empty, or with an empty part.
    #[error("an owner is USER or USER:GROUP, not {found:?}")]
    Form {
        /// The text.
        found: String,
    },
    /// There is no such user.
    #[error("there is no user {name:?} on this machine")]
    User {
        /// The name.
        name: String,
    },
    /// There is no such group.
    #[error("there is no group {name:?} on this machine")]
    Group {
        /// The name.
        name: String,
    },
    /// The system could not tell.
    #[error("cannot look up {name:?}: {problem}")]
    LookUp {
        /// The name of a user or group.
        name: String,
        /// The operating system's answer.
        problem: String,
    },
}

impl Owner {
    /// Whether this process can give files to the owner; root can give them to anybody.
    pub(super) fn check(self) -> Result<(), InstallError> {
        let user = rustix::process::geteuid().as_raw();
        if user == 0 {
            return Ok(());
        }
        let refused = |wanted| InstallError::Owner { wanted, user };
        if self.uid != user {
            return Err(refused(format!("user {}", self.uid)));
        }
        match self.gid {
            Some(gid) if !is_own_group(gid) => Err(refused(format!("group {gid}"))),
            _ => Ok(()),
        }
    }
}

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        if user.is_empty() || group.is_some_and(|group| group.is_empty() || group.contains(':')) {
            return Err(OwnerError::Form {
                found: text.to_owned(),
            });
        }
        let (uid, own_group) = find_user(user)?;
        let gid = group.map(find_group).transpose()?.or(own_group);
        Ok(Self { uid, gid })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.uid)?;
        match self.gid {
            Some(gid) => write!(f, ":{gid}"),
            None => Ok(()),
        }
    }
}

/// A user and its group. A name that is a number is the number, unless it is a user's name.
fn find_user(name: &str) -> Result<(u32, Option<u32>), OwnerError> {
    let failed = |e| look_up(name, e);
    if let Some(user) = User::from_name(name).map_err(failed)? {
        return Ok((user.uid.as_raw(), Some(user.gid.as_raw())));
    }
    let uid = number(name).ok_or_else(|| OwnerError::User {
        name: name.to_owned(),
    })?;
    let user = User::from_uid(uid.into()).map_err(failed)?;
    Ok((uid, user.map(|user| user.gid.as_raw())))
}

fn find_group(name: &str) -> Result<u32, OwnerError> {
    if let Some(group) = Group::from_name(name).map_err(|e| look_up(name, e))? {
        return Ok(group.gid.as_raw());
    }
    number(name).ok_or_else(|| OwnerError::Group {
        name: name.to_owned(),
    })
}

fn look_up(name: &str, error: nix::Error) -> OwnerError {
    OwnerError::LookUp {
        name: name.to_owned(),
        problem: error.desc().to_owned(),
    }
}

/// The highest number means "leave it" to the system, so it is nobody's.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten();
    number.filter(|number| *number != u32::MAX)
}

fn is_own_group(gid: u32) -> bool {
    let mut others = rustix::process::getgroups().unwrap_or_default().into_iter();
    rustix::process::getegid().as_raw() == gid || others.any(|other| other.as_raw() == gid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Owner, OwnerError> {
        text.parse()
    }

    #[test]
    fn owners_are_names_or_numbers() {
        let owner = |uid, gid| Ok(Owner { uid, gid });
        assert_eq!(parse("root"), owner(0, Some(0)));
        assert_eq!(parse("0"), owner(0, Some(0)));
        assert_eq!(parse("root:4294967294"), owner(0, Some(4_294_967_294)));
        assert_eq!(parse("4294967294"), owner(4_294_967_294, None));
        assert_eq!(parse("12:root"), owner(12, Some(0)));
    }

    #[test]
    fn what_names_nobody_is_refused() {
        let user = |name: &str| Err(OwnerError::User { name: name.into() });
        assert_eq!(parse("no-such-user"), user("no-such-user"));
        assert_eq!(parse("4294967295"), user("4294967295"));
        assert_eq!(parse("+1"), user("+1"));
        assert_eq!(parse("-1"), user("-1"));
        let name = "no-such-group".to_owned();
        assert_eq!(parse("root:no-such-group"), Err(OwnerError::Group { name }));
        for found in ["", ":", "root:", ":root", "root:root:"] {
            let form = OwnerError::Form {
                found: found.to_owned(),
            };
            assert_eq!(parse(found), Err(form), "{found:?}");
        }
    }
}
