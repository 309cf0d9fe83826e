//! How a worker is told what to be.

use provost_plugin_api::{Attributes, Conf, ConfValue, SecretBytes};
use serde::{Deserialize, Serialize};

use super::attributes::WireAttributes;
use super::{Bytes, Failure, Malformed};

/// The host's first frame, beside which the library, the log and the lanes travel as descriptors.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hello<'a> {
    /// The library's name, for messages.
    pub(crate) library: &'a str,
    pub(crate) class: &'a str,
    #[serde(borrow)]
    conf: Vec<(&'a str, WireValue<'a>)>,
    #[serde(borrow)]
    attributes: WireAttributes<'a>,
    /// Address-space limit in bytes.
    pub(crate) memory: Option<u64>,
}

#[derive(Serialize, Deserialize)]
enum WireValue<'a> {
    Plain(&'a str),
    #[serde(borrow)]
    Secret(Bytes<'a>),
}

impl<'a> Hello<'a> {
    pub(crate) fn new(
        library: &'a str,
        class: &'a str,
        conf: &'a Conf,
        attributes: &'a Attributes,
        memory: Option<u64>,
    ) -> Result<Self, Malformed> {
        let lend = |(key, value): (&'a str, &'a ConfValue)| match value {
            ConfValue::Plain(text) => Ok((key, WireValue::Plain(text))),
            ConfValue::Secret(secret) => Ok((key, WireValue::Secret(Bytes(secret.secret_bytes())))),
            _ => Err(Malformed::new(format!(
                "the value of `{key}` is of a kind that has no wire form"
            ))),
        };
        Ok(Self {
            library,
            class,
            conf: conf.iter().map(lend).collect::<Result<_, _>>()?,
            attributes: attributes.into(),
            memory,
        })
    }

    /// The configuration and the attributes of the class.
    pub(crate) fn into_owned(self) -> (Conf, Attributes) {
        let mut conf = Conf::new();
        for (key, value) in self.conf {
            let value = match value {
                WireValue::Plain(text) => ConfValue::Plain(text.to_owned()),
                WireValue::Secret(bytes) => ConfValue::Secret(SecretBytes::copy_from(bytes.0)),
            };
            conf.insert(key, value);
        }
        (conf, self.attributes.into_owned())
    }
}

/// The worker's first frame.
#[derive(Serialize, Deserialize)]
pub(crate) enum Ready<'a> {
    /// The provider was built; the lanes are served.
    Serving,
    /// The library was not opened.
    NotOpened(&'a str),
    /// The constructor failed.
    #[serde(borrow)]
    NotBuilt(Failure<'a>),
    /// The system refused the worker something.
    NotSetUp(&'a str),
}
