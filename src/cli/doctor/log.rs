//! The received log: whether it can be read, what it seems to hold, how far back it speaks, and whether
//! it holds what the vendor says it delivered.

use std::io::IsTerminal;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};

use super::{COVERAGE, Doctor, LOG, failed, skip};
use crate::checkup::ids::{self, Shared};
use crate::checkup::listing::Sample;
use crate::checkup::{Check, Verdict};
use crate::cli::errors::CliError;
use crate::cli::wiring::{open_log, received_options};
use crate::config::{Job, ReceivedSettings, ReceivedSource};
use crate::event::{DeliveryStatus, Event};
use crate::exit::ExitCode;
use crate::receipt::{Coverage, LogStats, Lookup, Receipt, WantedIds};
use crate::received::{Field, FileLog, ReceivedLog, Survey, whereabouts};
use crate::report::text::{counted, grouped, instant, shell_word};

/// The most delivered events that the log is asked for.
const MOST_ASKED: usize = 2_000;

/// What to do about a log in which nothing stands that the vendor delivered.
const NOWHERE: &str = "none of their ids stands anywhere in it, in no field: it is the log of something else; check \
                       --received, --webhook and --base-url";

/// The checks of the log, held against what the vendor listed; `unlisted` says why it did not list all.
pub(super) fn examine(doctor: &Doctor<'_>, samples: &[Sample], unlisted: Option<&str>) -> Vec<Check> {
    if doctor.loaded.time_zone().is_err() {
        return skip([LOG, ids::IDS, COVERAGE], "the time zone can't be used");
    }
    let settings = match doctor.loaded.received_log() {
        Ok(Some(settings)) => settings,
        Ok(None) => return without_log(doctor),
        Err(error) => {
            let mut checks = vec![failed(LOG, CliError::from(error))];
            checks.extend(skip([ids::IDS, COVERAGE], "the log can't be used"));
            return checks;
        }
    };
    if settings.sources.contains(&ReceivedSource::Stdin) && std::io::stdin().is_terminal() {
        return skip([LOG, ids::IDS, COVERAGE], "the log comes from standard input, which is this terminal");
    }
    let delivered = delivered(samples, doctor);
    let wanted = Arc::new(WantedIds::new(delivered.iter().map(|event| event.id.clone())));
    match Opened::open(doctor, &settings, &wanted) {
        Ok(opened) => {
            let shared = match unlisted {
                Some(why) if delivered.is_empty() => Check::skipped(ids::IDS, why),
                Some(_) | None => opened.shared(&settings, &delivered, &wanted),
            };
            vec![opened.log(), shared, opened.reach(doctor)]
        }
        Err(error) => {
            let check = failed(LOG, error);
            let check = match elsewhere(&settings, &delivered, &[]) {
                Elsewhere::Field(hint) => check.hint(hint),
                Elsewhere::Nowhere | Elsewhere::Unknown => check,
            };
            std::iter::once(check).chain(skip([ids::IDS, COVERAGE], "the log can't be used")).collect()
        }
    }
}

/// Where ids that the vendor delivered stand in the log.
enum Elsewhere {
    /// There, with what to do about it.
    Field(String),
    /// Nowhere in it.
    Nowhere,
    /// Nobody could look everywhere.
    Unknown,
}

/// Looks for delivered ids in the whole text of the log; `described` says how it is read.
fn elsewhere(settings: &ReceivedSettings, delivered: &[&Event], described: &[String]) -> Elsewhere {
    let Ok(options) = received_options(settings) else { return Elsewhere::Unknown };
    let mut newest = delivered.to_vec();
    newest.sort_by_key(|event| std::cmp::Reverse(event.created()));
    let search = whereabouts(&options.sources, newest.iter().map(|event| &event.id));
    let Some(found) = search.found.first() else {
        return if search.is_whole { Elsewhere::Nowhere } else { Elsewhere::Unknown };
    };
    let place = &found.place;
    Elsewhere::Field(match &found.field {
        Field::Named(name) if is_read(name, settings, described) => format!(
            "they stand where ids are read (at {place}), in lines that do not count as received: check \
             --received-status and --received-ok"
        ),
        Field::Named(name) => {
            format!("their ids stand in the field {name:?} (at {place}): say --received-id {}", shell_word(name))
        }
        Field::Pattern(pattern) => format!(
            "their ids stand inside of lines (at {place}): say --received-format text --received-id {}",
            shell_word(pattern)
        ),
        Field::WholeLine => format!("their ids are whole lines (at {place}): say --received-format ids"),
    })
}

