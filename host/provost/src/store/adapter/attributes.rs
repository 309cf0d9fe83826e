//! What objects carry, in the words of the `object_store` crate.

use object_store::Attribute;

use crate::store::{Attributes, Metadata, MetadataError};

/// The attributes that both sides know, and where ours are.
fn known(attributes: &mut Attributes) -> [(Attribute, &mut Option<String>); 6] {
    [
        (Attribute::ContentType, &mut attributes.content_type),
        (Attribute::ContentEncoding, &mut attributes.content_encoding),
        (
            Attribute::ContentDisposition,
            &mut attributes.content_disposition,
        ),
        (Attribute::ContentLanguage, &mut attributes.content_language),
        (Attribute::CacheControl, &mut attributes.cache_control),
        (Attribute::StorageClass, &mut attributes.storage_class),
    ]
}

pub(super) fn to_attributes(
    metadata: &Metadata,
    attributes: &Attributes,
) -> object_store::Attributes {
    let mut attributes = attributes.clone();
    let metadata = metadata.iter().map(|(name, value)| {
        let name = Attribute::Metadata(name.to_owned().into());
        (name, value.to_owned())
    });
    let known = known(&mut attributes)
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.take()?)));
    metadata.chain(known).collect()
}

pub(super) fn from_attributes(
    found: &object_store::Attributes,
) -> Result<(Metadata, Attributes), MetadataError> {
    let (mut metadata, mut attributes) = (Metadata::new(), Attributes::default());
    for (attribute, value) in found {
        if let Attribute::Metadata(name) = attribute {
            metadata.insert(name, value.to_string())?;
        }
    }
    for (name, value) in known(&mut attributes) {
        *value = found.get(&name).map(|value| value.as_ref().to_owned());
    }
    Ok((metadata, attributes))
}
