//! The catalogue of faults: their names, their values and the operations they are made for.
//!
//! This file owns the spelling of faults. When they strike is said by `rules` and drawn by `active`;
//! what they do is done where the answers are made.

use std::fmt;
use std::time::Duration;

/// One wrong or doubtful behaviour of the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Lists every event, whatever `success` asks for.
    IgnoreSuccessFilter,
    /// Lists delivered events only, whatever is asked.
    OnlyDelivered,
    /// Answers `success=false` with an empty list although failures exist.
    FailedListingEmpty,
    /// Cuts every listing off after so many rows, without saying so.
    Truncate(u64),
    /// Lists every row twice.
    RepeatRows,
    /// Lists the newest events last-to-first instead of oldest first.
    NewestFirst,
    /// Reads and prints offset-less times in a zone so many hours east of UTC.
    ZoneShift(i8),
    /// Lists events of all times, whatever range is asked.
    IgnoreRange,
    /// Counts an event created exactly at `to` as inside the range.
    InclusiveTo,
    /// Prints every time with seven digits and an offset.
    OffsetTimes,
    /// Mixes seven-digit times with an offset and times without one in the same answer.
    MixedTimes,
    /// Gives records only the four fields that the vendor's OpenAPI example shows.
    MinimalRecords,
    /// Leaves `runsCounter` and `runs` out.
    NoRunCounter,
    /// Leaves `webhookEventId` out of every other record.
    MissingIds,
    /// Leaves `status`, `statusCode` and `success` out.
    NoStatus,
    /// Prints a webhook id that differs from the one in the URL by a letter.
    BodyWebhookIdDiffers,
    /// Breaks the connection in the middle of a listing.
    CutListing,
    /// Ends a listing in the middle of a record, as if it were whole.
    CutJson,
    /// Never stops sending.
    Oversized,
    /// Nests a field far too deep.
    DeepJson,
    /// Answers 400 to a range of more than so many days.
    MaxRangeDays(u32),
    /// Answers 500 to a listing that would hold more than so many rows.
    MaxRows500(u64),
    /// Shows a resent event in its old state for so many further listings.
    StaleListing(u32),
    /// Delivers a resend and shows the event as it was before.
    ResendAnswersBefore,
    /// Answers a resend at once with the event as it was, and delivers after so long.
    ResendDeliversLate(Duration),
    /// Claims that a resend was delivered and does nothing.
    ResendWithoutDelivery,
    /// Answers a resend with the unchanged event and does nothing.
    ResendWithoutDeliveryHonest,
    /// Delivers a resend, then answers 500.
    DeliverThen500,
    /// Delivers a resend, then stays silent so long and closes.
    DeliverThenHang(Duration),
    /// Delivers a resend, then closes the connection without an answer.
    DeliverThenReset,
    /// Delivers a resend, then breaks off in the middle of the answer.
    DeliverThenCut,
    /// Delivers a resend, then answers 200 with a web page.
    DeliverThenHtml,
    /// Closes the connection before a resend is acted on.
    DropBeforeDeliver,
    /// Refuses calls beyond so many in so long with 429.
    Throttle(Allowance),
    /// Where a 429 says how long to wait.
    ThrottleHint(ThrottleHint),
    /// Answers 429 to everything.
    ThrottleStorm,
    /// Answers 403 because the quota is used up for so long.
    Quota(Duration),
    /// Answers 503 to everything.
    Unavailable,
    /// Acts at once and answers after so long.
    Slow(Duration),
    /// Answers 200 with a web page.
    HtmlError,
    /// Answers 502 with a web page.
    Html502,
    /// Redirects to another origin.
    Redirect,
    /// Refuses every subscription key.
    RefuseSubscriptionKey,
    /// Refuses every API key.
    RefuseApiKey,
}

/// How many calls are let through in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many.
    pub calls: u32,
    /// In which time.
    pub per: Duration,
}

/// Where a 429 says how long to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThrottleHint {
    /// `Retry-After` in whole seconds, and in the body.
    #[default]
    Seconds,
    /// `Retry-After` as an HTTP date.
    Date,
    /// In the body only.
    Body,
    /// Nowhere.
    None,
}

