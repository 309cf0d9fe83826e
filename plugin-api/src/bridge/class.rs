//! A provider behind the interface.

use provost_plugin_abi::v1::{
    AttributesAnswer, CallRef, CandidatesAnswer, ContextRef, DecryptRef, Dispatch, EncryptRef,
    ErrorAnswer, GenerateAnswer, GenerateRef, MaterialsAnswer, RefreshAnswer, StatusAnswer,
    TlsAnswer, TlsRef, UnwrapAnswer, UnwrapRef, WrapAnswer, WrapRef,
};

use super::{answer, asked, spare};
use crate::{EncryptionMaterialsProvider, Provider, TlsArtifactsProvider};

/// A class of keys.
pub(crate) struct MaterialsClass<P>(P);

/// A class of TLS artifacts.
pub(crate) struct TlsClass<P>(P);

fn create<P: Provider>(context: &ContextRef<'_>) -> Result<P, ErrorAnswer> {
    P::new(&asked::context(context)).map_err(answer::error)
}

fn refresh<P: Provider>(provider: &P, call: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
    let call = asked::call(call);
    let answer = provider.refresh(&call);
    spare::keep(call);
    answer
        .map(|()| RefreshAnswer {
            attributes: AttributesAnswer::none(),
        })
        .map_err(answer::error)
}

fn status<P: Provider>(provider: &P, call: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
    let call = asked::call(call);
    let answer = provider.status(&call);
    spare::keep(call);
    answer.map(answer::status).map_err(answer::error)
}

impl<P: EncryptionMaterialsProvider> Dispatch for MaterialsClass<P> {
    fn create(context: &ContextRef<'_>) -> Result<Self, ErrorAnswer> {
        create(context).map(Self)
    }

    fn refresh(&self, call: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
        refresh(&self.0, call)
    }

    fn status(&self, call: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
        status(&self.0, call)
    }

    fn materials_for_encrypt(
        &self,
        request: &EncryptRef<'_>,
    ) -> Result<MaterialsAnswer, ErrorAnswer> {
        let request = asked::encrypt(request)?;
        let answer = self.0.materials_for_encrypt(&request);
        spare::keep(request.call);
        answer.map(answer::materials).map_err(answer::error)
    }

    fn materials_for_decrypt(
        &self,
        request: &DecryptRef<'_>,
    ) -> Result<CandidatesAnswer, ErrorAnswer> {
        let request = asked::decrypt(request)?;
        let answer = self.0.materials_for_decrypt(&request);
        spare::keep(request.call);
        answer.map(answer::candidates).map_err(answer::error)
    }

    fn generate_data_key(&self, request: &GenerateRef<'_>) -> Result<GenerateAnswer, ErrorAnswer> {
        let request = asked::generate(request)?;
        let answer = self.0.generate_data_key(&request);
        spare::keep(request.call);
        answer.map(answer::generated).map_err(answer::error)
    }

    fn wrap(&self, request: &WrapRef<'_>) -> Result<WrapAnswer, ErrorAnswer> {
        let request = asked::wrap(request);
        let answer = self.0.wrap(&request);
        spare::keep(request.call);
        answer.map(answer::wrapped).map_err(answer::error)
    }

    fn unwrap(&self, request: &UnwrapRef<'_>) -> Result<UnwrapAnswer, ErrorAnswer> {
        let request = asked::unwrap(request);
        let answer = self.0.unwrap(&request);
        spare::keep(request.call);
        answer.map(answer::unwrapped).map_err(answer::error)
    }
}

impl<P: TlsArtifactsProvider> Dispatch for TlsClass<P> {
    fn create(context: &ContextRef<'_>) -> Result<Self, ErrorAnswer> {
        create(context).map(Self)
    }

    fn refresh(&self, call: &CallRef<'_>) -> Result<RefreshAnswer, ErrorAnswer> {
        refresh(&self.0, call)
    }

    fn status(&self, call: &CallRef<'_>) -> Result<StatusAnswer, ErrorAnswer> {
        status(&self.0, call)
    }

    fn tls_artifacts(&self, request: &TlsRef<'_>) -> Result<TlsAnswer, ErrorAnswer> {
        let request = asked::tls(request);
        let answer = self.0.tls_artifacts(&request);
        spare::keep(request.call);
        answer.map(answer::tls).map_err(answer::error)
    }
}