fn is_read(name: &str, settings: &ReceivedSettings, described: &[String]) -> bool {
    let words = format!("id in {name:?}");
    settings.id.as_deref() == Some(name) || described.iter().any(|line| line.contains(&words))
}

fn without_log(doctor: &Doctor<'_>) -> Vec<Check> {
    let policy = doctor.loaded.asked_policy(Job::Reconcile);
    let is_idempotent = policy.is_ok_and(|policy| policy.resend.idempotent);
    let log = if is_idempotent {
        Check::skipped(LOG, "none is named, and the receiver is idempotent: whatever failed is resent")
    } else {
        let hint = "name the log of received event ids with --received, or say --idempotent if the receiver takes an \
                    event twice without harm";
        Check::failed(LOG, ExitCode::Usage, "none is named, so nobody can say which events are missing", hint)
    };
    std::iter::once(log).chain(skip([ids::IDS, COVERAGE], "there is no log")).collect()
}

/// Delivered events that the log should hold by now.
fn delivered<'a>(samples: &'a [Sample], doctor: &Doctor<'_>) -> Vec<&'a Event> {
    let policy = doctor.loaded.asked_policy(Job::Reconcile);
    let min_age = policy.map_or(TimeDelta::minutes(5), |policy| policy.min_age);
    let now = Utc::now();
    let is_ripe = |event: &&Event| {
        event.status == DeliveryStatus::Delivered && event.created().is_some_and(|created| now - created >= min_age)
    };
    samples.iter().flat_map(|sample| &sample.all).filter(is_ripe).take(MOST_ASKED).collect()
}

/// A log that was read.
struct Opened {
    /// What it holds, source by source; a database is only asked.
    survey: Option<Survey>,
    /// How it is read, one line for each source.
    described: Vec<String>,
    lookup: Lookup,
}

impl Opened {
    fn open(doctor: &Doctor<'_>, settings: &ReceivedSettings, wanted: &Arc<WantedIds>) -> Result<Self, CliError> {
        let is_database = |source: &ReceivedSource| matches!(source, ReceivedSource::Database(_));
        if settings.sources.iter().any(is_database) {
            let log = open_log(settings, &doctor.surroundings.environment)?;
            let lookup = doctor.runtime.block_on(log.look_up(Arc::clone(wanted)))?;
            return Ok(Self { survey: None, described: log.describe(), lookup });
        }
        let log = FileLog::open(received_options(settings)?)?;
        let survey = log.survey();
        Ok(Self { survey: Some(survey), described: log.describe(), lookup: log.ask(wanted) })
    }

    fn stats(&self) -> &LogStats {
        self.survey.as_ref().map_or(&self.lookup.stats, |survey| &survey.stats)
    }

    fn coverage(&self) -> &Coverage {
        self.survey.as_ref().map_or(&self.lookup.coverage, |survey| &survey.coverage)
    }

    fn log(&self) -> Check {
        let stats = self.stats();
        let lines = counted(stats.lines, "line", "lines");
        let message = match (&self.survey, self.described.as_slice()) {
            (None, described) => described.join("; "),
            (Some(_), [only]) => format!("{only}; {lines}, {} with an id", grouped(stats.ids)),
            (Some(_), several) => {
                let files = counted(several.len() as u64, "file", "files");
                format!("{files}: {lines}, {} with an id", grouped(stats.ids))
            }
        };
        let check = if let Some(broken) = &self.coverage().broken {
            let hint = "repair the log, or name another with --received; until then nothing counts as absent";
            Check::failed(LOG, ExitCode::Undetermined, broken.clone(), hint)
        } else if stats.unreadable > 0 {
            let first = stats.first_unreadable.as_deref().unwrap_or("an unknown place");
            let unreadable = counted(stats.unreadable, "line was", "lines were");
            let hint = "an id that stands there may have been received, so its event is not resent";
            Check::warning(LOG, format!("{message}; {unreadable} not understood, the first at {first}"), hint)
        } else if self.survey.is_some() && stats.lines == 0 {
            Check::warning(
                LOG,
                format!("{message}: it is empty"),
                "is it the right file, and does the receiver write it?",
            )
        } else {
            Check::ok(LOG, message)
        };
        self.with_unused_status(check).details(self.described.clone())
    }

