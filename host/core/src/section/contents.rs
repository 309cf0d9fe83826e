//! The JSON of the section.

use std::fmt;

use serde::Deserialize;

use super::SectionError;
use super::error::quoted;

/// The version of the plugin contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbiVersion {
    /// Changes when old libraries can no longer be used.
    pub major: u32,
    /// Changes when something was added.
    pub minor: u32,
}

impl fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The package that a library was built from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How a library was built.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Build {
    /// The compiler and its version.
    pub rustc: String,
    /// The target triple.
    pub target: String,
    /// The panic strategy: `unwind` or `abort`.
    pub panic: String,
}

/// What a class provides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClassKind {
    /// Encryption materials: keys for data at rest.
    Materials,
    /// TLS artifacts: keys and certificates for data in transit.
    Tls,
}

impl fmt::Display for ClassKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Materials => "materials",
            Self::Tls => "tls",
        })
    }
}

/// A provider class, as its library declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassFacts {
    /// What it provides.
    pub kind: ClassKind,
    /// Its name: two or more identifiers joined by dots, at most 255 bytes.
    pub name: String,
    /// The configuration keys that it says it reads; keys distinct.
    pub conf: Vec<ConfKey>,
    /// What it wants from a sandbox, such as `network` or `files`. A wish, not a grant.
    pub needs: Vec<String>,
}

/// A configuration key that a class reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ConfKey {
    /// Its name.
    pub key: String,
    /// Whether the class cannot do without.
    #[serde(default)]
    pub required: bool,
    /// Whether its value is a secret.
    #[serde(default)]
    pub secret: bool,
    /// What it is for, one line; may be empty.
    #[serde(default)]
    pub help: String,
}

/// The layout of the section that this host reads.
const LAYOUT: u32 = 1;
/// How many classes, configuration keys of a class, and needs of a class are read.
const LIST_LIMIT: usize = 256;
/// The longest name, version or target, in bytes.
const NAME_LIMIT: usize = 255;
/// The longest help text, in bytes.
const HELP_LIMIT: usize = 2000;

pub(super) struct Contents {
    pub(super) abi: AbiVersion,
    pub(super) package: Package,
    pub(super) build: Build,
    pub(super) classes: Vec<ClassFacts>,
}

#[derive(Deserialize)]
struct Layout {
    provost: u32,
}

#[derive(Deserialize)]
struct RawContents {
    abi: String,
    package: Package,
    build: Build,
    classes: Vec<RawClass>,
}

#[derive(Deserialize)]
struct RawClass {
    kind: String,
    name: String,
    #[serde(default)]
    conf: Vec<ConfKey>,
    #[serde(default)]
    needs: Vec<String>,
}

/// Parses the bytes of the section; zero bytes at its end are padding.
pub(super) fn parse(section: &[u8]) -> Result<Contents, SectionError> {
    let end = section.iter().rposition(|&byte| byte != 0);
    let json = end.and_then(|end| section.get(..=end)).unwrap_or_default();
    let layout: Layout = from_json(json)?;
    if layout.provost != LAYOUT {
        return Err(SectionError::Layout {
            expected: LAYOUT,
            got: layout.provost,
        });
    }
    let RawContents {
        abi,
        package,
        build,
        classes,
    } = from_json(json)?;
    let abi = abi_version(&abi)?;
    name("package.name", &package.name)?;
    name("package.version", &package.version)?;
    name("build.rustc", &build.rustc)?;
    name("build.target", &build.target)?;
    name("build.panic", &build.panic)?;
    if classes.is_empty() {
        return Err(field("classes", "at least one class", ""));
    }
    limit("classes", classes.len())?;
    let classes: Vec<ClassFacts> = classes.into_iter().map(class).collect::<Result<_, _>>()?;
    distinct("class", classes.iter().map(|class| class.name.as_str()))?;
    Ok(Contents {
        abi,
        package,
        build,
        classes,
    })
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, SectionError> {
    serde_json::from_slice(json).map_err(|error| SectionError::Json {
        reason: quoted(&error.to_string()),
    })
}

fn abi_version(text: &str) -> Result<AbiVersion, SectionError> {
    let parsed = text.split_once('.').and_then(|(major, minor)| {
        Some(AbiVersion {
            major: number(major)?,
            minor: number(minor)?,
        })
    });
    parsed.ok_or_else(|| field("abi", "two numbers joined by a dot", text))
}

fn number(text: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn class(raw: RawClass) -> Result<ClassFacts, SectionError> {
    let kind = match raw.kind.as_str() {
        "materials" => ClassKind::Materials,
        "tls" => ClassKind::Tls,
        other => return Err(field("kind of a class", "`materials` or `tls`", other)),
    };
    if !is_class_name(&raw.name) {
        let expected = "two or more identifiers joined by dots, at most 255 bytes";
        return Err(field("name of a class", expected, &raw.name));
    }
    limit("configuration keys of a class", raw.conf.len())?;
    limit("needs of a class", raw.needs.len())?;
    for conf in &raw.conf {
        name("key of a class", &conf.key)?;
        if conf.help.len() > HELP_LIMIT || conf.help.chars().any(unfit) {
            let expected = "at most 2000 bytes without control characters";
            return Err(field("help of a key", expected, &conf.help));
        }
    }
    for need in &raw.needs {
        name("need of a class", need)?;
    }
    distinct("configuration key", raw.conf.iter().map(|c| c.key.as_str()))?;
    Ok(ClassFacts {
        kind,
        name: raw.name,
        conf: raw.conf,
        needs: raw.needs,
    })
}

fn is_class_name(text: &str) -> bool {
    let identifier = |part: &str| {
        let mut bytes = part.bytes();
        bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'$'))
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
    };
    text.len() <= NAME_LIMIT && text.contains('.') && text.split('.').all(identifier)
}

fn name(what: &'static str, text: &str) -> Result<(), SectionError> {
    if text.is_empty() || text.len() > NAME_LIMIT || text.chars().any(unfit) {
        let expected = "1 to 255 bytes without control characters";
        return Err(field(what, expected, text));
    }
    Ok(())
}

/// Characters that could write elsewhere on a terminal, or turn text around.
fn unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn limit(what: &'static str, got: usize) -> Result<(), SectionError> {
    if got > LIST_LIMIT {
        return Err(SectionError::TooMany {
            what,
            limit: LIST_LIMIT,
            got,
        });
    }
    Ok(())
}

fn distinct<'a>(
    what: &'static str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), SectionError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(SectionError::Duplicate {
                what,
                name: name.to_owned(),
            });
        }
    }
    Ok(())
}

fn field(field: &'static str, expected: &'static str, got: &str) -> SectionError {
    SectionError::Field {
        field,
        expected,
        got: quoted(got),
    }
}
