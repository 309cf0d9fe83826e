//! The provider: which key for which request.

use std::path::{Path, PathBuf};

use provost_key_files::{Loaded, excerpt, local_path};
use provost_plugin_api::{
    Call, Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    ErrorKind, MaterialsDescription, Provider, ProviderError, RawMaterials, Status,
};

use crate::key_list::{Generation, KeyList, PrefixKeys};
use crate::prefix::has_dot_segment;

/// The entry of the description that holds the prefix whose key wrapped the data key.
pub const PREFIX_ENTRY: &str = "provost:prefix";

/// The entry of the description that holds the generation of that key.
pub const GENERATION_ENTRY: &str = "provost:generation";

/// The configuration key that names the key list.
const KEYS: &str = "keys";

/// The configuration key that lets keys of one prefix open objects of another.
const ALLOW_MOVED: &str = "allow_moved";

/// How the host calls the object's URI in a description that it populates, if not configured
/// otherwise. Only asked where the request has no attribute for it.
const URI_ENTRY: &str = "Path";

/// How many prefixes an error or a status names.
const NAMED_PREFIXES: usize = 8;

/// AES keys from files, chosen by the object's URI.
pub struct StaticKeys {
    context: ClassContext,
    list: PathBuf,
    allow_moved: bool,
    keys: Loaded<KeyList>,
}

impl Provider for StaticKeys {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let conf = context.conf();
        let list = local_path(conf.require(KEYS)?)
            .map_err(|error| ProviderError::configuration(KEYS, error.to_string()))?;
        let provider = Self {
            context: context.clone(),
            allow_moved: conf.bool(ALLOW_MOVED)?.unwrap_or(false),
            keys: Loaded::new(load(&list)?),
            list,
        };
        Ok(provider)
    }

    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        self.keys.refresh(&self.context, || load(&self.list))
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        let newest = |keys: &PrefixKeys| {
            let newest = keys.newest().map(Generation::name).unwrap_or_default();
            format!("{} {newest}", keys.prefix())
        };
        Ok(self.keys.status(|keys| {
            let mut status = Status::healthy(some_of(keys, newest));
            let count: usize = keys.prefixes().iter().map(|p| p.newest_first().len()).sum();
            status.message = format!("keys: {count}, prefixes: {}", keys.prefixes().len());
            status
        }))
    }
}

impl EncryptionMaterialsProvider for StaticKeys {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        // This description is the host's own word, unlike the one of a decryption.
        let description = request.description.as_ref();
        let uri = request
            .call
            .object_uri()
            .or_else(|| description?.get_ignore_case(URI_ENTRY));
        let keys = self.keys.get();
        let covering = self.covering(&keys, uri)?;
        let newest = covering
            .newest()
            .ok_or_else(|| self.not_covered(&keys, uri))?;
        Ok(materials(covering, newest))
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        // The stored description may be anybody's work: it chooses among keys that the object's
        // place allows. The place is the host's word only, so no entry of it stands in.
        let uri = request.call.object_uri();
        let stored = |entry| request.description.as_ref().and_then(|d| d.get(entry));
        let keys = self.keys.get();
        match (stored(PREFIX_ENTRY), stored(GENERATION_ENTRY)) {
            (None, None) => {
                let covering = self.covering(&keys, uri)?;
                let newest_first = covering.newest_first().take(Candidates::MAX);
                let candidates: Vec<_> = newest_first.map(|g| materials(covering, g)).collect();
                Candidates::try_from(candidates)
            }
            (Some(prefix), Some(generation)) => {
                let (named, found) = keys.named(prefix, generation).ok_or_else(|| {
                    ProviderError::not_found(format!(
                        "the object's key is generation {} of {}, which `{}` does not list",
                        excerpt(generation),
                        excerpt(prefix),
                        self.list.display()
                    ))
                })?;
                if !self.allow_moved && !self.covering(&keys, uri)?.lists(found.key()) {
                    return Err(moved(named, uri));
                }
                Ok(materials(named, found).into())
            }
            (prefix, _) => {
                let (there, missing) = match prefix {
                    Some(_) => (PREFIX_ENTRY, GENERATION_ENTRY),
                    None => (GENERATION_ENTRY, PREFIX_ENTRY),
                };
                Err(ProviderError::new(
                    ErrorKind::Rejected,
                    format!("the stored description has `{there}` and no `{missing}`"),
                ))
            }
        }
    }
}

impl StaticKeys {
    fn covering<'k>(
        &self,
        keys: &'k KeyList,
        uri: Option<&str>,
    ) -> Result<&'k PrefixKeys, ProviderError> {
        if let Some(uri) = uri.filter(|uri| has_dot_segment(uri)) {
            return Err(ProviderError::new(
                ErrorKind::Denied,
                format!("{} may lead out of the prefix it starts with", excerpt(uri)),
            ));
        }
        keys.covering(uri)
            .ok_or_else(|| self.not_covered(keys, uri))
    }

    fn not_covered(&self, keys: &KeyList, uri: Option<&str>) -> ProviderError {
        let prefixes = some_of(keys, |keys| keys.prefix().to_string());
        let list = self.list.display();
        ProviderError::not_found(match uri {
            Some(uri) => format!(
                "no prefix in `{list}` covers {}; it lists: {prefixes}",
                excerpt(uri)
            ),
            None => format!(
                "the call names no object, and only the prefix `*` covers that; \
                 `{list}` lists: {prefixes}"
            ),
        })
    }
}

fn load(list: &Path) -> Result<KeyList, ProviderError> {
    KeyList::load(list).map_err(|error| ProviderError::configuration(KEYS, error.to_string()))
}

fn materials(keys: &PrefixKeys, generation: &Generation) -> RawMaterials {
    let description = MaterialsDescription::new()
        .with(PREFIX_ENTRY, keys.prefix().as_str())
        .with(GENERATION_ENTRY, generation.name());
    RawMaterials::symmetric(generation.key().clone_secret())
        .with_description(description)
        .with_generation(generation.name())
}

fn moved(named: &PrefixKeys, uri: Option<&str>) -> ProviderError {
    let place = uri.map_or("a place the host did not name".to_owned(), excerpt);
    ProviderError::new(
        ErrorKind::Denied,
        format!(
            "the object is at {place}, and its key is one of `{}`: keys of one prefix do not open \
             objects of another; if it was moved on purpose, list that key for its new prefix too, \
             or set `{ALLOW_MOVED}` to `true`",
            named.prefix()
        ),
    )
}

/// The first few prefixes, as `show` writes them, and how many more there are.
fn some_of(keys: &KeyList, show: impl Fn(&PrefixKeys) -> String) -> String {
    let shown: Vec<_> = keys
        .prefixes()
        .iter()
        .take(NAMED_PREFIXES)
        .map(show)
        .collect();
    let more = keys.prefixes().len() - shown.len();
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    shown.join(", ") + &more
}
