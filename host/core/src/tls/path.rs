//! From the end-entity certificate to a trust anchor (RFC 5280, section 6.1).

use std::cmp::Reverse;
use std::collections::HashMap;

use super::certificate::Certificate;
use super::finding::{ArtifactFile, Place};
use super::limits;
use super::roots::DefaultRoots;

/// Complete paths that are compared. There are more only where somebody wants there to be.
const PATHS: usize = 8;
/// Steps that are taken in all, forth and back: certificates of one name that issued each other
/// would make a walk of each of their orders.
const STEPS: usize = 200;

/// A certificate, and where it came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) origin: Origin<'a>,
}

/// Where a certificate came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin<'a> {
    /// `certificateChain.pem`, counted from 0.
    Chain(usize),
    /// `trustedCertificates.pem`, counted from 0.
    Trusted(usize),
    /// The default roots of this name.
    Default(&'a str),
}

/// The end entity, its intermediates, and how it ends.
#[derive(Debug, Clone)]
pub(super) struct Path<'a> {
    /// The end entity first. The anchor is not among them, unless it is the end entity.
    pub(super) steps: Vec<Step<'a>>,
    pub(super) end: End<'a>,
}

/// How a path ends.
#[derive(Debug, Clone)]
pub(super) enum End<'a> {
    /// At a trust anchor that issued the last step.
    Anchor(Step<'a>),
    /// At the end entity, which is self-signed and trusted.
    TrustsItself(Step<'a>),
    /// Nothing has the issuer's name.
    NoIssuer,
    /// What has the issuer's name did not make the signature.
    NotSigned(Step<'a>),
    /// It is longer, or took more signatures, than this host follows.
    GivenUp,
}

impl Step<'_> {
    /// Where it is, for a finding.
    pub(super) fn place(&self) -> Place {
        let name = self.certificate.name();
        match self.origin {
            Origin::Chain(index) => {
                Place::certificate(ArtifactFile::CertificateChain, index, &name)
            }
            Origin::Trusted(index) => {
                Place::certificate(ArtifactFile::TrustedCertificates, index, &name)
            }
            Origin::Default(roots) => Place {
                file: Some(format!("default roots: {roots}")),
                subject: Some(name),
                ..Place::default()
            },
        }
    }
}

impl<'a> Path<'a> {
    /// The end entity.
    pub(super) fn end_entity(&self) -> Option<&Step<'a>> {
        self.steps.first()
    }

    /// The intermediates, from the end entity up.
    pub(super) fn intermediates(&self) -> &[Step<'a>] {
        self.steps.get(1..).unwrap_or_default()
    }

    /// The trust anchor, if there is one.
    pub(super) fn anchor(&self) -> Option<&Step<'a>> {
        match &self.end {
            End::Anchor(anchor) | End::TrustsItself(anchor) => Some(anchor),
            _ => None,
        }
    }

    /// The trust anchor, if there is one that is not the end entity.
    pub(super) fn anchor_above(&self) -> Option<&Step<'a>> {
        match &self.end {
            End::Anchor(anchor) => Some(anchor),
            _ => None,
        }
    }

    /// All that issued something: the intermediates, then an anchor that is not the end entity.
    pub(super) fn issuers(&self) -> impl Iterator<Item = &Step<'a>> {
        self.intermediates().iter().chain(self.anchor_above())
    }

    /// Each certificate once: the steps, then an anchor that is not one of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().chain(self.anchor_above())
    }
}

/// What paths are made of.
pub(super) struct Search<'a> {
    pub(super) chain: &'a [Certificate],
    pub(super) trusted: &'a [Certificate],
    pub(super) defaults: &'a DefaultRoots,
}

