//! Providers whose keys have generations.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use provost_plugin_api::{
    Call, Candidates, ClassContext, Conf, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, MaterialsDescription, Provider, ProviderError, RawMaterials,
    SecretBytes, Status,
};

use crate::good::{derive, seed};

const NAME: &str = "generation";

/// A key for each generation, derived from one seed.
struct Keys {
    seed: SecretBytes,
    newest: AtomicU64,
    file: Option<PathBuf>,
}

impl Keys {
    fn new(conf: &Conf) -> Result<Self, ProviderError> {
        let keys = Self {
            seed: SecretBytes::copy_from(seed(conf)),
            newest: AtomicU64::new(conf.u64("generation")?.unwrap_or(1)),
            file: conf.path("generation.file"),
        };
        keys.refresh()?;
        Ok(keys)
    }

    fn refresh(&self) -> Result<(), ProviderError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let wrong = |why: String| ProviderError::configuration("generation.file", why);
        let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let newest = text.trim().parse();
        let newest = newest.map_err(|_| wrong(format!("holds `{text}`, expected a number")))?;
        self.newest.store(newest, Ordering::Release);
        Ok(())
    }

    fn newest(&self) -> u64 {
        self.newest.load(Ordering::Acquire)
    }

    fn materials(&self, generation: u64) -> RawMaterials {
        RawMaterials::symmetric(derive(self.seed.secret_bytes(), generation))
            .with_generation(generation.to_string())
    }
}

/// The newest generation encrypts, any up to it decrypts, chosen by the description.
pub(crate) struct Rotating(Keys);

impl Provider for Rotating {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Keys::new(context.conf()).map(Self)
    }

    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        self.0.refresh()
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(Status::healthy(self.0.newest().to_string()))
    }
}

impl EncryptionMaterialsProvider for Rotating {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        let newest = self.0.newest();
        let description = MaterialsDescription::new().with(NAME, newest.to_string());
        Ok(self.0.materials(newest).with_description(description))
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let description = request.description.clone().unwrap_or_default();
        let asked = description
            .get(NAME)
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or_else(|| ProviderError::not_found("the description names no generation"))?;
        if !(1..=self.0.newest()).contains(&asked) {
            return Err(ProviderError::not_found(format!("no generation {asked}")));
        }
        Ok(self.0.materials(asked).with_description(description).into())
    }
}

/// The same keys without a description: on decryption it can only offer what it has.
pub(crate) struct NoDescription(Keys);

impl Provider for NoDescription {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Keys::new(context.conf()).map(Self)
    }

    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        self.0.refresh()
    }
}

impl EncryptionMaterialsProvider for NoDescription {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        Ok(self.0.materials(self.0.newest()))
    }

    fn materials_for_decrypt(&self, _: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let newest_first = (1..=self.0.newest()).rev();
        let all = newest_first.take(Candidates::MAX);
        Candidates::try_from(all.map(|g| self.0.materials(g)).collect::<Vec<_>>())
    }
}
