//! The only place where adapters are made: settings in, ports out.
//!
//! Commands see the [`Adapters`] trait, so that what they do with adapters is tested without them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cli::errors::CliError;
use crate::config::{Environment, Job, OutputSettings, ProviderSettings, ReceivedSettings};
use crate::exit::ExitCode;
use crate::monitor::Monitor;
use crate::provider::Provider;
use crate::received::ReceivedLog;
use crate::reconcile::LedgerAccess;
use crate::run_report::RunReport;

/// What a run needs of its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerUse {
    /// The lock: the run may resend.
    Lock,
    /// Only what is there already.
    Read,
}

/// Where a run is watched and its report is shown.
pub trait Output {
    /// Who watches the run.
    fn monitor(&self) -> Arc<dyn Monitor>;

    /// Shows the report on standard output.
    ///
    /// # Errors
    /// When standard output can't be written.
    fn finish(&self, report: &RunReport) -> io::Result<()>;
}

/// Makes the adapters of a run from its settings.
pub trait Adapters {
    /// Opens the received log, so that a log that can't be used is known before the first request.
    ///
    /// # Errors
    /// When the log can't be used.
    fn received(&self, settings: &ReceivedSettings) -> Result<Arc<dyn ReceivedLog>, CliError>;

    /// Opens the ledger; another run is told of `job` and `since` if it finds the lock held.
    ///
    /// # Errors
    /// When the ledger can't be used or another run holds it.
    fn ledger(&self, path: &Path, purpose: LedgerUse, job: Job, since: DateTime<Utc>)
    -> Result<LedgerAccess, CliError>;

    /// Makes the provider; nothing is sent.
    ///
    /// # Errors
    /// When the settings do not make a provider.
    fn provider(&self, settings: &ProviderSettings) -> Result<Arc<dyn Provider>, CliError>;

    /// Makes what shows the run.
    fn output(&self, settings: &OutputSettings) -> Box<dyn Output>;
}

/// The real adapters.
pub struct Workshop<'a> {
    #[allow(dead_code)]
    environment: &'a Environment,
}

impl<'a> Workshop<'a> {
    /// Adapters for somebody with this environment, which says what their terminal can show.
    pub fn new(environment: &'a Environment) -> Self {
        Self { environment }
    }
}

fn not_connected(what: &str) -> CliError {
    CliError::new(ExitCode::Failure, format!("this build has no {what}"))
}

impl Adapters for Workshop<'_> {
    fn received(&self, _settings: &ReceivedSettings) -> Result<Arc<dyn ReceivedLog>, CliError> {
        Err(not_connected("received log"))
    }

    fn ledger(
        &self,
        _path: &Path,
        _purpose: LedgerUse,
        _job: Job,
        _since: DateTime<Utc>,
    ) -> Result<LedgerAccess, CliError> {
        Err(not_connected("ledger"))
    }

    fn provider(&self, _settings: &ProviderSettings) -> Result<Arc<dyn Provider>, CliError> {
        Err(not_connected("provider"))
    }

    fn output(&self, _settings: &OutputSettings) -> Box<dyn Output> {
        struct Mute;
        impl Output for Mute {
            fn monitor(&self) -> Arc<dyn Monitor> {
                Arc::new(crate::monitor::Silent)
            }
            fn finish(&self, _report: &RunReport) -> io::Result<()> {
                Ok(())
            }
        }
        Box::new(Mute)
    }
}
