//! What is wrong with a set of TLS artifacts, where, and what would be right.

use std::fmt;

use super::rule::RuleId;

/// How much a [`Finding`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The set is used, and something in it deserves a look.
    Warning,
    /// The set is refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A part of a set of artifacts, by the name that the guide gives it in a zip. What a provider
/// returned has the same parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ArtifactFile {
    /// `privateKey.pem`.
    PrivateKey,
    /// `certificateChain.pem`.
    CertificateChain,
    /// `trustedCertificates.pem`.
    TrustedCertificates,
}

impl ArtifactFile {
    /// All of them, in the guide's order.
    pub const ALL: [Self; 3] = [
        Self::PrivateKey,
        Self::CertificateChain,
        Self::TrustedCertificates,
    ];

    /// The exact name that the guide demands.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrivateKey => "privateKey.pem",
            Self::CertificateChain => "certificateChain.pem",
            Self::TrustedCertificates => "trustedCertificates.pem",
        }
    }
}

impl fmt::Display for ArtifactFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a finding is. Each part is known or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Place {
    /// The file, or the entry of an archive, by name. Cleaned for display.
    pub file: Option<String>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// Which certificate of the file, counted from 0.
    pub certificate: Option<usize>,
    /// Its subject.
    pub subject: Option<String>,
}

impl Place {
    /// A part of the set.
    pub fn file(file: ArtifactFile) -> Self {
        Self {
            file: Some(file.name().to_owned()),
            ..Self::default()
        }
    }

    /// A line of a part, counted from 1.
    pub fn line(file: ArtifactFile, line: usize) -> Self {
        Self {
            line: Some(line),
            ..Self::file(file)
        }
    }

    /// A certificate of a part, counted from 0.
    pub fn certificate(file: ArtifactFile, index: usize, subject: &str) -> Self {
        Self {
            certificate: Some(index),
            subject: Some(subject.to_owned()),
            ..Self::file(file)
        }
    }

    /// An entry of an archive. The name is the archive's own: it is escaped and cut here.
    pub fn entry(name: &str) -> Self {
        Self {
            file: Some(shown(name)),
            ..Self::default()
        }
    }
}

/// `FILE:LINE, certificate N (SUBJECT)`, as far as it is known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("artifacts"))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(index) = self.certificate {
            write!(f, ", certificate {index}")?;
        }
        match &self.subject {
            Some(subject) => write!(f, " ({subject})"),
            None => Ok(()),
        }
    }
}

/// One thing that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How much it matters under the policy that was asked for.
    pub severity: Severity,
    /// What is wrong. Text of the input in it is escaped and cut.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// What a rule found, with the severity that the rule has under the default policy.
    pub fn new(rule: RuleId, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity(),
            message: message.into(),
            place,
            hint: None,
        }
    }

    /// Of less weight than the rule has by default.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Of more weight than the rule has by default.
    #[must_use]
    pub fn error(mut self) -> Self {
        self.severity = Severity::Error;
        self
    }

    /// Sets what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// `SEVERITY[RULE] PLACE: MESSAGE`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            severity,
            message,
            place,
            hint: _,
        } = self;
        write!(f, "{severity}[{rule}] {place}: {message}")
    }
}

/// Text of the input, as it may be shown: escaped, and cut at 200 characters.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown: String = text
        .chars()
        .take(LONGEST)
        .flat_map(|c| {
            // Quotes stay as they are; what could change a terminal does not.
            let plain = !c.is_control() && !is_directional(c);
            let escaped = (!plain).then(|| c.escape_unicode());
            escaped.into_iter().flatten().chain(plain.then_some(c))
        })
        .collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push_str("...");
    }
    shown
}

/// Characters that reorder or hide the text around them (Unicode, section 9).
fn is_directional(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
