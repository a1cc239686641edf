use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;
use crate::classify::ResendPolicy;
use crate::event::WebhookId;
use crate::pace::budget::FailureBudget;
use crate::pace::limiter::Rate;
use crate::policy::{Bounds, Proofs};
use crate::reconcile::WebhookRef;
use crate::run_report::Mode;

/// Flags by their keys.
type Written<'a> = &'a [(Key, &'a str)];

const NOW: &str = "2026-03-10T12:00:00Z";

fn utc(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// A world in which a run needs nothing more than its flags.
struct World {
    flags: Vec<(Key, String)>,
    variables: Vec<(String, String)>,
    file: Option<String>,
}

impl World {
    fn new() -> Self {
        Self { flags: Vec::new(), variables: Vec::new(), file: None }
            .variable("HOOKMEND_API_KEY", "api-secret")
            .variable("HOOKMEND_SUBSCRIPTION_KEY", "sub-secret")
            .flag(Key::Webhook, "hook-1")
            .flag(Key::Received, "received.log")
    }

    fn flag(mut self, key: Key, text: &str) -> Self {
        self.flags.retain(|(other, _)| *other != key);
        self.flags.push((key, text.to_owned()));
        self
    }

    fn without(mut self, key: Key) -> Self {
        self.flags.retain(|(other, _)| *other != key);
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn file(mut self, text: &str) -> Self {
        self.file = Some(text.to_owned());
        self
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = &self.file {
            std::fs::write(folder.path().join("hookmend.toml"), text).unwrap();
        }
        let mut layer = Layer::default();
        for (key, text) in &self.flags {
            layer.flag(*key, [text.clone()]);
        }
        let variables = self.variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let surroundings = Surroundings {
            environment: Environment::new(variables),
            directory: folder.path().to_owned(),
            folders: Folders { user_state: Some(PathBuf::from("/state")), ..Folders::default() },
            now: utc(NOW),
        };
        Loaded::load(Flags { layer, ..Flags::default() }, &surroundings)
    }

    fn settings(&self) -> Result<Settings, SettingsError> {
        self.load()?.settings(Job::Reconcile)
    }

    fn accepted(&self) -> Settings {
        self.settings().unwrap_or_else(|error| panic!("{error} {:?}", error.hint))
    }

    fn refused(&self) -> SettingsError {
        match self.settings() {
            Ok(settings) => panic!("accepted: {settings:?}"),
            Err(error) => error,
        }
    }
}

#[test]
fn the_defaults_are_the_published_ones() {
    let settings = World::new().accepted();
    let policy = settings.policy;
    assert_eq!(settings.window, Window::new(utc("2026-03-03T12:00:00Z"), utc(NOW)).unwrap());
    assert_eq!(policy.mode, Mode::Act);
    assert_eq!(policy.resend, ResendPolicy::default());
    assert_eq!(policy.proofs, Proofs::Required);
    assert_eq!(policy.min_age, TimeDelta::minutes(5));
    assert_eq!(policy.settle, TimeDelta::seconds(60));
    assert_eq!(policy.slice, TimeDelta::days(1));
    assert_eq!(policy.zone_margin, TimeDelta::hours(2));
    let expected = Bounds {
        max_rounds: 3,
        max_attempts: 5,
        max_resends: 10_000,
        concurrency: 4,
        rate: None,
        deadline: Duration::from_secs(4 * 3_600),
        breaker_failures: 5,
        canaries: 3,
        failure_budget: None,
    };
    assert_eq!(settings.beginning, Beginning::AsGiven);
    assert_eq!(policy.retention, Some(TimeDelta::days(90)));
    assert_eq!(policy.bounds, expected);
    assert_eq!(settings.provider.timeout, Duration::from_secs(60));
    assert_eq!(settings.provider.kind, ProviderKind::FrontSystems);
    assert_eq!(settings.provider.base_url.as_str(), "https://frontsystemsapis.frontsystems.no/restapi/V2");
    assert_eq!(settings.provider.api_key.expose_secret(), "api-secret");
    assert_eq!(settings.provider.subscription_key.expose_secret(), "sub-secret");
    assert_eq!(settings.ledger, Path::new("/state/hookmend/ledger.sqlite"));
    assert_eq!(settings.consent, Consent::Ask);
    assert_eq!(settings.output.format, Format::Human);
    assert_eq!(settings.time_zone, Tz::UTC);
}

#[test]
fn flags_outweigh_the_environment_and_the_environment_outweighs_the_file() {
    let world = World::new().file("min-age = '1m'\nslice = '2d'\nsettle = '5s'");
    let world = world.variable("HOOKMEND_MIN_AGE", "2m").variable("HOOKMEND_SLICE", "3d").flag(Key::MinAge, "3m");
    let settings = world.accepted();
    assert_eq!(settings.policy.min_age, TimeDelta::minutes(3));
    assert_eq!(settings.policy.slice, TimeDelta::days(3));
    assert_eq!(settings.policy.settle, TimeDelta::seconds(5));
    let explained = world.load().unwrap().explain();
    let origin = |name: &str| explained.iter().find(|one| one.name == name).unwrap().origin.to_string();
    assert_eq!(origin("min-age"), "--min-age");
    assert_eq!(origin("slice"), "HOOKMEND_SLICE");
    assert_eq!(origin("settle"), "hookmend.toml:3");
    assert_eq!(origin("deadline"), "default");
}

#[test]
fn what_is_explained_never_holds_a_key() {
    let world = World::new().flag(Key::Received, "postgres://me:hunter2@db/x");
    let explained = format!("{:?}", world.load().unwrap().explain());
    for secret in ["api-secret", "sub-secret", "hunter2"] {
        assert!(!explained.contains(secret), "{explained}");
    }
    assert!(explained.contains("api-key") && explained.contains("postgres://…@db/x"), "{explained}");
}

#[test]
fn settings_never_print_a_key() {
    let printed = format!("{:?}", World::new().accepted());
    assert!(!printed.contains("api-secret") && !printed.contains("sub-secret"), "{printed}");
}

#[test]
fn the_window_is_reckoned_from_what_is_named() {
    let table: [(Written<'_>, &str, &str); 7] = [
        (&[(Key::Since, "36h")], "2026-03-09T00:00:00Z", NOW),
        (&[(Key::Since, "36h"), (Key::To, "2026-03-10T06:00")], "2026-03-09T00:00:00Z", "2026-03-10T06:00:00Z"),
        (&[(Key::From, "2026-03-01")], "2026-03-01T00:00:00Z", NOW),
        (&[(Key::From, "2026-03-01"), (Key::To, "2026-03-01")], "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"),
        (&[(Key::From, "yesterday"), (Key::To, "yesterday")], "2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z"),
        (&[(Key::From, "today"), (Key::To, "today")], "2026-03-10T00:00:00Z", NOW),
        (&[(Key::From, "today"), (Key::To, "now")], "2026-03-10T00:00:00Z", NOW),
    ];
    for (flags, from, to) in table {
        let world = flags.iter().fold(World::new(), |world, (key, text)| world.flag(*key, text));
        assert_eq!(world.accepted().window, Window::new(utc(from), utc(to)).unwrap(), "{flags:?}");
    }
}

#[test]
fn a_window_can_begin_where_the_last_proven_one_ended() {
    let settings = World::new().flag(Key::Since, "last").accepted();
    assert_eq!(settings.beginning, Beginning::WhereProvenEnds);
    assert_eq!(settings.window, Window::new(utc("2026-03-03T12:00:00Z"), utc(NOW)).unwrap());
    let settings = World::new().variable("HOOKMEND_SINCE", "last").flag(Key::To, "2026-03-10T06:00").accepted();
    assert_eq!(settings.beginning, Beginning::WhereProvenEnds);
    assert_eq!(settings.window.to(), utc("2026-03-10T06:00:00Z"));
}

#[test]
fn the_failure_budget_outlives_nothing_that_counts_for_it() {
    let budget = |text| World::new().flag(Key::FailureBudget, text);
    let expected = FailureBudget { failures: 2, period: TimeDelta::minutes(60) };
    assert_eq!(budget("2/60m").accepted().policy.bounds.failure_budget, Some(expected));
    assert_eq!(budget("unlimited").accepted().policy.bounds.failure_budget, None);
    let error = budget("2/2d").flag(Key::Retention, "2d").refused();
    assert!(error.message.starts_with("--retention: attempts would be forgotten"), "{error}");
    assert_eq!(budget("2/2d").flag(Key::Retention, "forever").accepted().policy.retention, None);
}

#[test]
fn the_window_is_read_in_the_time_zone() {
    let world = World::new().flag(Key::From, "2026-03-01").flag(Key::To, "2026-03-01");
    let window = world.flag(Key::TimeZone, "Europe/Oslo").accepted().window;
    assert_eq!(window, Window::new(utc("2026-02-28T23:00:00Z"), utc("2026-03-01T23:00:00Z")).unwrap());
}

#[test]
fn an_end_that_is_still_to_come_is_cut_to_now_and_told() {
    let settings = World::new().flag(Key::To, "2026-04-01").accepted();
    assert_eq!(settings.window.to(), utc(NOW));
    assert!(settings.notes[0].contains("2026-04-02T00:00:00Z"), "{:?}", settings.notes);
    assert!(World::new().accepted().notes.is_empty());
}

#[test]
fn impossible_windows_are_refused() {
    let table: [(Written<'_>, &str); 8] = [
        (&[(Key::From, "2026-03-05"), (Key::To, "2026-03-01")], "the window is empty"),
        (&[(Key::From, "2026-03-05T10:00"), (Key::To, "2026-03-05T10:00")], "the window is empty"),
        (&[(Key::Since, "1h"), (Key::To, "2026-03-01")], "the window is empty"),
        (&[(Key::From, "now")], "the window is empty"),
        (&[(Key::From, "2027-01-01"), (Key::To, "2027-02-01")], "the window lies in the future"),
        (&[(Key::From, "2016-01-01")], "the window is 3721 days long"),
        (&[(Key::Since, "1h"), (Key::From, "2026-03-01")], "--since and --from exclude each other"),
        (&[(Key::Since, "6000d")], "--since: 6000d is not between 1s and 1830d"),
    ];
    for (flags, expected) in table {
        let world = flags.iter().fold(World::new(), |world, (key, text)| world.flag(*key, text));
        let error = world.refused();
        assert!(error.message.starts_with(expected), "{flags:?}: {error}");
    }
}

#[test]
fn every_setting_refuses_what_is_out_of_its_bounds_and_names_its_origin() {
    let table = [
        (Key::Since, "0s"),
        (Key::Since, "36"),
        (Key::From, "soon"),
        (Key::To, "2026-02-30"),
        (Key::TimeZone, "Europe/Olso"),
        (Key::MinAge, "366d"),
        (Key::MinAge, "-5m"),
        (Key::Webhook, "../x"),
        (Key::Received, ""),
        (Key::ReceivedFormat, "xml"),
        (Key::ReceivedId, " "),
        (Key::ReceivedOk, "many"),
        (Key::ReceivedSince, "soon"),
        (Key::Provider, "front"),
        (Key::BaseUrl, "http://example.com"),
        (Key::Timeout, "0s"),
        (Key::Timeout, "2h"),
        (Key::MaxRounds, "0"),
        (Key::MaxAttempts, "0"),
        (Key::MaxResends, "0"),
        (Key::Concurrency, "0"),
        (Key::Concurrency, "257"),
        (Key::Rate, "0"),
        (Key::Deadline, "0s"),
        (Key::Deadline, "31d"),
        (Key::FailureBudget, "2"),
        (Key::FailureBudget, "0/60m"),
        (Key::FailureBudget, "2/0s"),
        (Key::FailureBudget, "2/31d"),
        (Key::FailureBudget, "two/60m"),
        (Key::Retention, "1h"),
        (Key::Retention, "for ever"),
        (Key::Since, "latest"),
        (Key::Settle, "8d"),
        (Key::Slice, "59s"),
        (Key::Slice, "31d"),
        (Key::ZoneMargin, "27h"),
        (Key::Format, "yaml"),
        (Key::Color, "pink"),
        (Key::Idempotent, "maybe"),
    ];
    for (key, text) in table {
        let error = World::new().flag(key, text).refused();
        assert!(error.message.starts_with(&format!("--{}: ", key.name())), "{} {text:?}: {error}", key.name());
    }
    let error = World::new().variable("HOOKMEND_SLICE", "31d").refused();
    assert_eq!(error.message, "HOOKMEND_SLICE: 31d is not between 1m and 30d");
    let error = World::new().file("\nslice = '31d'").refused();
    assert_eq!(error.message, "hookmend.toml:2: slice: 31d is not between 1m and 30d");
}

#[test]
fn the_scope_is_what_was_named_each_once() {
    let world = World::new().without(Key::Webhook).file("[webhooks]\nsales = 'hook-9'");
    let world = world.variable("HOOKMEND_WEBHOOK", "sales,SaleCreated,hook-1,hook-9,hook-1");
    let id = |text: &str, name: Option<&str>| WebhookRef::Id(WebhookId::new(text).unwrap(), name.map(str::to_owned));
    let expected =
        vec![id("hook-9", Some("sales")), WebhookRef::EventType("SaleCreated".to_owned()), id("hook-1", None)];
    assert_eq!(world.accepted().scope, Scope::Webhooks(expected));
    let all = World::new().without(Key::Webhook).flag(Key::AllWebhooks, "true");
    assert_eq!(all.accepted().scope, Scope::AllWebhooks);
}

#[test]
fn what_a_run_needs_and_lacks_is_told() {
    let error = World::new().without(Key::Webhook).refused();
    assert_eq!(error.message, "no webhook is named");
    let error = World::new().without(Key::Webhook).flag(Key::AllWebhooks, "false").refused();
    assert_eq!(error.message, "no webhook is named");
    let mut world = World::new();
    world.variables.clear();
    assert_eq!(world.refused().message, "HOOKMEND_API_KEY and HOOKMEND_SUBSCRIPTION_KEY are not set");
    let world = world.variable("HOOKMEND_API_KEY", "x");
    assert_eq!(world.refused().message, "HOOKMEND_SUBSCRIPTION_KEY is not set");
}

#[test]
fn a_reconcile_needs_a_log_or_an_idempotent_receiver_and_a_check_needs_neither() {
    let world = World::new().without(Key::Received);
    assert!(world.refused().message.starts_with("no received log is named"));
    assert!(World::new().without(Key::Received).flag(Key::DryRun, "true").settings().is_err());
    assert!(World::new().without(Key::Received).flag(Key::Idempotent, "true").accepted().received.is_none());
    let settings = world.load().unwrap().settings(Job::Check).unwrap();
    assert_eq!((settings.received, settings.policy.mode), (None, Mode::Check));
}

#[test]
fn the_received_log_is_plain_data() {
    let world = World::new()
        .variable("HOOKMEND_RECEIVED", "a.log,-,b/*.csv,-")
        .without(Key::Received)
        .flag(Key::ReceivedFormat, "csv")
        .flag(Key::ReceivedId, "3")
        .flag(Key::ReceivedStatus, "status")
        .flag(Key::ReceivedOk, "200,204")
        .flag(Key::ReceivedTime, "at")
        .flag(Key::ReceivedSince, "2026-01-01")
        .flag(Key::TimeZone, "Europe/Oslo");
    let named = |text: &str| ReceivedSource::Named(text.to_owned());
    let expected = ReceivedSettings {
        sources: vec![named("a.log"), ReceivedSource::Stdin, named("b/*.csv")],
        format: ReceivedFormat::Csv,
        id: Some("3".to_owned()),
        status: Some("status".to_owned()),
        ok: vec![200..=200, 204..=204],
        time: Some("at".to_owned()),
        since: Some(utc("2025-12-31T23:00:00Z")),
        time_zone: chrono_tz::Europe::Oslo,
    };
    assert_eq!(world.accepted().received, Some(expected));
}

#[test]
fn switches_reach_the_policy() {
    let world = [Key::DryRun, Key::Idempotent, Key::IncludeAcknowledged, Key::NoProof, Key::Yes, Key::NoProgress]
        .into_iter()
        .fold(World::new(), |world, key| world.flag(key, "true"));
    let settings = world.flag(Key::Rate, "300/m").accepted();
    assert_eq!(settings.policy.mode, Mode::DryRun);
    assert_eq!(settings.policy.resend, ResendPolicy { idempotent: true, include_acknowledged: true });
    assert_eq!(settings.policy.proofs, Proofs::Off);
    assert_eq!(settings.policy.bounds.rate, Rate::per_second(5.0));
    assert_eq!(settings.consent, Consent::Given);
    assert_eq!(settings.output.progress, ProgressChoice::Never);
}

#[test]
fn colour_is_chosen_by_name() {
    let color = |text: &str| World::new().flag(Key::Color, text).accepted().output.color;
    assert_eq!(World::new().accepted().output.color, ColorChoice::Auto);
    assert_eq!((color("always"), color("never")), (ColorChoice::Always, ColorChoice::Never));
}

#[test]
fn a_key_in_the_environment_outweighs_the_file() {
    let world = World::new().file("api-key = { env = 'NOT_THERE' }");
    assert_eq!(world.accepted().provider.api_key.expose_secret(), "api-secret");
    let mut world = World::new().file("api-key = { env = 'MY_KEY' }").variable("MY_KEY", " trimmed \n");
    world.variables.retain(|(name, _)| name != "HOOKMEND_API_KEY");
    assert_eq!(world.accepted().provider.api_key.expose_secret(), "trimmed");
}

#[cfg(unix)]
#[test]
fn no_command_runs_for_settings_that_are_wrong_anyway() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let text = format!("api-key = {{ command = ['touch', '{}'] }}\nslice = '31d'", trace.display());
    let mut world = World::new().file(&text);
    world.variables.retain(|(name, _)| name != "HOOKMEND_API_KEY");
    assert!(world.refused().message.contains("slice"));
    assert!(!trace.exists());
}

#[test]
fn without_a_folder_for_state_a_ledger_must_be_named() {
    let mut loaded = World::new().load().unwrap();
    loaded.folders = Folders::default();
    let error = loaded.settings(Job::Reconcile).unwrap_err();
    assert!(error.hint.unwrap().contains("--ledger"));
    let mut loaded = World::new().flag(Key::Ledger, "l.sqlite").load().unwrap();
    loaded.folders = Folders::default();
    assert_eq!(loaded.ledger().unwrap(), Path::new("l.sqlite"));
}
