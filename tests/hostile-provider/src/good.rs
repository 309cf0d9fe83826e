//! Providers that behave well.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use provost_plugin_api::{
    Call, Candidates, ClassContext, Conf, DecryptRequest, EncryptRequest,
    EncryptionMaterialsProvider, MaterialsDescription, Provider, ProviderError, RawMaterials,
    SecretBytes, Status,
};

/// One AES key of 32 bytes, always the same for the same `seed`.
pub(crate) struct Good {
    key: SecretBytes,
}

impl Provider for Good {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let key = derive(seed(context.conf()), 1);
        Ok(Self { key })
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(Status::healthy("1"))
    }
}

impl EncryptionMaterialsProvider for Good {
    fn materials_for_encrypt(&self, _: &EncryptRequest) -> Result<RawMaterials, ProviderError> {
        let description = MaterialsDescription::new().with("k", "1");
        Ok(RawMaterials::symmetric(self.key.clone_secret())
            .with_description(description)
            .with_generation("1"))
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let description = request.description.clone().unwrap_or_default();
        match description.get("k") {
            None | Some("1") => Ok(RawMaterials::symmetric(self.key.clone_secret())
                .with_description(description)
                .with_generation("1")
                .into()),
            Some(other) => Err(ProviderError::not_found(format!("no key `{other}`"))),
        }
    }
}

/// As [`Good`], after a while.
pub(crate) struct Slow {
    good: Good,
    delay: Duration,
}

impl Provider for Slow {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self {
            good: Good::new(context)?,
            delay: Duration::from_millis(context.conf().u64("ms")?.unwrap_or(100)),
        })
    }
}

impl EncryptionMaterialsProvider for Slow {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        thread::sleep(self.delay);
        self.good.materials_for_encrypt(request)
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        thread::sleep(self.delay);
        self.good.materials_for_decrypt(request)
    }
}

/// As [`Good`], but `calls` calls for encryption are answered together, and fewer never.
pub(crate) struct Together {
    good: Good,
    calls: Barrier,
}

impl Provider for Together {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let calls = context.conf().u64("calls")?.unwrap_or(2);
        let calls = usize::try_from(calls).unwrap_or(usize::MAX);
        Ok(Self {
            good: Good::new(context)?,
            calls: Barrier::new(calls),
        })
    }
}

impl EncryptionMaterialsProvider for Together {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        self.calls.wait();
        self.good.materials_for_encrypt(request)
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        self.good.materials_for_decrypt(request)
    }
}

/// The `seed` of a configuration.
pub(crate) fn seed(conf: &Conf) -> &[u8] {
    conf.secret("seed").unwrap_or(b"provost")
}

/// A key for a test, by FNV-1a and `SplitMix64`: reproducible, and no secret at all.
pub(crate) fn derive(seed: &[u8], generation: u64) -> SecretBytes {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for &byte in seed.iter().chain(&generation.to_le_bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut key = SecretBytes::new(vec![0; 32]);
    for chunk in key.secret_bytes_mut().chunks_exact_mut(8) {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
    }
    key
}