    /// Warns where lines count as received although a field that is not used says otherwise.
    fn with_unused_status(&self, mut check: Check) -> Check {
        let sources = self.survey.iter().flat_map(|survey| &survey.sources);
        let told: Vec<_> = sources.filter_map(|source| source.unused_status.as_ref()).collect();
        let Some(first) = told.iter().find(|status| status.refused > 0) else { return check };
        let (lines, refused) = told
            .iter()
            .filter(|status| status.field == first.field)
            .fold((0, 0), |(lines, refused), status| (lines + status.lines, refused + status.refused));
        check.message.push_str(&format!(
            "; of the first {} with an id, {} hold another status code than 2xx in {:?} and count as received",
            counted(lines, "line", "lines"),
            grouped(refused),
            first.field
        ));
        let add = format!("add --received-status {}", shell_word(&first.field));
        check.hint = Some(match check.hint.take() {
            Some(hint) => format!("{add}; {hint}"),
            None => add,
        });
        if check.verdict == Verdict::Ok {
            check.verdict = Verdict::Warning;
        }
        check
    }

    fn shared(&self, settings: &ReceivedSettings, delivered: &[&Event], wanted: &WantedIds) -> Check {
        let receipts = || delivered.iter().map(|event| self.lookup.receipt_of(wanted, event, TimeDelta::zero()));
        let count = |wished: Receipt| receipts().filter(|receipt| *receipt == wished).count() as u64;
        let shared = Shared {
            asked: delivered.len() as u64,
            found: count(Receipt::Found),
            absent: count(Receipt::Absent),
            ids_in_log: match &self.survey {
                Some(survey) => survey.stats.ids,
                // How many a database holds is not asked.
                None => u64::MAX,
            },
        };
        let elsewhere = match shared {
            Shared { found: 0, asked: 1.., .. } if self.survey.is_some() => {
                elsewhere(settings, delivered, &self.described)
            }
            Shared { .. } => Elsewhere::Unknown,
        };
        match elsewhere {
            Elsewhere::Field(hint) => ids::shared(shared, Some(&hint)),
            Elsewhere::Nowhere => ids::shared(shared, Some(NOWHERE)),
            Elsewhere::Unknown => ids::shared(shared, None),
        }
    }

    /// How far back the log speaks, held against the window.
    fn reach(&self, doctor: &Doctor<'_>) -> Check {
        let Ok(window) = doctor.loaded.asked_window() else {
            return Check::skipped(COVERAGE, "the window can't be used");
        };
        let (stats, coverage) = (self.stats(), self.coverage());
        if coverage.broken.is_some() {
            return Check::skipped(COVERAGE, "the log could not be read whole");
        }
        let period = match (stats.first_time, stats.last_time) {
            (Some(first), Some(last)) => format!(" (lines from {} to {})", instant(first), instant(last)),
            _ => String::new(),
        };
        let hint = "add the older log with another --received, or begin the window later";
        match coverage.since {
            Some(since) if since > window.from() => {
                let gap = coverage.gap.as_ref().map(|gap| format!(": {gap}")).unwrap_or_default();
                Check::warning(
                    COVERAGE,
                    format!(
                        "the log speaks since {} only, and the window begins at {}{gap}",
                        instant(since),
                        instant(window.from())
                    ),
                    hint,
                )
            }
            Some(since) => {
                Check::ok(COVERAGE, format!("the log speaks since {}, before the window{period}", instant(since)))
            }
            None => Check::ok(
                COVERAGE,
                format!("nothing says where the log begins, so it is taken to cover all time{period}"),
            )
            .hint("say it with --received-time or --received-since, if the log is rotated"),
        }
    }
}
