//! What a run tells or writes at its end: the dead man's switch, which is not told now, the file of
//! metrics and the reports, which are not written now.

use std::fs;
use std::path::Path;

use super::failed;
use super::ledger::try_folder;
use crate::checkup::Check;
use crate::cli::errors::CliError;
use crate::config::Loaded;
use crate::exit::ExitCode;

const PING: &str = "ping";
const METRICS: &str = "metrics";
const REPORT: &str = "report";

/// The checks of what is set; nothing where nothing is.
pub(super) fn examine(loaded: &Loaded) -> Vec<Check> {
    if let Err(error) = loaded.check_watching() {
        let name = if error.message.to_ascii_lowercase().contains(PING) { PING } else { METRICS };
        return vec![failed(name, CliError::from(error))];
    }
    let watching = loaded.watching();
    let ping = watching.ping.as_ref().map(|url| Check::ok(PING, format!("{url} has the right form; it was not told")));
    let metrics = watching.metrics.as_deref().map(|path| {
        let check = target(METRICS, path);
        match path.extension().is_some_and(|extension| extension == "prom") {
            true => check,
            false => Check::warning(
                METRICS,
                format!("{} does not end in .prom", path.display()),
                "node_exporter reads no other files",
            ),
        }
    });
    let reports = match loaded.reports() {
        Ok(reports) => reports.iter().map(|report| target(REPORT, &report.path)).collect(),
        Err(error) => vec![failed(REPORT, CliError::from(error))],
    };
    ping.into_iter().chain(metrics).chain(reports).collect()
}

/// Whether a file can be put in its place when a run ends.
fn target(name: &'static str, path: &Path) -> Check {
    let hint = "name a file in a folder that the user who runs hookmend can write";
    let wrong = |message: String| Check::failed(name, ExitCode::Usage, message, hint);
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return wrong(format!("{} is not a regular file", path.display()));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match try_folder(folder) {
        Ok(()) => Check::ok(name, format!("{} can be written", path.display())),
        Err(error) => wrong(format!("{} can't be written: {error}", folder.display())),
    }
}
