//! A call of a provider in this process, and the same provider called directly.
//!
//! The host never uses materials that it has not validated, so that is part of both sides; the
//! plugin interface is measured alone as well.

use std::hint::black_box;

use provost_core::materials::EncryptionMaterials;
use provost_plugin_api::{
    Attributes, ClassContext, EncryptRequest, EncryptionMaterialsProvider, Provider, ProviderError,
    RawMaterials,
};
use provost_static_keys::StaticKeys;
use provost_worker::SealedLibrary;

use crate::Outcome;
use crate::rounds::{compare, each};
use crate::setup::{CLASS, Place, Scratch, request};
use crate::table::Row;

const ROUNDS: usize = 25;
const CALLS: u32 = 20_000;

/// The contract as a host without a plugin interface would call it.
trait Direct {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError>;
}

impl<P: EncryptionMaterialsProvider> Direct for P {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        EncryptionMaterialsProvider::materials_for_encrypt(self, request)
    }
}

pub(crate) fn measure(scratch: &Scratch) -> Outcome<Vec<Row>> {
    let context = ClassContext::new(CLASS, scratch.conf(), Attributes::new(), |_, _| {});
    let direct: Box<dyn Direct> = black_box(Box::new(StaticKeys::new(&context)?));

    let bytes = std::fs::read(scratch.library())?;
    let module = provost_worker::open(&SealedLibrary::seal("static keys", &bytes)?)?;
    let foreign = module.create(CLASS, &scratch.conf(), &Attributes::new(), |_, _| {})?;
    let handle = scratch.provider(Place::InProcess)?;

    let request = request();
    let directly = || {
        each(CALLS, || {
            black_box(direct.materials_for_encrypt(black_box(&request))?);
            Ok(())
        })
    };
    let through_the_interface = || {
        each(CALLS, || {
            black_box(foreign.materials_for_encrypt(black_box(&request))?);
            Ok(())
        })
    };
    let through_the_handle = || {
        each(CALLS, || {
            black_box(handle.materials_for_encrypt(black_box(&request))?);
            Ok(())
        })
    };
    let directly_validated = || {
        each(CALLS, || {
            let raw = direct.materials_for_encrypt(black_box(&request))?;
            black_box(EncryptionMaterials::validate(raw)?);
            Ok(())
        })
    };
    Ok(vec![
        Row::relative(
            "in-process call",
            "direct dyn call, validated",
            &compare(ROUNDS, through_the_handle, directly_validated)?,
            3.0,
        ),
        Row::relative(
            "in-process call, interface alone",
            "direct dyn call",
            &compare(ROUNDS, through_the_interface, directly)?,
            3.0,
        ),
    ])
}
