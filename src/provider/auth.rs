//! Who asks.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::provider::ProviderError;

/// A secret that is asked for anew before each request: a helper's output, a token that is renewed.
pub trait Credential: Send + Sync {
    /// The secret that holds now. `refused`: the service did not take the last one.
    ///
    /// # Errors
    ///
    /// Where there is none; the words say what the user can do.
    fn secret(&self, refused: bool) -> BoxFuture<'_, Result<SecretString, ProviderError>>;

    /// Is it a key, for the header that the service has for one? Else it is a token.
    fn is_key(&self) -> bool {
        false
    }
}

/// What signs the requests to a service.
#[derive(Clone, Default)]
pub enum Auth {
    /// Nobody asks: for gateways and servers of one's own that want no key.
    #[default]
    None,
    /// A key, in the header that the service has for it.
    Key(SecretString),
    /// A token, as `authorization: Bearer`.
    Bearer(SecretString),
    /// A token that changes, as `authorization: Bearer`; or a key that does, in its own header.
    Renewed(Arc<dyn Credential>),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Key(_) => "Key(..)",
            Self::Bearer(_) => "Bearer(..)",
            Self::Renewed(_) => "Renewed(..)",
        })
    }
}
