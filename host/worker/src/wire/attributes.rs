//! Attributes and descriptions.

use provost_plugin_api::{Attributes, MaterialsDescription, SecretBytes};
use serde::{Deserialize, Serialize};

use super::Bytes;

#[derive(Serialize, Deserialize)]
pub(crate) struct WireAttributes<'a> {
    #[serde(borrow)]
    plain: Vec<(&'a str, Bytes<'a>)>,
    #[serde(borrow)]
    secret: Vec<(&'a str, Bytes<'a>)>,
}

impl<'a> From<&'a Attributes> for WireAttributes<'a> {
    fn from(attributes: &'a Attributes) -> Self {
        Self {
            plain: attributes
                .iter()
                .map(|(name, value)| (name, Bytes(value)))
                .collect(),
            secret: attributes
                .iter_secret()
                .map(|(name, value)| (name, Bytes(value.secret_bytes())))
                .collect(),
        }
    }
}

impl WireAttributes<'_> {
    pub(super) fn into_owned(self) -> Attributes {
        let mut attributes = Attributes::new();
        for (name, value) in self.plain {
            attributes.push(name, value.0);
        }
        for (name, value) in self.secret {
            attributes.push_secret(name, SecretBytes::copy_from(value.0));
        }
        attributes
    }
}

pub(super) type WireDescription<'a> = Vec<(&'a str, &'a str)>;

pub(super) fn lend(description: &MaterialsDescription) -> WireDescription<'_> {
    description.iter().collect()
}

pub(super) fn own(description: WireDescription<'_>) -> MaterialsDescription {
    description.into_iter().collect()
}
