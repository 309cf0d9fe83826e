//! Classes that do not come back.

// `Segfault` writes where nothing is.
#![allow(unsafe_code)]

use std::hint::black_box;
use std::{process, ptr, thread};

use provost_plugin_api::{ClassContext, ProviderError, RawMaterials};

use crate::hostile::Misbehaviour;

type Answer = Result<RawMaterials, ProviderError>;

pub(crate) struct PanicInNew;

impl Misbehaviour for PanicInNew {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        panic!("hostile: in new")
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(good)
    }
}

pub(crate) struct HangInNew;

impl Misbehaviour for HangInNew {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        loop {
            thread::park();
        }
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(good)
    }
}

pub(crate) struct PanicInCall;

impl Misbehaviour for PanicInCall {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Answer {
        panic!("hostile: in a call")
    }
}

pub(crate) struct PanicInDrop;

impl Misbehaviour for PanicInDrop {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        Ok(good)
    }
}

impl Drop for PanicInDrop {
    fn drop(&mut self) {
        panic!("hostile: in drop")
    }
}

pub(crate) struct Abort;

impl Misbehaviour for Abort {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Answer {
        process::abort()
    }
}

pub(crate) struct Segfault;

impl Misbehaviour for Segfault {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, good: RawMaterials) -> Answer {
        let nowhere = black_box(ptr::without_provenance_mut::<u8>(8));
        // SAFETY: none. The first page is never mapped, so the kernel ends the process.
        unsafe { nowhere.write_volatile(1) };
        Ok(good)
    }
}

pub(crate) struct Exit;

impl Misbehaviour for Exit {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Answer {
        process::exit(0)
    }
}

pub(crate) struct Hang;

impl Misbehaviour for Hang {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Answer {
        loop {
            thread::park();
        }
    }
}

pub(crate) struct MemoryBomb;

impl Misbehaviour for MemoryBomb {
    fn start(_: &ClassContext) -> Result<Self, ProviderError> {
        Ok(Self)
    }

    fn spoil(&self, _: RawMaterials) -> Answer {
        let mut hoard = Vec::new();
        loop {
            hoard.push(vec![1_u8; 16 << 20]);
            black_box(&hoard);
        }
    }
}
