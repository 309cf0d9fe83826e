//! A good provider with one misbehaviour.

use provost_plugin_api::{
    Call, Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    Provider, ProviderError, RawMaterials, Status,
};

use crate::good::Good;

/// What is wrong with a class.
pub(crate) trait Misbehaviour: Send + Sync + Sized + 'static {
    /// Reads its configuration, or misbehaves already.
    fn start(context: &ClassContext) -> Result<Self, ProviderError>;

    /// Spoils what would have been a good answer.
    fn spoil(&self, good: RawMaterials) -> Result<RawMaterials, ProviderError>;
}

/// [`Good`], spoilt.
pub(crate) struct Hostile<M> {
    good: Good,
    misbehaviour: M,
}

impl<M: Misbehaviour> Provider for Hostile<M> {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self {
            good: Good::new(context)?,
            misbehaviour: M::start(context)?,
        })
    }

    fn status(&self, call: &Call) -> Result<Status, ProviderError> {
        self.good.status(call)
    }
}

impl<M: Misbehaviour> EncryptionMaterialsProvider for Hostile<M> {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        self.misbehaviour
            .spoil(self.good.materials_for_encrypt(request)?)
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let good = self.good.materials_for_decrypt(request)?.into_vec();
        let spoilt = good.into_iter().map(|good| self.misbehaviour.spoil(good));
        Candidates::try_from(spoilt.collect::<Result<Vec<_>, _>>()?)
    }
}
