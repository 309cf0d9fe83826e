//! The key list: which key file belongs to which prefix and generation.

use std::fs;
use std::path::{Path, PathBuf};

use provost_key_files::{KeyFileError, read_trusted};
use provost_plugin_api::SecretBytes;

use crate::key_text::{KeyTextError, read_key};
use crate::prefix::{PrefixError, UriPrefix};

/// The largest key list, in bytes.
const MAX_LIST: usize = 1 << 20;

/// The longest generation name, in bytes.
const MAX_GENERATION: usize = 64;

/// All keys, by prefix and generation.
#[derive(Debug)]
pub struct KeyList {
    prefixes: Vec<PrefixKeys>,
}

/// The keys of one prefix.
#[derive(Debug)]
pub struct PrefixKeys {
    prefix: UriPrefix,
    generations: Vec<Generation>,
}

/// One key of a prefix.
#[derive(Debug)]
pub struct Generation {
    name: String,
    key: SecretBytes,
    line: usize,
}

/// Why a key list was not taken. Each message names the file and the line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyListError {
    /// The list was not read.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The list is not UTF-8.
    #[error("`{}` is not UTF-8 at byte {at}", list.display())]
    NotUtf8 {
        /// The list.
        list: PathBuf,
        /// The first byte that is not.
        at: usize,
    },
    /// The list has no line but comments.
    #[error("`{}` lists no key: expected lines of a URI prefix, a generation and a key file", list.display())]
    Empty {
        /// The list.
        list: PathBuf,
    },
    /// Something is wrong with one line.
    #[error("{}:{line}: {problem}", list.display())]
    Line {
        /// The list.
        list: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// What is wrong with one line of a key list.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// Not three fields.
    #[error(
        "{got} fields, expected 3: a URI prefix, a generation and a key file, with quotes (\") around what has spaces"
    )]
    Fields {
        /// How many there are.
        got: usize,
    },
    /// A quote that is not closed, or that stands inside a field.
    #[error("a quote (\") that does not enclose a whole field")]
    Quote,
    /// The first field is no prefix.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
    /// The second field is no name.
    #[error("`{0}` is no generation: expected 1 to 64 visible ASCII characters")]
    Generation(String),
    /// The same prefix and generation stand above.
    #[error("generation `{generation}` of `{prefix}` is listed already, in line {first}")]
    Repeated {
        /// The prefix.
        prefix: UriPrefix,
        /// The generation.
        generation: String,
        /// The line that lists it already.
        first: usize,
    },
    /// A rotation that changes nothing.
    #[error(
        "this key file has the same key as generation `{generation}` of `{prefix}`, in line {first}"
    )]
    SameKey {
        /// The prefix.
        prefix: UriPrefix,
        /// The generation with that key.
        generation: String,
        /// Its line.
        first: usize,
    },
    /// The key file holds no key.
    #[error("key file `{}`: {problem}", file.display())]
    Key {
        /// The key file.
        file: PathBuf,
        /// Why.
        problem: KeyTextError,
    },
    /// The key file was not read.
    #[error(transparent)]
    KeyFile(KeyFileError),
}

impl KeyList {
    /// Reads a key list and all the key files in it: all, or an error.
    ///
    /// Paths in the list are relative to the folder that the list is in, a link being followed.
    pub fn load(list: &Path) -> Result<Self, KeyListError> {
        let content = read_trusted(list, MAX_LIST)?;
        let text = std::str::from_utf8(&content).map_err(|error| KeyListError::NotUtf8 {
            list: list.to_owned(),
            at: error.valid_up_to(),
        })?;
        let real = fs::canonicalize(list).unwrap_or_else(|_| list.to_owned());
        let folder = real.parent().unwrap_or(Path::new("/"));
        let mut keys = Self {
            prefixes: Vec::new(),
        };
        for (at, line) in text.lines().enumerate() {
            let at = at + 1;
            keys.add_line(line, at, folder)
                .map_err(|problem| KeyListError::Line {
                    list: list.to_owned(),
                    line: at,
                    problem,
                })?;
        }
        if keys.prefixes.is_empty() {
            return Err(KeyListError::Empty {
                list: list.to_owned(),
            });
        }
        Ok(keys)
    }

