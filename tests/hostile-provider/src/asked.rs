//! Providers that give back what they were told.

use provost_plugin_api::{
    Call, Candidates, ClassContext, DecryptRequest, EncryptRequest, EncryptionMaterialsProvider,
    ErrorKind, Level, MaterialsDescription, Provider, ProviderError, RawMaterials,
};

use crate::good::Good;
use crate::hostile::Misbehaviour;

/// Describes its materials by what the request said: its description and its attributes.
pub(crate) struct Echo(Good);

const URI: &str = "attribute-uri";
const CLUSTER: &str = "attribute-cluster";

impl Provider for Echo {
    fn new(context: &ClassContext) -> Result<Self, ProviderError> {
        Good::new(context).map(Self)
    }
}

impl EncryptionMaterialsProvider for Echo {
    fn materials_for_encrypt(
        &self,
        request: &EncryptRequest,
    ) -> Result<RawMaterials, ProviderError> {
        let mut description = request.description.clone().unwrap_or_default();
        if let Some(uri) = request.call.object_uri() {
            description.insert(URI, uri);
        }
        if let Some(cluster) = request.call.cluster_id() {
            description.insert(CLUSTER, cluster);
        }
        let good = self.0.materials_for_encrypt(request)?;
        Ok(good.with_description(description))
    }

    /// Denied unless the request is about the same object, on the same cluster.
    fn materials_for_decrypt(&self, request: &DecryptRequest) -> Result<Candidates, ProviderError> {
        let stored = request.description.clone().unwrap_or_default();
        let told = [
            (URI, request.call.object_uri()),
            (CLUSTER, request.call.cluster_id()),
        ];
        for (entry, now) in told {
            let then = stored.get(entry);
            if then != now {
                let message = format!("{entry} was {then:?} at encryption and is {now:?}");
                return Err(ProviderError::new(ErrorKind::Denied, message));
            }
        }
        let empty = DecryptRequest::new(
            Call::new("echo", request.call.remaining),
            request.purpose,
            request.wrap_algorithm.clone(),
        );
        let good = self.0.materials_for_decrypt(&empty)?.into_vec();
        let echoed = good
            .into_iter()
            .map(|good| good.with_description(stored.clone()));
        Candidates::try_from(echoed.collect::<Vec<_>>())
    }
}

/// Says its configured password wherever it can.
pub(crate) struct Leak {
    context: ClassContext,
    password: String,
    place: String,
}

impl Misbehaviour for Leak {
    fn start(context: &ClassContext) -> Result<Self, ProviderError> {
        let secret = context.conf().require_secret("password")?;
        let leak = Self {
            context: context.clone(),
            password: String::from_utf8_lossy(secret).into_owned(),
            place: context.conf().get("place").unwrap_or("error").to_owned(),
        };
        let password = &leak.password;
        context.log(
            Level::Warn,
            &format!("leak, when built: the password is {password}"),
        );
        if leak.place == "new" {
            return Err(leak.denied());
        }
        Ok(leak)
    }

    fn spoil(&self, mut good: RawMaterials) -> Result<RawMaterials, ProviderError> {
        let password = &self.password;
        println!("leak, on stdout: the password is {password}");
        eprintln!("leak, on stderr: the password is {password}");
        let line = format!("leak, when called: the password is {password}");
        self.context.log(Level::Error, &line);
        match self.place.as_str() {
            "panic" => panic!("the password is {password}"),
            "algorithm" => password.clone_into(&mut good.algorithm),
            "description" => {
                let name = format!("x-amz-{password}");
                good.description = MaterialsDescription::new().with(name, "1");
            }
            "wrap-algorithm" => {
                return Ok(RawMaterials::provider_held("id", password));
            }
            _ => return Err(self.denied()),
        }
        Ok(good)
    }
}

impl Leak {
    fn denied(&self) -> ProviderError {
        let message = format!("https://user:{}@backend/ refused", self.password);
        ProviderError::new(ErrorKind::Denied, message)
    }
}