/// What a request asks for, as far as faults care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `GET /api/Environment`.
    Environment,
    /// A reading of `/api/Webhooks`.
    Webhooks,
    /// A webhook created, changed or deleted.
    WebhookWrite,
    /// Anything on `/api/WebhooksTypes`.
    Types,
    /// A listing of events.
    List,
    /// One event.
    Get,
    /// A resend.
    Resend,
    /// Any other path.
    Unknown,
}

impl Operation {
    /// How many there are.
    pub(super) const COUNT: usize = Self::ALL.len();

    const ALL: [(Self, &'static str); 8] = [
        (Self::Environment, "environment"),
        (Self::Webhooks, "webhooks"),
        (Self::WebhookWrite, "webhook-write"),
        (Self::Types, "types"),
        (Self::List, "list"),
        (Self::Get, "get"),
        (Self::Resend, "resend"),
        (Self::Unknown, "unknown"),
    ];

    /// The name used in fault rules.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(operation, _)| *operation == self).map_or("unknown", |(_, name)| name)
    }

    pub(super) fn names() -> [&'static str; Self::COUNT] {
        Self::ALL.map(|(_, name)| name)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(operation, _)| *operation)
    }
}

/// Every fault as it may be written, and what it does.
pub const CATALOGUE: &[(&str, &str)] = &[
    ("ignore-success-filter", "list every event, whatever success= asks for"),
    ("only-delivered", "list delivered events only, whatever is asked"),
    ("failed-listing-empty", "answer success=false with [] although failures exist"),
    ("truncate=100", "cut every listing off after 100 rows, without saying so"),
    ("repeat-rows", "list every row twice"),
    ("newest-first", "list the newest events first"),
    ("zone-shift=+2h", "read and print times without offset two hours east of UTC"),
    ("ignore-range", "list events of all times, whatever range is asked"),
    ("inclusive-to", "count an event created exactly at to= as inside"),
    ("offset-times", "print times with seven digits and an offset"),
    ("mixed-times", "mix times with and without an offset in one answer"),
    ("minimal-records", "only webhookId, webhookEventId, createdDateTime and status"),
    ("no-run-counter", "leave runsCounter and runs out"),
    ("missing-ids", "leave webhookEventId out of every other record"),
    ("no-status", "leave status, statusCode and success out"),
    ("body-webhook-id-differs", "print a webhook id that differs by a letter"),
    ("cut-listing", "break the connection in the middle of a listing"),
    ("cut-json", "end a listing in the middle of a record, as if it were whole"),
    ("oversized", "a listing that never stops"),
    ("deep-json", "a listing with a field nested far too deep"),
    ("max-range-days=31", "400 to a range of more than 31 days"),
    ("max-rows-500=1000", "500 to a listing of more than 1000 rows"),
    ("stale-listing=2", "show a resent event in its old state for 2 further listings"),
    ("resend-answers-before", "deliver, and show the event as it was before"),
    ("resend-delivers-late=500", "answer at once with the old state, deliver 500 ms later"),
    ("resend-without-delivery", "claim success and deliver nothing"),
    ("resend-without-delivery-honest", "show the unchanged event and deliver nothing"),
    ("deliver-then-500", "deliver, then answer 500"),
    ("deliver-then-hang=30", "deliver, then stay silent for 30 s and close"),
    ("deliver-then-reset", "deliver, then close without an answer"),
    ("deliver-then-cut", "deliver, then break off in the middle of the answer"),
    ("deliver-then-html", "deliver, then answer 200 with a web page"),
    ("drop-before-deliver", "close the connection before acting"),
    ("throttle=5/s", "429 beyond 5 calls a second (also 60/m)"),
    ("throttle-hint=date", "where a 429 says how long to wait: seconds, date, body or none"),
    ("throttle-storm=10", "429 to the first 10 calls"),
    ("quota=07:01:20", "403, quota used up for that long"),
    ("unavailable", "503 to everything (unavailable-first=3: to the first 3)"),
    ("slow=200", "act at once, answer 200 ms later"),
    ("html-error", "200 with a web page (html-first=3: the first 3)"),
    ("html-502", "502 with a web page (html-502-first=3: the first 3)"),
    ("redirect", "302 to another origin"),
    ("refuse-subscription-key", "401 from the gateway, whatever key is sent"),
    ("refuse-api-key", "401 from behind the gateway, whatever key is sent"),
];

