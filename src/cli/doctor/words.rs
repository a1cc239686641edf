//! What a failure of the vendor means for a checkup: the exit code of a run that met it, and what to do.

use crate::exit::ExitCode;
use crate::provider::{Credential, ProviderError};

/// The code and the hint of a failure.
pub(super) fn meaning(error: &ProviderError) -> (ExitCode, &'static str) {
    match error {
        ProviderError::NotSent { .. } => (
            ExitCode::Unavailable,
            "check the network, a proxy (HTTPS_PROXY), --base-url and, behind a company's own authority, --ca-file",
        ),
        ProviderError::TimedOut { .. } => {
            (ExitCode::Unavailable, "try again, or allow more time with --timeout; the vendor may be slow or down")
        }
        ProviderError::Interrupted { .. } | ProviderError::Server { .. } => {
            (ExitCode::Unavailable, "try again later; the vendor, or what stands in front of it, has trouble")
        }
        ProviderError::Throttled { .. } => {
            (ExitCode::Unavailable, "wait and try again; other programs with the same subscription share its limit")
        }
        ProviderError::QuotaExhausted { .. } => {
            (ExitCode::Unavailable, "wait until the quota is filled again; another key of the company has the same one")
        }
        ProviderError::CredentialsRefused { credential, .. } => (ExitCode::Refused, refused(*credential)),
        ProviderError::NotFound { .. } | ProviderError::UnknownPath { .. } | ProviderError::Redirected { .. } => {
            (ExitCode::Usage, "check --base-url: the address answers, but it is not the vendor's API")
        }
        ProviderError::Unaddressable { .. } => (ExitCode::Usage, "check the webhook id"),
        ProviderError::Rejected { .. } => {
            (ExitCode::Usage, "check --base-url and --provider: the vendor does not take this request")
        }
        ProviderError::Unreadable { .. } => {
            (ExitCode::Usage, "check --base-url: what answers there is not the vendor's API, or not all of it")
        }
        ProviderError::TooLarge { .. } => (ExitCode::Unavailable, "the answer never ends; tell the vendor"),
    }
}

/// What to do about a key that was refused.
pub(super) fn refused(credential: Credential) -> &'static str {
    match credential {
        Credential::SubscriptionKey => {
            "compare it with the subscription in the vendor's developer portal; every company has its own"
        }
        Credential::ApiKey => {
            "compare it with the key that the vendor gave this integration; it is not the subscription key"
        }
        Credential::Unclear => "another API of the vendor answers like this too: check --base-url, then the keys",
    }
}
