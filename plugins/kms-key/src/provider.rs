//! The provider: one KMS key for every object.

use provost_plugin_api::{
    Call, Candidates, ClassContext, Conf, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, MaterialsDescription, Provider, ProviderError, RawMaterials,
    Status,
};

/// The configuration key of the key that wraps.
const KEY_ID: &str = "key_id";

/// The configuration key of the keys that unwrap besides.
const DECRYPT_KEY_IDS: &str = "decrypt_key_ids";

/// The configuration key of the description's entries.
const DESCRIPTION: &str = "description";

/// The longest key id that KMS knows, in bytes.
const MAX_KEY_ID: usize = 2048;

/// A key in AWS KMS, and those that it replaced.
pub struct KmsKey {
    key_id: String,
    decrypt_key_ids: Vec<String>,
    description: MaterialsDescription,
}

impl Provider for KmsKey {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let conf = context.conf();
        let key_id = key_id(KEY_ID, conf.require(KEY_ID)?)?;
        Ok(Self {
            decrypt_key_ids: decrypt_key_ids(conf, &key_id)?,
            description: description(conf)?,
            key_id,
        })
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        let mut status = Status::healthy(self.key_id.as_str());
        status.message = match self.decrypt_key_ids.len() {
            0 => "one key; the host asks KMS".to_owned(),
            1 => "one key, and one that it replaced; the host asks KMS".to_owned(),
            count => format!("one key, and {count} that it replaced; the host asks KMS"),
        };
        Ok(status)
    }
}

impl EncryptionMaterialsProvider for KmsKey {
    fn materials_for_encrypt(
        &self,
        _request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        Ok(self.materials(&self.key_id))
    }

    /// All keys, the newest first: KMS says which one wrapped. That the stored context is this
    /// description, the host sees to.
    fn materials_for_decrypt(
        &self,
        _request: &DecryptRequest,
    ) -> Result<Candidates, ProviderError> {
        let ids = std::iter::once(&self.key_id).chain(&self.decrypt_key_ids);
        ids.map(|id| self.materials(id))
            .collect::<Vec<_>>()
            .try_into()
    }
}

impl KmsKey {
    fn materials(&self, key_id: &str) -> RawMaterials {
        RawMaterials::kms(key_id)
            .with_description(self.description.clone())
            .with_generation(key_id)
    }
}

fn decrypt_key_ids(conf: &Conf, key: &str) -> Result<Vec<String>, ProviderError> {
    let mut ids: Vec<String> = Vec::new();
    for text in parts(conf.get(DECRYPT_KEY_IDS)) {
        let id = key_id(DECRYPT_KEY_IDS, text)?;
        if id == key || ids.contains(&id) {
            let message = format!("`{id}` is named twice");
            return Err(ProviderError::configuration(DECRYPT_KEY_IDS, message));
        }
        ids.push(id);
    }
    let most = Candidates::MAX - 1;
    if ids.len() > most {
        let message = format!("{} keys; at most {most} can be tried", ids.len());
        return Err(ProviderError::configuration(DECRYPT_KEY_IDS, message));
    }
    Ok(ids)
}

fn description(conf: &Conf) -> Result<MaterialsDescription, ProviderError> {
    let refused = |message: String| ProviderError::configuration(DESCRIPTION, message);
    let mut description = MaterialsDescription::new();
    for text in parts(conf.get(DESCRIPTION)) {
        let (name, value) = text
            .split_once('=')
            .map(|(name, value)| (name.trim(), value.trim()))
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| refused(format!("`{text}` is not NAME=VALUE")))?;
        let lower = name.to_ascii_lowercase();
        if lower.starts_with("aws:") || lower.starts_with("x-amz-") || lower == "kms_cmk_id" {
            return Err(refused(format!("the name `{name}` is reserved")));
        }
        if description.insert(name, value).is_some() {
            return Err(refused(format!("`{name}` is named twice")));
        }
    }
    Ok(description)
}

/// An ARN, an id or an alias, as far as it can be told here.
fn key_id(key: &str, text: &str) -> Result<String, ProviderError> {
    let refused = |message: &str| {
        let message = format!("{message}; expected arn:aws:kms:REGION:ACCOUNT:key/ID");
        Err(ProviderError::configuration(key, message))
    };
    if text.is_empty() {
        return refused("the key id is empty");
    }
    if text.len() > MAX_KEY_ID || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return refused("the key id is not 1 to 2048 visible ASCII characters");
    }
    // An ARN of something else would only be found by KMS, with the first object.
    if text.starts_with("arn:") && text.split(':').nth(2) != Some("kms") {
        return refused("the key id is an ARN of another service");
    }
    Ok(text.to_owned())
}

fn parts(list: Option<&str>) -> impl Iterator<Item = &str> {
    let parts = list.into_iter().flat_map(|list| list.split(','));
    parts.map(str::trim).filter(|part| !part.is_empty())
}
