//! The vectors, and how an object of one is read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use provost_core::envelope::key_wrap::unwrap;
use provost_core::envelope::{
    ContentMetadata, EnvelopePlace, Format, Legacy, Located, ReadPolicy, Unauthenticated, open,
    open_unauthenticated,
};
use provost_core::materials::DecryptionMaterials;
use provost_plugin_api::{MaterialsDescription, RawMaterials, SecretBytes};
use serde::Deserialize;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");

/// Every vector, by name.
pub(crate) fn all() -> BTreeMap<String, Vector> {
    let read = |path: &Path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap();
        let vector = toml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, vector)
    };
    std::fs::read_dir(Path::new(VECTORS).join("envelope"))
        .unwrap()
        .map(|entry| read(&entry.unwrap().path()))
        .collect()
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    /// `opens`, or stage and kind of the refusal.
    pub(crate) expect: String,
    /// What the error's text must contain.
    pub(crate) says: Vec<String>,
    pub(crate) comment: String,
    /// The description that is read, where that is what it is about.
    pub(crate) description: Option<BTreeMap<String, String>>,
    /// `aes`, `aes16`, `aes24` or `rsa`.
    pub(crate) key: String,
    pub(crate) read: Read,
    pub(crate) instruction_file: Option<String>,
    /// Hexadecimal.
    pub(crate) body: String,
    /// Hexadecimal; where it opens.
    pub(crate) plaintext: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Read {
    formats: Vec<String>,
    envelope: Vec<String>,
    legacy: Option<String>,
    unauthenticated: Option<String>,
}

impl Read {
    fn policy(&self) -> ReadPolicy {
        let formats = self.formats.iter().map(|format| match format.as_str() {
            "V1" => Format::V1,
            "V2" => Format::V2,
            "V3" => Format::V3,
            other => panic!("format {other}"),
        });
        let places = self.envelope.iter().map(|place| match place.as_str() {
            "metadata" => EnvelopePlace::Metadata,
            "instruction-file" => EnvelopePlace::InstructionFile,
            other => panic!("place {other}"),
        });
        let legacy = match self.legacy.as_deref() {
            None => Legacy::Refuse,
            Some("decrypt") => Legacy::Decrypt,
            Some(other) => panic!("legacy {other}"),
        };
        let unauthenticated = match self.unauthenticated.as_deref() {
            None => Unauthenticated::Refuse,
            Some("accept") => Unauthenticated::Accept,
            Some(other) => panic!("unauthenticated {other}"),
        };
        ReadPolicy::new(formats, places)
            .with_legacy(legacy)
            .with_unauthenticated(unauthenticated)
    }
}

/// A refusal as vectors name it, and its text.
pub(crate) struct Refusal {
    pub(crate) kind: String,
    pub(crate) text: String,
}

fn refusal<E: std::fmt::Debug + Display>(stage: &str) -> impl Fn(E) -> Refusal {
    move |error| {
        let debug = format!("{error:?}");
        let variant: String = debug
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        Refusal {
            kind: format!("{stage} {variant}"),
            text: error.to_string(),
        }
    }
}

pub(crate) fn materials(key: &str) -> DecryptionMaterials {
    let read = |name: &str| std::fs::read(Path::new(VECTORS).join("keys").join(name)).unwrap();
    let raw = match key {
        "aes" => RawMaterials::symmetric(SecretBytes::new((0..32).collect())),
        "aes16" => RawMaterials::symmetric(SecretBytes::new((0..16).collect())),
        "aes24" => RawMaterials::symmetric(SecretBytes::new((0..24).collect())),
        "rsa" => {
            let private = SecretBytes::new(read("rsa-2048.pkcs8.der"));
            RawMaterials::rsa(read("rsa-2048.spki.der"), Some(private))
        }
        other => panic!("key {other}"),
    };
    DecryptionMaterials::validate(raw).unwrap()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

pub(crate) type Description = BTreeMap<String, String>;

pub(crate) fn read_object(vector: &Vector) -> Result<(Vec<u8>, Description), Refusal> {
    let materials = materials(&vector.key);
    let file = vector.instruction_file.as_deref().map(str::as_bytes);
    read_with(&materials, vector, file, &unhex(&vector.body))
}

/// Reads the object with another instruction file and body.
pub(crate) fn read_with(
    materials: &DecryptionMaterials,
    vector: &Vector,
    instruction_file: Option<&[u8]>,
    body: &[u8],
) -> Result<(Vec<u8>, Description), Refusal> {
    let metadata = match ContentMetadata::locate(&vector.metadata, &vector.read.policy())
        .map_err(refusal("metadata"))?
    {
        Located::InMetadata(metadata) => metadata,
        Located::InInstructionFile(waiting) => match instruction_file {
            Some(file) => waiting.with_file(file).map_err(refusal("metadata"))?,
            None => return Err(refusal("metadata")(waiting.without_file())),
        },
    };
    let key = unwrap(materials, metadata.encrypted_data_key()).map_err(refusal("key-wrap"))?;
    let mut body = body.to_vec();
    let length = Some(body.len() as u64);
    let opened = if metadata.is_authenticated() {
        open(&metadata, &key, length).and_then(|opener| opener.open_whole(&mut body))
    } else {
        open_unauthenticated(&metadata, &key, length)
            .and_then(|opener| opener.open_whole(&mut body))
    };
    opened.map_err(refusal("content"))?;
    let description = metadata
        .description()
        .into_iter()
        .flat_map(MaterialsDescription::iter);
    let description = description.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok((body, description.collect()))
}
