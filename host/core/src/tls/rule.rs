//! The rules: one row each, with severity, title and source.

use std::fmt;

use super::finding::Severity;

macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident $title:literal $source:literal;)*) => {
        /// Names a rule. The names are stable: scripts may filter by them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum RuleId {
            $(#[doc = concat!("`", $id, "`: ", $title, ".")] $variant,)*
        }

        impl RuleId {
            /// All rules, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        id: $id,
                        class: Class::$severity,
                        title: $title,
                        source: $source,
                    },)*
                }
            }
        }
    };
}

struct Row {
    id: &'static str,
    class: Class,
    title: &'static str,
    source: &'static str,
}

/// How a rule's severity depends on the policy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// The set is refused.
    Error,
    /// Worth a look.
    Warning,
    /// Worth a look; refused by a strict policy.
    Strict,
}

impl RuleId {
    /// As it is written: `TIM-001`.
    pub fn as_str(self) -> &'static str {
        self.row().id
    }

    /// What it is about, in a few words.
    pub fn title(self) -> &'static str {
        self.row().title
    }

    /// Where it comes from.
    pub fn source(self) -> &'static str {
        self.row().source
    }

    /// Its severity under the default policy.
    pub fn severity(self) -> Severity {
        match self.row().class {
            Class::Error => Severity::Error,
            Class::Warning | Class::Strict => Severity::Warning,
        }
    }

    /// Whether a strict policy makes an error of it.
    pub fn is_error_when_strict(self) -> bool {
        self.row().class != Class::Warning
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

rules! {
    Art001 "ART-001" Error "not a readable zip" "PKWARE APPNOTE 4.3";
    Art002 "ART-002" Error "privateKey.pem is missing" "EMR guide, In-transit encryption certificates";
    Art003 "ART-003" Error "certificateChain.pem is missing" "EMR guide, In-transit encryption certificates";
    Art004 "ART-004" Error "a required name has a folder, another case or a prefix" "EMR guide, \"named exactly as they appear\"";
    Art005 "ART-005" Error "an entry name occurs twice" "PKWARE APPNOTE 4.3.12: readers differ in which one they take";
    Art006 "ART-006" Error "unsafe entry path" "PKWARE APPNOTE 4.4.17.1";
    Art007 "ART-007" Error "over a size or ratio limit" "limits of this host";
    Art008 "ART-008" Error "encrypted entry" "PKWARE APPNOTE 4.4.4, bit 0";
    Art009 "ART-009" Warning "unexpected entry, ignored" "EMR guide, In-transit encryption certificates";
    Art010 "ART-010" Error "a required name is no regular file" "PKWARE APPNOTE 4.4.15";
    Art011 "ART-011" Error "empty file" "EMR guide, In-transit encryption certificates";
    Art012 "ART-012" Error "headers, sizes or checksum disagree" "PKWARE APPNOTE 4.3.7, 4.3.12, 4.4.7";
    Art013 "ART-013" Error "too many entries" "limits of this host";
    Art014 "ART-014" Error "compression other than stored or deflate" "PKWARE APPNOTE 4.4.5";
    Pem001 "PEM-001" Error "no PEM block" "RFC 7468, section 2";
    Pem002 "PEM-002" Error "damaged PEM block" "RFC 7468, sections 2 and 3";
    Pem003 "PEM-003" Error "a block of a kind that does not belong here" "EMR guide, In-transit encryption certificates";
    Pem004 "PEM-004" Error "byte order mark or other encoding than ASCII" "RFC 7468, section 3";
    Pem005 "PEM-005" Warning "line ends other than LF, normalised" "RFC 7468, section 3";
    Pem006 "PEM-006" Warning "text outside of blocks, dropped" "RFC 7468, section 2";
    Pem007 "PEM-007" Error "label of another certificate format" "RFC 7468, section 5.1";
    Key001 "KEY-001" Error "no private key" "EMR guide, In-transit encryption certificates";
    Key002 "KEY-002" Error "more than one private key" "EMR guide, In-transit encryption certificates";
    Key003 "KEY-003" Error "encrypted private key" "RFC 7468, section 11; RFC 1421, section 4.6.1.1";
    Key004 "KEY-004" Error "private key that does not parse" "RFC 5958; RFC 8017, A.1.2; RFC 5915";
    Key005 "KEY-005" Error "private key of an unsupported type" "RFC 8446, section 4.2.3, and what the engines load";
    Key006 "KEY-006" Error "the key is not that of the first certificate" "RFC 8446, section 4.4.2";
    Key008 "KEY-008" Error "inconsistent private key" "RFC 8017, section 3.2; SEC 1, section 3.2";
    Key009 "KEY-009" Error "publicly known private key" "published in aws-samples/emr-tls-security";
    Key010 "KEY-010" Warning "others can read or change the private key's file, or the zip with it" "rules of this host";
    Crt001 "CRT-001" Error "no certificate" "EMR guide, In-transit encryption certificates";
    Crt002 "CRT-002" Error "certificate that does not parse" "RFC 5280, section 4.1";
    Crt003 "CRT-003" Error "duplicate certificate in the chain" "RFC 8446, section 4.4.2";
    Crt004 "CRT-004" Strict "end-entity certificate older than X.509 v3" "RFC 5280, section 4.1.2.1";
    Crt005 "CRT-005" Error "unknown critical extension" "RFC 5280, section 4.2";
    Crt008 "CRT-008" Error "too many certificates" "limits of this host";
    Chn001 "CHN-001" Error "the end-entity certificate is not first" "RFC 8446, section 4.4.2";
    Chn002 "CHN-002" Error "intermediates out of order" "RFC 5246, section 7.4.2";
    Chn003 "CHN-003" Error "missing intermediate" "RFC 5280, section 6.1";
    Chn004 "CHN-004" Error "signature does not verify" "RFC 5280, section 6.1.3 (a)(1)";
    Chn005 "CHN-005" Error "certificate that is not on the path" "RFC 5246, section 7.4.2";
    Chn006 "CHN-006" Warning "root included in the chain" "RFC 8446, section 4.4.2";
    Chn007 "CHN-007" Error "issuer that is not a CA" "RFC 5280, section 6.1.4 (k)";
    Chn008 "CHN-008" Error "issuer that may not sign certificates" "RFC 5280, section 6.1.4 (n)";
    Chn009 "CHN-009" Error "path longer than an issuer allows" "RFC 5280, section 6.1.4 (l), (m)";
    Chn010 "CHN-010" Error "name outside of an issuer's constraints" "RFC 5280, section 6.1.3 (b), (c)";
    Chn012 "CHN-012" Error "issuer whose extended usage rules out servers" "CA/B baseline requirements, 7.1.2.10.6; what verifiers enforce";
    Chn013 "CHN-013" Error "key ids that contradict each other" "RFC 5280, section 4.2.1.1; what Java and OpenSSL enforce";
    Tim001 "TIM-001" Error "the certificate has expired" "RFC 5280, section 4.1.2.5";
    Tim002 "TIM-002" Error "the certificate is not valid yet" "RFC 5280, section 4.1.2.5";
    Tim003 "TIM-003" Error "an intermediate is outside of its validity" "RFC 5280, section 6.1.3 (a)(2)";
    Tim004 "TIM-004" Warning "fewer than 30 days are left" "rules of this host";
    Tim005 "TIM-005" Error "the trust anchor of the path is outside of its validity" "what OpenSSL enforces";
    Use001 "USE-001" Error "key usage without digitalSignature" "RFC 8446, section 4.4.2.2";
    Use002 "USE-002" Error "extended key usage without serverAuth" "RFC 5280, section 4.2.1.12";
    Use004 "USE-004" Strict "the end-entity certificate is a CA" "RFC 5280, section 4.2.1.9; what webpki enforces";
    Nam001 "NAM-001" Strict "no dNSName, only a common name" "RFC 9525, section 2";
    Nam002 "NAM-002" Error "a node's name is not covered" "RFC 9525, section 6";
    Nam004 "NAM-004" Error "wildcard in a wrong place" "RFC 9525, section 6.3";
    Nam007 "NAM-007" Error "malformed alternative name" "RFC 5280, section 4.2.1.6";
    Alg001 "ALG-001" Error "key too small" "jdk.certpath.disabledAlgorithms of Java 17";
    Alg002 "ALG-002" Strict "RSA key of fewer than 2048 bits" "jdk.security.legacyAlgorithms of Java 17";
    Alg003 "ALG-003" Error "signature with MD2 or MD5" "jdk.certpath.disabledAlgorithms of Java 17";
    Alg004 "ALG-004" Error "signature with SHA-1 below the anchor" "RFC 9155; jdk.certpath.disabledAlgorithms of Java 17";
    Tru001 "TRU-001" Error "no path to any trust anchor" "RFC 5280, section 6.1";
    Tru002 "TRU-002" Error "trustedCertificates.pem is needed and absent" "EMR guide, In-transit encryption certificates";
    Tru003 "TRU-003" Error "no trusted certificate completes the path" "EMR guide, In-transit encryption certificates";
    Tru004 "TRU-004" Strict "a certificate that nothing but its own key vouches for" "EMR guide, \"proof-of-concept demonstration only\"";
    Tru005 "TRU-005" Error "trust anchor that issued something and is not a CA" "RFC 5280, section 4.2.1.9; what Java enforces";
    Tru006 "TRU-006" Warning "the end-entity certificate among the trusted ones" "RFC 5280, section 6.1.1 (d)";
    Tru008 "TRU-008" Warning "trust anchor that is an intermediate" "what OpenSSL needs a partial chain for";
}
