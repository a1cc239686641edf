//! The flags that are settings, in groups, and how they become the heaviest layer of settings.
//!
//! Values stay text: `config` reads them the same way from a flag, a variable and the file. Only
//! choices from a short list are also known here, for help and completion.

use clap::{Args, ValueHint};

use crate::config::{Key, Layer, SelectionTexts};

const WINDOW: &str = "Which events";
const RECEIVED: &str = "Received log";
const VENDOR: &str = "Vendor";
const POLICY: &str = "What may be done";
const BOUNDS: &str = "Bounds";
const OUTPUT: &str = "Output";

/// Which webhooks.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = WINDOW)]
pub struct ScopeFlags {
    /// Webhook by id, by name from the settings, or by event type; may be repeated
    #[arg(long, value_name = "ID|NAME")]
    webhook: Vec<String>,
    /// All webhooks that the keys can see
    #[arg(long)]
    all_webhooks: bool,
}

impl ScopeFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Webhook, self.webhook);
        put_switch(layer, Key::AllWebhooks, self.all_webhooks);
    }
}

/// Which webhooks and which events.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = WINDOW)]
pub struct EventFlags {
    #[command(flatten)]
    scope: ScopeFlags,
    /// From this long ago, such as 36h or 7d; or last: from where the last proven clean run ended, less
    /// three hours [default: 7d]
    #[arg(long, value_name = "D")]
    since: Option<String>,
    /// From this time: a date, a date and time, RFC 3339, now, today, yesterday
    #[arg(long, value_name = "T")]
    from: Option<String>,
    /// Up to this time; a bare date includes that whole day [default: now]
    #[arg(long, value_name = "T")]
    to: Option<String>,
    #[command(flatten)]
    age: AgeFlags,
}

impl EventFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.scope.put(layer);
        layer.flag(Key::Since, self.since);
        layer.flag(Key::From, self.from);
        layer.flag(Key::To, self.to);
        self.age.put(layer);
    }
}

/// How times are read, and from which age on events are judged.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = WINDOW)]
pub struct AgeFlags {
    /// Zone of times without an offset, yours and the vendor's [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Leave events younger than this alone [default: 5m]
    #[arg(long, value_name = "D")]
    min_age: Option<String>,
}

impl AgeFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::TimeZone, self.time_zone);
        layer.flag(Key::MinAge, self.min_age);
    }
}

/// Which of the events; without any of these all of them.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = WINDOW)]
pub struct SelectFlags {
    /// Only events of this type: keeps the webhooks that deliver it; may be repeated
    #[arg(long, value_name = "TYPE")]
    event_type: Vec<String>,
    /// Only events that the vendor first showed as failed, pending, delivered, unrecognised, or all
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Only events judged missing, unacknowledged, lost-after-ack, too-young, unknown or settled
    #[arg(long, value_name = "VERDICT")]
    verdict: Vec<String>,
    /// Only events with this status code: 404, 500-599, 5xx, or none
    #[arg(long, value_name = "CODES")]
    status_code: Vec<String>,
    /// Only this event; may be repeated
    #[arg(long, value_name = "ID")]
    id: Vec<String>,
}

impl SelectFlags {
    /// What was written.
    pub fn texts(self) -> SelectionTexts {
        let Self { event_type, status, verdict, status_code, id } = self;
        SelectionTexts { status, verdict, status_code, event_type, id }
    }
}

/// The received log.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = RECEIVED)]
pub struct ReceivedFlags {
    /// Your log of received event ids: a file, a pattern in quotes, - for standard input, or a
    /// database as sqlite:PATH?table=T&column=C or postgres://user@host/db?table=T&column=C; may be
    /// repeated
    #[arg(long, value_name = "SRC", value_hint = ValueHint::FilePath)]
    received: Vec<String>,
    #[command(flatten)]
    reading: ReadingFlags,
}

impl ReceivedFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Received, self.received);
        self.reading.put(layer);
    }
}