/// The names of the faults without a value.
pub(super) const PLAIN: &[(&str, Fault)] = &[
    ("ignore-success-filter", Fault::IgnoreSuccessFilter),
    ("only-delivered", Fault::OnlyDelivered),
    ("failed-listing-empty", Fault::FailedListingEmpty),
    ("repeat-rows", Fault::RepeatRows),
    ("newest-first", Fault::NewestFirst),
    ("ignore-range", Fault::IgnoreRange),
    ("inclusive-to", Fault::InclusiveTo),
    ("offset-times", Fault::OffsetTimes),
    ("mixed-times", Fault::MixedTimes),
    ("minimal-records", Fault::MinimalRecords),
    ("no-run-counter", Fault::NoRunCounter),
    ("missing-ids", Fault::MissingIds),
    ("no-status", Fault::NoStatus),
    ("body-webhook-id-differs", Fault::BodyWebhookIdDiffers),
    ("cut-listing", Fault::CutListing),
    ("cut-json", Fault::CutJson),
    ("oversized", Fault::Oversized),
    ("deep-json", Fault::DeepJson),
    ("resend-answers-before", Fault::ResendAnswersBefore),
    ("resend-without-delivery", Fault::ResendWithoutDelivery),
    ("resend-without-delivery-honest", Fault::ResendWithoutDeliveryHonest),
    ("deliver-then-500", Fault::DeliverThen500),
    ("deliver-then-reset", Fault::DeliverThenReset),
    ("deliver-then-cut", Fault::DeliverThenCut),
    ("deliver-then-html", Fault::DeliverThenHtml),
    ("drop-before-deliver", Fault::DropBeforeDeliver),
    ("throttle-storm", Fault::ThrottleStorm),
    ("unavailable", Fault::Unavailable),
    ("html-error", Fault::HtmlError),
    ("html", Fault::HtmlError),
    ("html-502", Fault::Html502),
    ("redirect", Fault::Redirect),
    ("refuse-subscription-key", Fault::RefuseSubscriptionKey),
    ("refuse-api-key", Fault::RefuseApiKey),
];

const LISTING: &[Operation] = &[Operation::List];
const RECORDS: &[Operation] = &[Operation::List, Operation::Get, Operation::Resend];
const RESEND: &[Operation] = &[Operation::Resend];
const EVERYTHING: &[Operation] = &[
    Operation::Environment,
    Operation::Webhooks,
    Operation::WebhookWrite,
    Operation::Types,
    Operation::List,
    Operation::Get,
    Operation::Resend,
];

impl Fault {
    /// The operations the fault is made for.
    pub(super) fn scope(self) -> &'static [Operation] {
        match self {
            Self::IgnoreSuccessFilter
            | Self::OnlyDelivered
            | Self::FailedListingEmpty
            | Self::Truncate(_)
            | Self::RepeatRows
            | Self::NewestFirst
            | Self::IgnoreRange
            | Self::InclusiveTo
            | Self::MissingIds
            | Self::CutListing
            | Self::CutJson
            | Self::Oversized
            | Self::DeepJson
            | Self::MaxRangeDays(_)
            | Self::MaxRows500(_) => LISTING,
            Self::ZoneShift(_)
            | Self::OffsetTimes
            | Self::MixedTimes
            | Self::MinimalRecords
            | Self::NoRunCounter
            | Self::NoStatus
            | Self::BodyWebhookIdDiffers => RECORDS,
            Self::StaleListing(_)
            | Self::ResendAnswersBefore
            | Self::ResendDeliversLate(_)
            | Self::ResendWithoutDelivery
            | Self::ResendWithoutDeliveryHonest
            | Self::DeliverThen500
            | Self::DeliverThenHang(_)
            | Self::DeliverThenReset
            | Self::DeliverThenCut
            | Self::DeliverThenHtml
            | Self::DropBeforeDeliver => RESEND,
            Self::Throttle(_)
            | Self::ThrottleHint(_)
            | Self::ThrottleStorm
            | Self::Quota(_)
            | Self::Unavailable
            | Self::Slow(_)
            | Self::HtmlError
            | Self::Html502
            | Self::Redirect
            | Self::RefuseSubscriptionKey
            | Self::RefuseApiKey => EVERYTHING,
        }
    }

    pub(super) fn parse(name: &str, value: Option<&str>) -> Option<Self> {
        let Some(value) = value else {
            return PLAIN.iter().find(|(plain, _)| *plain == name).map(|(_, fault)| *fault);
        };
        match name {
            "truncate" => value.parse().ok().map(Self::Truncate),
            "zone-shift" => zone_shift(value).map(Self::ZoneShift),
            "max-range-days" => value.parse().ok().map(Self::MaxRangeDays),
            "max-rows-500" => value.parse().ok().map(Self::MaxRows500),
            "stale-listing" => value.parse().ok().map(Self::StaleListing),
            "resend-delivers-late" => milliseconds(value).map(Self::ResendDeliversLate),
            "deliver-then-hang" => {
                value.parse().ok().map(|seconds| Self::DeliverThenHang(Duration::from_secs(seconds)))
            }
            "throttle" => allowance(value).map(Self::Throttle),
            "throttle-hint" => throttle_hint(value).map(Self::ThrottleHint),
            "quota" => clock_duration(value).map(Self::Quota),
            "slow" => milliseconds(value).map(Self::Slow),
            _ => None,
        }
    }
}

