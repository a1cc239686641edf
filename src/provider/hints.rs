//! What to do about a failure of a provider, in words: one place for runs and for single commands.

use super::{Credential, ProviderError};

/// What to do when the provider can't be reached or keeps failing.
pub const UNAVAILABLE: &str =
    "check --base-url and the network; if both are right, the vendor is down: run again later";

/// What to do when whoever answers can't prove that it is the provider.
const UNPROVEN: &str = "somebody else may be answering in its place, so nothing was sent: check --base-url; behind a company's own \
                        authority name its certificate with --ca-file";

impl Credential {
    /// What to do when it was refused.
    pub fn hint(self) -> &'static str {
        match self {
            Self::SubscriptionKey => {
                "the vendor's gateway refused the subscription key: check HOOKMEND_SUBSCRIPTION_KEY (or subscription-key in the configuration)"
            }
            Self::ApiKey => {
                "the gateway let the subscription key pass, so it is most likely the API key that was refused: check HOOKMEND_API_KEY (or api-key in the configuration)"
            }
            Self::Unclear => {
                "nothing complains of the subscription key, so it is most likely the API key: check HOOKMEND_API_KEY (or api-key in the configuration); another API of the vendor also answers like this: check --base-url"
            }
        }
    }
}

impl ProviderError {
    /// What to do about it. Where the vendor does not know something, a webhook is taken to be meant.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::CredentialsRefused { credential, .. } => credential.hint(),
            Self::NotFound { .. } | Self::Unaddressable { .. } => {
                "check the webhook id; --all-webhooks takes those that the keys can see"
            }
            Self::UnknownPath { .. } | Self::Redirected { .. } | Self::Rejected { .. } => {
                "check --base-url: the address answers, but it is not the vendor's API"
            }
            Self::Throttled { .. } | Self::QuotaExhausted { .. } => {
                "others who use the same subscription share its limit; run again later"
            }
            Self::NotSent { message } if message.contains("invalid peer certificate") => UNPROVEN,
            Self::NotSent { .. }
            | Self::Server { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => UNAVAILABLE,
        }
    }
}