impl<'a> Search<'a> {
    /// The path of the end entity at `index` of the chain: of those that are complete the one with
    /// the fewest `errors`, else the longest.
    pub(super) fn path(&self, index: usize, errors: impl Fn(&Path<'a>) -> usize) -> Path<'a> {
        let mut walk = Walk {
            search: self,
            steps: Vec::new(),
            taken: 0,
            verified: HashMap::new(),
            complete: Vec::new(),
            partial: None,
        };
        if let Some(certificate) = self.chain.get(index) {
            let origin = Origin::Chain(index);
            walk.from(Step {
                certificate,
                origin,
            });
        }
        // The longest uses most of the chain, which is what is sent. Of those that are equally good
        // the first is the one whose certificates are nearest to the file.
        let mut complete = walk.complete;
        complete.sort_by_key(|path| {
            let itself = matches!(path.end, End::TrustsItself(_));
            (itself, Reverse(path.steps.len()))
        });
        let mut best: Option<(usize, Path<'a>)> = None;
        for path in complete {
            let count = errors(&path);
            if best.as_ref().is_none_or(|(fewest, _)| count < *fewest) {
                best = Some((count, path));
            }
            // What holds is not compared with the others: looking at a path is work.
            if count == 0 {
                break;
            }
        }
        let best = best.map(|(_, path)| path);
        best.or(walk.partial).unwrap_or(Path {
            steps: Vec::new(),
            end: End::NoIssuer,
        })
    }

    /// What may have issued `certificate`, by its name: anchors first.
    fn candidates(&self, certificate: &Certificate) -> Vec<Step<'a>> {
        let issuer = certificate.issuer();
        // RFC 5280, section 4.1.2.4: an issuer has a name. An empty one is anybody's.
        if issuer.is_empty() {
            return Vec::new();
        }
        let named = |(index, candidate): (usize, &'a Certificate)| {
            (candidate.subject() == issuer).then_some((index, candidate))
        };
        let step = |certificate, origin| Step {
            certificate,
            origin,
        };
        let trusted = self.trusted.iter().enumerate().filter_map(named);
        let trusted = trusted.map(|(index, found)| step(found, Origin::Trusted(index)));
        let defaults = self.defaults.of_subject(issuer.raw());
        let defaults = defaults.map(|found| step(found, Origin::Default(self.defaults.name())));
        let chain = self.chain.iter().enumerate().filter_map(named);
        let chain = chain.map(|(index, found)| step(found, Origin::Chain(index)));
        trusted.chain(defaults).chain(chain).collect()
    }
}

struct Walk<'s, 'a> {
    search: &'s Search<'a>,
    steps: Vec<Step<'a>>,
    taken: usize,
    /// Whether one made the signature on another, by their addresses: each is verified once.
    verified: HashMap<(usize, usize), bool>,
    complete: Vec<Path<'a>>,
    /// The longest that leads nowhere.
    partial: Option<Path<'a>>,
}

impl<'a> Walk<'_, 'a> {
    fn from(&mut self, step: Step<'a>) {
        self.steps.push(step);
        self.taken += 1;
        self.onward(step);
        self.steps.pop();
    }

    fn onward(&mut self, step: Step<'a>) {
        let certificate = step.certificate;
        // One that somebody else vouches for too is better trusted for that.
        let itself = self
            .trusted_copy(certificate)
            .filter(|_| self.steps.len() == 1 && certificate.is_self_issued())
            // A signature that cannot be verified is a finding of its own.
            .filter(|itself| {
                !certificate.is_verifiable_with(itself.certificate)
                    || self.is_signed_by(certificate, itself.certificate) == Some(true)
            });
        if let Some(itself) = itself {
            self.ends(End::TrustsItself(itself));
        }
        let given_up =
            self.steps.len() > limits::CHAIN || self.complete.len() >= PATHS || self.taken >= STEPS;
        if given_up {
            return self.ends(End::GivenUp);
        }
        let mut end = End::NoIssuer;
        let mut led_on = itself.is_some();
        for candidate in self.search.candidates(certificate) {
            if self.complete.len() >= PATHS {
                return;
            }
            let seen = |step: &Step<'_>| {
                step.certificate.subject() == candidate.certificate.subject()
                    && step.certificate.spki() == candidate.certificate.spki()
            };
            // RFC 5280, section 6.1: a path does not hold a certificate twice. One of the same
            // name and key would lead in a circle.
            if self.steps.iter().any(seen) {
                continue;
            }
            match self.is_signed_by(certificate, candidate.certificate) {
                None => {
                    end = End::GivenUp;
                    break;
                }
                Some(false) => {
                    if matches!(end, End::NoIssuer) {
                        end = End::NotSigned(candidate);
                    }
                }
                Some(true) => {
                    led_on = true;
                    match candidate.origin {
                        Origin::Chain(_) => self.from(candidate),
                        _ => self.ends(End::Anchor(candidate)),
                    }
                }
            }
        }
        if !led_on {
            self.ends(end);
        }
    }

    /// The trusted certificate that is this very one.
    fn trusted_copy(&self, certificate: &Certificate) -> Option<Step<'a>> {
        let trusted = self.search.trusted.iter().enumerate();
        let mut same = trusted.filter(|(_, trusted)| trusted.der() == certificate.der());
        same.next().map(|(index, certificate)| Step {
            certificate,
            origin: Origin::Trusted(index),
        })
    }

    /// None when no more signatures are verified.
    fn is_signed_by(
        &mut self,
        certificate: &'a Certificate,
        issuer: &'a Certificate,
    ) -> Option<bool> {
        let address = |certificate: &Certificate| std::ptr::from_ref(certificate) as usize;
        let pair = (address(certificate), address(issuer));
        if let Some(verified) = self.verified.get(&pair) {
            return Some(*verified);
        }
        if self.verified.len() >= limits::SIGNATURES {
            return None;
        }
        let verified = certificate.is_signed_by(issuer);
        self.verified.insert(pair, verified);
        Some(verified)
    }

    fn ends(&mut self, end: End<'a>) {
        let path = Path {
            steps: self.steps.clone(),
            end,
        };
        if path.anchor().is_some() {
            self.complete.push(path);
        } else if self
            .partial
            .as_ref()
            .is_none_or(|longest| longest.steps.len() < path.steps.len())
        {
            self.partial = Some(path);
        }
    }
}
