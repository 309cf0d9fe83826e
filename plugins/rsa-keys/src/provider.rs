//! The provider: one key pair for every request.

use provost_key_files::{Loaded, excerpt, local_path, read_secret, read_trusted};
use provost_plugin_api::{
    Call, Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    MaterialsDescription, Provider, ProviderError, RawMaterials, SecretBytes, Status,
};

use crate::key_encoding::{Half, to_der};

/// The entry of the description that holds the key pair's name.
pub const NAME_ENTRY: &str = "rsa_name";

/// The configuration key of the key pair's name.
const NAME: &str = "fs.s3.cse.rsa.name";

/// The configuration key of the public half.
const PUBLIC: &str = "fs.s3.cse.rsa.public";

/// The configuration key of the private half.
const PRIVATE: &str = "fs.s3.cse.rsa.private";

/// The largest key file: more than an RSA key of 16384 bits as PEM with comments.
const MAX_FILE: usize = 64 * 1024;

/// One RSA key pair from files.
pub struct RsaKeys {
    context: ClassContext,
    name: String,
    pair: Loaded<Pair>,
}

struct Pair {
    public: SecretBytes,
    private: Option<SecretBytes>,
}

impl Provider for RsaKeys {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        let name = context.conf().require(NAME)?.to_owned();
        let pair = Loaded::new(Pair::load(context)?);
        Ok(Self {
            context: context.clone(),
            name,
            pair,
        })
    }

    fn refresh(&self, _call: &Call) -> Result<(), ProviderError> {
        self.pair
            .refresh(&self.context, || Pair::load(&self.context))
    }

    fn status(&self, _call: &Call) -> Result<Status, ProviderError> {
        Ok(self.pair.status(|pair| {
            let mut status = Status::healthy(self.name.as_str());
            status.message = match &pair.private {
                Some(_) => "encrypts and decrypts".to_owned(),
                None => "encrypts only: there is no private half here".to_owned(),
            };
            status
        }))
    }
}

impl EncryptionMaterialsProvider for RsaKeys {
    fn materials_for_encrypt(
        &self,
        _request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        Ok(self.materials())
    }

    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let stored = request.description.as_ref().and_then(|d| d.get(NAME_ENTRY));
        match stored {
            Some(stored) if stored != self.name => Err(ProviderError::not_found(format!(
                "the object's key is {}, and this provider has `{}`",
                excerpt(stored),
                self.name
            ))),
            _ => Ok(self.materials().into()),
        }
    }
}

impl RsaKeys {
    fn materials(&self) -> RawMaterials {
        let pair = self.pair.get();
        let Pair { public, private } = &*pair;
        let private = private.as_ref().map(SecretBytes::clone_secret);
        RawMaterials::rsa(public.secret_bytes().to_vec(), private)
            .with_description(MaterialsDescription::new().with(NAME_ENTRY, self.name.as_str()))
            .with_generation(self.name.as_str())
    }
}

impl Pair {
    fn load(context: &ClassContext) -> Result<Self, ProviderError> {
        let public = load(context, PUBLIC, Half::Public)?.ok_or_else(|| {
            ProviderError::configuration(PUBLIC, format!("`{PUBLIC}` is not set"))
        })?;
        let private = load(context, PRIVATE, Half::Private)?;
        Ok(Self { public, private })
    }
}

/// The DER that the configuration key `key` leads to, if it is set: a path, or, where the
/// configuration holds it as a secret, the encoded key itself.
fn load(
    context: &ClassContext,
    key: &str,
    half: Half,
) -> Result<Option<SecretBytes>, ProviderError> {
    let conf = context.conf();
    let at_key = |message: String| ProviderError::configuration(key, message);
    let (content, origin) = if let Some(location) = conf.get(key) {
        let path = local_path(conf.require(key)?).map_err(|error| at_key(error.to_string()))?;
        let content = match half {
            Half::Public => read_trusted(&path, MAX_FILE).map(SecretBytes::new),
            Half::Private => read_secret(&path, MAX_FILE),
        };
        (
            content.map_err(|error| at_key(error.to_string()))?,
            location,
        )
    } else if let Some(value) = conf.secret(key) {
        (SecretBytes::copy_from(value), "the secret value")
    } else {
        return Ok(None);
    };
    let der =
        to_der(content, half).map_err(|error| at_key(format!("`{key}` ({origin}): {error}")))?;
    Ok(Some(der))
}