/// How the received log is read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = RECEIVED)]
pub struct ReadingFlags {
    /// How to read it [default: auto]
    #[arg(long, value_name = "FORMAT", value_parser = ["auto", "ids", "jsonl", "csv", "text"])]
    received_format: Option<String>,
    // An attribute, as documentation would take the groups for HTML.
    #[arg(
        long,
        value_name = "FIELD",
        help = "Where the id is; jsonl: key or JSON pointer; csv: column name or number; database: column; text: name, or a \
                regex with a group (?<id>…), perhaps (?<status>…) and (?<time>…)"
    )]
    received_id: Option<String>,
    /// Where the HTTP status is; only lines with a successful one count
    #[arg(long, value_name = "FIELD")]
    received_status: Option<String>,
    /// Which statuses are successful, such as 200 or 200,204 [default: 2xx]
    #[arg(long, value_name = "CODES")]
    received_ok: Option<String>,
    /// Where the time is; gives the log its coverage
    #[arg(long, value_name = "FIELD")]
    received_time: Option<String>,
    /// Since when the log is complete
    #[arg(long, value_name = "T")]
    received_since: Option<String>,
    /// What to ask a database that is named without a table; its one parameter is the array of the
    /// wanted ids, and it returns those that were received
    #[arg(long, value_name = "SQL")]
    received_query: Option<String>,
}

impl ReadingFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::ReceivedFormat, self.received_format);
        layer.flag(Key::ReceivedId, self.received_id);
        layer.flag(Key::ReceivedStatus, self.received_status);
        layer.flag(Key::ReceivedOk, self.received_ok);
        layer.flag(Key::ReceivedTime, self.received_time);
        layer.flag(Key::ReceivedSince, self.received_since);
        layer.flag(Key::ReceivedQuery, self.received_query);
    }
}

/// Where the vendor is.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = VENDOR)]
pub struct AddressFlags {
    /// Which vendor [default: front-systems]
    #[arg(long, value_name = "NAME", value_parser = ["front-systems"])]
    provider: Option<String>,
    /// Where the vendor is; https, or http on this machine
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    base_url: Option<String>,
    /// Certificate authorities to trust beside the usual ones (PEM)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ca_file: Option<String>,
    /// How long one request may take [default: 60s]
    #[arg(long, value_name = "D")]
    timeout: Option<String>,
}

impl AddressFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Provider, self.provider);
        layer.flag(Key::BaseUrl, self.base_url);
        layer.flag(Key::CaFile, self.ca_file);
        layer.flag(Key::Timeout, self.timeout);
    }
}

/// Where the vendor is and how it is asked.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = VENDOR)]
pub struct VendorFlags {
    #[command(flatten)]
    address: AddressFlags,
    /// Range of one listing, at most 30d [default: 1d]
    #[arg(long, value_name = "D")]
    slice: Option<String>,
    /// Widen ranges by this, as the vendor's zone is uncertain [default: 2h]
    #[arg(long, value_name = "D")]
    zone_margin: Option<String>,
}

impl VendorFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.address.put(layer);
        layer.flag(Key::Slice, self.slice);
        layer.flag(Key::ZoneMargin, self.zone_margin);
    }
}

/// How events are judged; the same for a gate and for a repair.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = POLICY)]
pub struct JudgeFlags {
    /// The receiver takes an event twice without harm: count whatever has failed
    #[arg(long)]
    idempotent: bool,
    /// Count events that were acknowledged and are not in the log
    #[arg(long)]
    include_acknowledged: bool,
    /// Trust the vendor's filter and the log without proof
    #[arg(long)]
    no_proof: bool,
}

impl JudgeFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        put_switch(layer, Key::Idempotent, self.idempotent);
        put_switch(layer, Key::IncludeAcknowledged, self.include_acknowledged);
        put_switch(layer, Key::NoProof, self.no_proof);
    }
}

