//! Listing objects among files.

use std::cmp::Reverse;
use std::fs::DirEntry;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::store::{LeftOut, ObjectInfo, ObjectLister, ObjectPrefix, ObjectUri, StoreError};

use super::place::{is_hidden, path_of};
use super::{blocking, publish, read};

/// Objects of one page.
const PAGE: usize = 1000;

/// A walk through folders in the order of keys.
#[derive(Debug)]
pub(super) struct Walk {
    prefix: ObjectPrefix,
    /// What is still to be seen, last first. A folder is opened when its turn comes.
    ahead: Vec<Ahead>,
    left_out: Vec<LeftOut>,
}

#[derive(Debug)]
enum Ahead {
    File(PathBuf),
    Folder(PathBuf),
}

impl Walk {
    pub(super) fn begin(prefix: &ObjectPrefix) -> Result<Self, StoreError> {
        let path = path_of(prefix)?;
        let mut walk = Self {
            prefix: prefix.clone(),
            ahead: Vec::new(),
            left_out: Vec::new(),
        };
        // The prefix itself may be one object, or lead through a link to a folder.
        match path.metadata() {
            Ok(facts) if facts.is_dir() => walk.ahead.push(Ahead::Folder(path)),
            Ok(_) => walk.ahead.push(Ahead::File(path)),
            Err(e) if read::means_absent(&e) => {}
            Err(e) => return Err(walk.failed("look at the prefix", e)),
        }
        Ok(walk)
    }

    fn page(&mut self) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut page = Vec::new();
        while page.len() < PAGE {
            match self.ahead.pop() {
                None => break,
                Some(Ahead::File(path)) => page.extend(self.look_at(&path)?),
                Some(Ahead::Folder(path)) => self.open(&path)?,
            }
        }
        Ok(page)
    }

    /// Puts what is in a folder ahead, in the order of keys: a folder's name counts with the `/`
    /// that follows it.
    fn open(&mut self, folder: &Path) -> Result<(), StoreError> {
        let entries = match folder.read_dir() {
            Err(e) if read::means_absent(&e) => return Ok(()),
            opened => opened.map_err(|e| self.failed("read a folder", e))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| self.failed("read a folder", e))?;
            found.extend(classify(&entry).map_err(|e| self.failed("read a folder", e))?);
        }
        found.sort_by_cached_key(|(key, _)| Reverse(key.clone()));
        self.ahead.extend(found.into_iter().map(|(_, ahead)| ahead));
        Ok(())
    }

    fn look_at(&mut self, path: &Path) -> Result<Option<ObjectInfo>, StoreError> {
        let facts = match path.symlink_metadata() {
            Err(e) if read::means_absent(&e) => return Ok(None),
            looked => looked.map_err(|e| self.failed("look at a file", e))?,
        };
        let hidden = path
            .file_name()
            .is_some_and(|n| is_hidden(&n.to_string_lossy(), false));
        if !facts.is_file() || hidden {
            return Ok(None);
        }
        let uri = match ObjectUri::from_file_path(path) {
            Ok(uri) => uri,
            Err(error) => {
                self.left_out.push(LeftOut {
                    name: error.text,
                    problem: error.problem,
                    size: facts.len(),
                });
                return Ok(None);
            }
        };
        let mut info = ObjectInfo::new(uri, facts.len());
        info.last_modified = facts.modified().ok();
        info.etag = Some(publish::etag(&facts));
        Ok(Some(info))
    }

    fn failed(&self, step: &'static str, source: io::Error) -> StoreError {
        StoreError::List {
            prefix: self.prefix.clone(),
            step,
            source: Box::new(source),
        }
    }
}

/// What an entry of a folder is, if it is anything that is listed, and what it sorts by. Links are
/// not followed: a listing stays inside its prefix and ends.
fn classify(entry: &DirEntry) -> io::Result<Option<(String, Ahead)>> {
    let kind = match entry.file_type() {
        Err(e) if read::means_absent(&e) => return Ok(None),
        kind => kind?,
    };
    let name = entry.file_name();
    // One that is not UTF-8 is left out when its turn comes.
    let name = name.to_string_lossy();
    if is_hidden(&name, kind.is_dir()) {
        return Ok(None);
    }
    if kind.is_dir() {
        return Ok(Some((format!("{name}/"), Ahead::Folder(entry.path()))));
    }
    Ok(kind
        .is_file()
        .then(|| (name.into_owned(), Ahead::File(entry.path()))))
}

#[async_trait]
impl ObjectLister for Walk {
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StoreError> {
        let ahead = std::mem::take(&mut self.ahead);
        let mut walk = Self {
            prefix: self.prefix.clone(),
            ahead,
            left_out: std::mem::take(&mut self.left_out),
        };
        let (page, walk) = blocking(move || (walk.page(), walk)).await;
        (self.ahead, self.left_out) = (walk.ahead, walk.left_out);
        page
    }

    fn left_out(&mut self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out)
    }
}
