//! `GetWebhooksEvents`: the query, the choice of rows, and the body that is written as it is sent.
//!
//! A listing is never built in memory: rows are computed a piece at a time, so that a million
//! events can be served. The world may change between two pieces, as it may at the vendor.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, Stream};
use hyper::body::{Bytes, Frame};
use hyper::{Response, StatusCode};
use url::form_urlencoded;

use super::active::Active;
use super::answers::{BEFORE_CUT, Body, Cut, json_stream, json_text, problem};
use super::api::Refusal;
use super::faults::Fault;
use super::plan::EventState;
use super::shared::Shared;
use super::wire::{Extras, RecordForm, parse_time, status_text, success};
use super::world::{Cursor, Direction, EventRef, Record, Subscription, View};

/// How much is written before the world is let go for a moment, in bytes.
const PIECE_BYTES: usize = 64 * 1024;
/// How deep `deep-json` nests.
const DEPTH: usize = 100_000;

/// What a listing was asked for.
#[derive(Debug)]
struct Query {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    success: Option<bool>,
    statuses: Vec<String>,
    extras: Extras,
}

impl Query {
    fn parse(text: &str, zone_hours: i8) -> Result<Self, String> {
        let (mut from, mut to, mut success) = (None, None, None);
        let (mut statuses, mut extras) = (Vec::new(), Extras::default());
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let time = || {
                parse_time(&value, zone_hours).ok_or_else(|| format!("The value '{value}' is not valid for {name}."))
            };
            let flag = || parse_flag(&value).ok_or_else(|| format!("The value '{value}' is not valid for {name}."));
            match name.as_ref() {
                "from" => from = Some(time()?),
                "to" => to = Some(time()?),
                "success" => success = Some(flag()?),
                "includePayload" => extras.payload = flag()?,
                "includeRuns" => extras.runs = flag()?,
                "statuses" => statuses.extend(value.split(',').map(str::to_owned)),
                _ => {}
            }
        }
        let from = from.ok_or("The from field is required.")?;
        let to = to.ok_or("The to field is required.")?;
        Ok(Self { from, to, success, statuses, extras })
    }
}

fn parse_flag(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Which events become rows.
#[derive(Clone, Debug)]
struct Choice {
    success: Option<bool>,
    statuses: Vec<String>,
    as_they_were: HashMap<EventRef, Record>,
}

impl Choice {
    fn takes(&self, state: &EventState) -> bool {
        let by_success = self.success.is_none_or(|wanted| success(state) == Some(wanted));
        let by_status = self.statuses.is_empty() || self.statuses.iter().any(|status| status == status_text(state));
        by_success && by_status
    }

    fn next(&self, subscription: &Subscription, cursor: &mut Cursor) -> Option<EventRef> {
        loop {
            let event = subscription.advance(cursor)?;
            let taken = match self.as_they_were.get(&event) {
                Some(record) => self.takes(&record.state),
                None => subscription.state(event).is_some_and(|state| self.takes(&state)),
            };
            if taken {
                return Some(event);
            }
        }
    }

    fn view(&self, subscription: &Subscription, event: EventRef) -> Option<View> {
        let view = subscription.view(event)?;
        Some(match self.as_they_were.get(&event) {
            Some(record) => View { record: record.clone(), ..view },
            None => view,
        })
    }
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// With the bracket that closes the array.
    Whole,
    /// In the middle of this row, by breaking the connection.
    Broken { row: u64 },
    /// In the middle of this row, as if that were all.
    Short { row: u64 },
    /// Never.
    Endless,
}

/// A listing that is being sent.
struct Listing {
    shared: Arc<Shared>,
    webhook_id: String,
    event_type: String,
    cursor: Cursor,
    choice: Choice,
    form: RecordForm,
    limit: u64,
    copies: u64,
    repeated: Option<(Vec<u8>, u64)>,
    ending: Ending,
    row: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    Rows,
    Breaking,
    Over,
}

/// Answers a listing.
pub(super) fn answer(shared: &Arc<Shared>, webhook: &str, query: &str, active: &Active) -> Response<Body> {
    let query = match Query::parse(query, active.zone_hours()) {
        Ok(query) => query,
        Err(message) => return problem(StatusCode::BAD_REQUEST, &message),
    };
    if let Some(days) = active.find(|fault| if let Fault::MaxRangeDays(days) = fault { Some(days) } else { None })
        && query.to - query.from > TimeDelta::days(i64::from(days))
    {
        return problem(StatusCode::BAD_REQUEST, &format!("The date range can't be longer than {days} days."));
    }
    let mut world = shared.world();
    let Some(subscription) = world.subscription_mut(webhook) else {
        return Refusal::NoWebhook.into();
    };
    if active.has(Fault::DeepJson) {
        return deep(&subscription.id);
    }
    let choice = Choice {
        success: chosen_success(&query, active),
        statuses: query.statuses.clone(),
        as_they_were: subscription.take_stale(),
    };
    let cursor = chosen_range(subscription, &query, active);
    let rows = || {
        let mut counted = cursor.clone();
        std::iter::from_fn(|| choice.next(subscription, &mut counted)).count() as u64
    };
    if let Some(most) = active.find(|fault| if let Fault::MaxRows500(rows) = fault { Some(rows) } else { None })
        && rows() > most
    {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "The listing is too large.");
    }
    let limit = active.find(|fault| if let Fault::Truncate(rows) = fault { Some(rows) } else { None });
    let ending = if active.has(Fault::CutListing) {
        Ending::Broken { row: rows() / 2 }
    } else if active.has(Fault::CutJson) {
        Ending::Short { row: rows() / 2 }
    } else if active.has(Fault::Oversized) {
        Ending::Endless
    } else {
        Ending::Whole
    };
    let listing = Listing {
        shared: Arc::clone(shared),
        webhook_id: subscription.id.clone(),
        event_type: subscription.event_type.clone(),
        form: RecordForm::new(&subscription.id, query.extras, active),
        cursor,
        choice,
        limit: limit.unwrap_or(u64::MAX),
        copies: if active.has(Fault::RepeatRows) { 2 } else { 1 },
        repeated: None,
        ending,
        row: 0,
        stage: Stage::Opening,
    };
    json_stream(listing.frames())
}