    /// All prefixes, in the order of their first lines.
    pub fn prefixes(&self) -> &[PrefixKeys] {
        &self.prefixes
    }

    /// The keys of the longest prefix that covers `uri`; `None` is a call about no object.
    pub fn covering(&self, uri: Option<&str>) -> Option<&PrefixKeys> {
        self.prefixes
            .iter()
            .filter(|keys| keys.prefix.covers(uri))
            .max_by_key(|keys| keys.prefix.as_str().len())
    }

    /// The key of exactly this prefix and generation.
    pub fn named(&self, prefix: &str, generation: &str) -> Option<(&PrefixKeys, &Generation)> {
        let prefix = UriPrefix::parse(prefix).ok()?;
        let keys = self.prefixes.iter().find(|keys| keys.prefix == prefix)?;
        let found = keys.generations.iter().find(|g| g.name == generation)?;
        Some((keys, found))
    }

    fn add_line(&mut self, line: &str, at: usize, folder: &Path) -> Result<(), LineProblem> {
        let fields = fields(line)?;
        let (prefix, generation, file) = match fields.as_slice() {
            [] => return Ok(()),
            [prefix, generation, file] => (UriPrefix::parse(prefix)?, *generation, *file),
            _ => return Err(LineProblem::Fields { got: fields.len() }),
        };
        let visible = generation.bytes().all(|byte| byte.is_ascii_graphic());
        if generation.is_empty() || generation.len() > MAX_GENERATION || !visible {
            return Err(LineProblem::Generation(generation.to_owned()));
        }
        let file = folder.join(file);
        let key = read_key(&file).map_err(|problem| match problem {
            KeyTextError::File(problem) => LineProblem::KeyFile(problem),
            problem => LineProblem::Key { file, problem },
        })?;
        let known = self.prefixes.iter_mut().find(|keys| keys.prefix == prefix);
        if let Some(keys) = known {
            return keys.add(generation, key, at);
        }
        let mut keys = PrefixKeys {
            prefix,
            generations: Vec::new(),
        };
        keys.add(generation, key, at)?;
        self.prefixes.push(keys);
        Ok(())
    }
}

impl PrefixKeys {
    /// The prefix.
    pub fn prefix(&self) -> &UriPrefix {
        &self.prefix
    }

    /// The generation of the last line: the one that encrypts.
    pub fn newest(&self) -> Option<&Generation> {
        self.generations.last()
    }

    /// All generations, newest first.
    pub fn newest_first(&self) -> impl ExactSizeIterator<Item = &Generation> {
        self.generations.iter().rev()
    }

    /// Whether this key is listed here, under whatever generation.
    pub fn lists(&self, key: &SecretBytes) -> bool {
        self.generations.iter().any(|known| known.key == *key)
    }

    fn add(&mut self, name: &str, key: SecretBytes, line: usize) -> Result<(), LineProblem> {
        for known in &self.generations {
            let (prefix, generation) = (self.prefix.clone(), known.name.clone());
            let first = known.line;
            if known.name == name {
                return Err(LineProblem::Repeated {
                    prefix,
                    generation,
                    first,
                });
            }
            if known.key == key {
                return Err(LineProblem::SameKey {
                    prefix,
                    generation,
                    first,
                });
            }
        }
        self.generations.push(Generation {
            name: name.to_owned(),
            key,
            line,
        });
        Ok(())
    }
}

impl Generation {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its AES key.
    pub fn key(&self) -> &SecretBytes {
        &self.key
    }
}

/// The fields of a line: separated by white space, in quotes where they hold some, up to a field
/// that starts with `#`.
fn fields(line: &str) -> Result<Vec<&str>, LineProblem> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(LineProblem::Quote)?,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        let apart = after.is_empty() || after.starts_with(char::is_whitespace);
        if !apart || field.contains('"') {
            return Err(LineProblem::Quote);
        }
        fields.push(field);
        rest = after.trim_start();
    }
    Ok(fields)
}
