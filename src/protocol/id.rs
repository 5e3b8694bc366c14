//! Names of sessions, turns, messages, calls and requests.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// A fresh one; later ones sort after earlier ones.
            pub fn fresh() -> Self {
                Self(crate::base::ids::fresh().into())
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", &self.0)
            }
        }
    };
}

id!(
    /// A session: one log, one task, one place in the sidebar.
    SessionId
);
id!(
    /// A turn: from a prompt to the model's last word on it.
    TurnId
);
id!(
    /// A message of the model.
    MessageId
);
id!(
    /// A tool call, as the provider named it.
    CallId
);
id!(
    /// A question to the user whether a call may run.
    RequestId
);