/// Whether and how much is resent.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = POLICY)]
pub struct ResendFlags {
    /// Show what would be resent and resend nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask on a terminal before resending
    #[arg(long, short = 'y')]
    yes: bool,
    /// Resends of this run; a larger plan is refused whole [default: 10000]
    #[arg(long, value_name = "N", help_heading = BOUNDS)]
    max_resends: Option<String>,
    /// Failed deliveries that resends may cause for each webhook, over all runs, such as 2/60m
    /// [default: unlimited]
    #[arg(long, value_name = "N/D", help_heading = BOUNDS)]
    failure_budget: Option<String>,
    /// For how long the ledger keeps settled attempts, or forever [default: 90d]
    #[arg(long, value_name = "D", help_heading = OUTPUT)]
    retention: Option<String>,
}

impl ResendFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        put_switch(layer, Key::DryRun, self.dry_run);
        put_switch(layer, Key::Yes, self.yes);
        layer.flag(Key::MaxResends, self.max_resends);
        layer.flag(Key::FailureBudget, self.failure_budget);
        layer.flag(Key::Retention, self.retention);
    }
}

/// For how long it is tried again.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = BOUNDS)]
pub struct RoundFlags {
    /// Rounds in a row without progress [default: 3]
    #[arg(long, value_name = "N")]
    max_rounds: Option<String>,
}

impl RoundFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::MaxRounds, self.max_rounds);
    }
}

/// How fast, how long, and how patient with what earlier runs left open.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = BOUNDS)]
pub struct PaceFlags {
    /// Requests at once [default: 4]
    #[arg(long, value_name = "N")]
    concurrency: Option<String>,
    /// Requests at most: 5/s, 300/m, 1000/h [default: unlimited]
    #[arg(long, value_name = "RATE")]
    rate: Option<String>,
    /// How long the run may last [default: 4h]
    #[arg(long, value_name = "D")]
    deadline: Option<String>,
    /// Resends of one event, over all runs [default: 5]
    #[arg(long, value_name = "N")]
    max_attempts: Option<String>,
    /// How long a resend in doubt must be without evidence before it counts as not sent
    /// [default: 60s]
    #[arg(long, value_name = "D")]
    settle: Option<String>,
}

impl PaceFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Concurrency, self.concurrency);
        layer.flag(Key::Rate, self.rate);
        layer.flag(Key::Deadline, self.deadline);
        layer.flag(Key::MaxAttempts, self.max_attempts);
        layer.flag(Key::Settle, self.settle);
    }
}

/// What is printed of what the vendor shows.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct FormatFlags {
    /// What goes to standard output [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = ["human", "json", "jsonl"])]
    format: Option<String>,
}

impl FormatFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Format, self.format);
    }
}

/// What is printed and kept.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct OutputFlags {
    #[command(flatten)]
    format: FormatFlags,
    /// The journal of runs and resends [default: in the user's state folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ledger: Option<String>,
}

impl OutputFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.format.put(layer);
        layer.flag(Key::Ledger, self.ledger);
    }
}

/// Who is told of the run from outside.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct WatchFlags {
    /// Tell a dead man's switch when the run begins and how it ends: posts to URL/start, then to URL
    /// or URL/EXIT-CODE; the URL is a secret, HOOKMEND_PING keeps it out of the process list
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    ping: Option<String>,
    /// Write metrics of the run for Prometheus' node_exporter; the file's name ends in .prom and is
    /// the label task
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    metrics: Option<String>,
}

impl WatchFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Ping, self.ping);
        layer.flag(Key::Metrics, self.metrics);
    }
}

/// Where the report of a run goes beside standard output.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = OUTPUT)]
pub struct ReportFlags {
    /// Write the report to this file as well; its ending tells the format: .html, .md, .csv, .json, or
    /// .xml for JUnit; may be repeated
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    report: Vec<String>,
}

impl ReportFlags {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        layer.flag(Key::Report, self.report);
    }
}

/// A switch that is not given says nothing, so that the environment or the file may.
pub fn put_switch(layer: &mut Layer, key: Key, given: bool) {
    layer.flag(key, given.then(|| "true".to_owned()));
}