fn milliseconds(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

fn zone_shift(text: &str) -> Option<i8> {
    let hours: i8 = text.strip_suffix('h').unwrap_or(text).parse().ok()?;
    (-14..=14).contains(&hours).then_some(hours)
}

fn allowance(text: &str) -> Option<Allowance> {
    let (calls, unit) = text.split_once('/')?;
    let per = match unit {
        "s" => Duration::from_secs(1),
        "m" => Duration::from_secs(60),
        _ => return None,
    };
    let calls = calls.parse().ok().filter(|calls| *calls > 0)?;
    Some(Allowance { calls, per })
}

fn throttle_hint(text: &str) -> Option<ThrottleHint> {
    match text {
        "seconds" => Some(ThrottleHint::Seconds),
        "date" => Some(ThrottleHint::Date),
        "body" => Some(ThrottleHint::Body),
        "none" => Some(ThrottleHint::None),
        _ => None,
    }
}

/// Reads `hh:mm:ss` and `d.hh:mm:ss`.
fn clock_duration(text: &str) -> Option<Duration> {
    let (days, time) = text.split_once('.').unwrap_or(("0", text));
    let mut parts = time.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || minutes > 59 || seconds > 59 || hours > 23 {
        return None;
    }
    let days = days.parse::<u32>().ok()?;
    Some(Duration::from_secs(
        u64::from(days) * 86_400 + u64::from(hours) * 3600 + u64::from(minutes) * 60 + u64::from(seconds),
    ))
}

/// Writes a time as the gateway does: `hh:mm:ss`, or `d.hh:mm:ss` from one day on.
pub(super) fn clock_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let time = format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if days > 0 { format!("{days}.{time}") } else { time }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncate(rows) => write!(formatter, "truncate={rows}"),
            Self::ZoneShift(hours) => write!(formatter, "zone-shift={hours:+}h"),
            Self::MaxRangeDays(days) => write!(formatter, "max-range-days={days}"),
            Self::MaxRows500(rows) => write!(formatter, "max-rows-500={rows}"),
            Self::StaleListing(listings) => write!(formatter, "stale-listing={listings}"),
            Self::ResendDeliversLate(wait) => write!(formatter, "resend-delivers-late={}", wait.as_millis()),
            Self::DeliverThenHang(wait) => write!(formatter, "deliver-then-hang={}", wait.as_secs()),
            Self::Throttle(Allowance { calls, per }) => {
                let unit = if per.as_secs() == 60 { "m" } else { "s" };
                write!(formatter, "throttle={calls}/{unit}")
            }
            Self::ThrottleHint(hint) => {
                let hint = match hint {
                    ThrottleHint::Seconds => "seconds",
                    ThrottleHint::Date => "date",
                    ThrottleHint::Body => "body",
                    ThrottleHint::None => "none",
                };
                write!(formatter, "throttle-hint={hint}")
            }
            Self::Quota(wait) => write!(formatter, "quota={}", clock_text(*wait)),
            Self::Slow(wait) => write!(formatter, "slow={}", wait.as_millis()),
            plain => {
                let name = PLAIN.iter().find(|(_, fault)| fault == plain).map_or("", |(name, _)| name);
                formatter.write_str(name)
            }
        }
    }
}