fn chosen_success(query: &Query, active: &Active) -> Option<bool> {
    if active.has(Fault::OnlyDelivered) {
        Some(true)
    } else if active.has(Fault::IgnoreSuccessFilter) {
        None
    } else {
        query.success
    }
}

fn chosen_range(subscription: &Subscription, query: &Query, active: &Active) -> Cursor {
    let direction = if active.has(Fault::NewestFirst) { Direction::NewestFirst } else { Direction::OldestFirst };
    if active.has(Fault::FailedListingEmpty) && query.success == Some(false) {
        return subscription.cursor(query.from, query.from, direction);
    }
    if active.has(Fault::IgnoreRange) {
        return subscription.cursor(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, direction);
    }
    let beyond = if active.has(Fault::InclusiveTo) { TimeDelta::nanoseconds(1) } else { TimeDelta::zero() };
    let to = query.to.checked_add_signed(beyond).unwrap_or(query.to);
    subscription.cursor(query.from, to, direction)
}

fn deep(webhook_id: &str) -> Response<Body> {
    let mut text = format!("[{{\"webhookId\":\"{webhook_id}\",\"webhookEventId\":\"deep\",\"payload\":").into_bytes();
    text.extend(std::iter::repeat_n(b'[', DEPTH));
    text.extend(std::iter::repeat_n(b']', DEPTH));
    text.extend_from_slice(b"}]");
    json_text(StatusCode::OK, text)
}

impl Listing {
    fn frames(self) -> impl Stream<Item = Result<Frame<Bytes>, Cut>> + Send + 'static {
        stream::unfold(self, |mut listing| async move {
            if listing.stage == Stage::Breaking {
                tokio::time::sleep(BEFORE_CUT).await;
                listing.stage = Stage::Over;
                return Some((Err(Cut), listing));
            }
            let piece = listing.piece()?;
            Some((Ok(Frame::data(Bytes::from(piece))), listing))
        })
    }

    /// The next piece of the body.
    fn piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE_BYTES + 1024);
        match self.stage {
            Stage::Opening => {
                piece.push(b'[');
                self.stage = Stage::Rows;
            }
            Stage::Rows => {}
            Stage::Breaking | Stage::Over => return None,
        }
        let shared = Arc::clone(&self.shared);
        let world = shared.world();
        let subscription = world.subscription(&self.webhook_id);
        while piece.len() < PIECE_BYTES && self.stage == Stage::Rows {
            self.write_row(subscription, &mut piece);
        }
        Some(piece)
    }

    fn write_row(&mut self, subscription: Option<&Subscription>, piece: &mut Vec<u8>) {
        let json = self.next_json(subscription);
        if let Ending::Broken { row } | Ending::Short { row } = self.ending
            && self.row >= row
        {
            let half = json.unwrap_or_default();
            self.separate(piece);
            piece.extend_from_slice(&half[..half.len() / 2]);
            self.stage = if matches!(self.ending, Ending::Broken { .. }) { Stage::Breaking } else { Stage::Over };
            return;
        }
        match json {
            Some(json) => {
                self.separate(piece);
                piece.extend_from_slice(&json);
                self.row += 1;
            }
            None => {
                piece.push(b']');
                self.stage = Stage::Over;
            }
        }
    }

    fn separate(&self, piece: &mut Vec<u8>) {
        if self.row > 0 {
            piece.push(b',');
        }
    }

    fn next_json(&mut self, subscription: Option<&Subscription>) -> Option<Vec<u8>> {
        if self.row >= self.limit {
            return None;
        }
        if let Some((json, left)) = self.repeated.take() {
            if left > 1 {
                self.repeated = Some((json.clone(), left - 1));
            }
            return Some(json);
        }
        let next = subscription.and_then(|subscription| {
            let event = self.choice.next(subscription, &mut self.cursor)?;
            self.choice.view(subscription, event)
        });
        let view = match next {
            Some(view) => view,
            None if self.ending == Ending::Endless => invented(self.row),
            None => return None,
        };
        let json = self.form.json(&view, &self.event_type, self.row);
        if self.copies > 1 {
            self.repeated = Some((json.clone(), self.copies - 1));
        }
        Some(json)
    }
}

/// A row for a listing that never stops.
fn invented(row: u64) -> View {
    let state = EventState::Failed { status_code: Some(500), status_text: "Internal Server Error".to_owned() };
    let record = Record { state, updated_at: None, runs: Vec::new(), run_count: 1 };
    View { id: format!("00000000-0000-4000-8000-{row:012x}"), created_at: DateTime::UNIX_EPOCH, record }
}
