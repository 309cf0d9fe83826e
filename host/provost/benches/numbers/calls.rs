//! A call of a provider in this process, and the same provider called directly.

use std::hint::black_box;

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

const ROUNDS: usize = 15;
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
    let against = "direct dyn call";
    Ok(vec![
        Row::relative(
            "in-process call",
            against,
            &compare(ROUNDS, through_the_interface, directly)?,
            3.0,
        ),
        Row::relative(
            "in-process call, validated",
            against,
            &compare(ROUNDS, through_the_handle, directly)?,
            3.0,
        ),
    ])
}
