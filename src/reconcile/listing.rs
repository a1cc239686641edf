//! Lists the slices of a window side by side, and halves those that fail or may be cut short.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::classify::Age;
use crate::event::{DeliveryStatus, Event, EventId, WebhookId, Window};
use crate::monitor::RunEvent;
use crate::policy::Proofs;
use crate::provider::{ListFilter, ListRequest, Listing, ProviderError};
use crate::run_report::ProblemKind;
use crate::slices::{ListedSlice, Scrutiny, is_round, parting};
use crate::tracked::TrackedEvents;

use super::caller::{Halt, RequestKind};
use super::{Run, WebhookState};

/// A slice that fails is not halved below this length.
const SHORTEST_FAILING: TimeDelta = TimeDelta::minutes(1);
/// A slice that may be cut short is not halved below this length.
const SHORTEST_CAPPED: TimeDelta = TimeDelta::seconds(1);
/// Neighbouring slices overlap by this much, because it is unknown whether a range includes its end.
const OVERLAP: TimeDelta = TimeDelta::seconds(1);
/// Requests for a slice that can't be halved.
const LAST_TRIES: u32 = 4;
/// Failures without any success in between, for each lane, after which smaller slices are no remedy.
const MAX_FRUITLESS_PER_LANE: usize = 12;
/// How often slices are halved in search of a cap before that is given up.
const MAX_CAP_PASSES: u32 = 30;

/// What one listing of a slice showed.
#[derive(Clone, Debug, Default)]
pub(super) struct SliceSigns {
    pub(super) delivered: u64,
    pub(super) failed: u64,
    pub(super) outside: u64,
    pub(super) without_status: u64,
    /// Events that no earlier listing of this run had shown.
    pub(super) new: u64,
    /// Of these, failed ones that are old enough to have been listed before.
    pub(super) new_failed: u64,
}

/// What the listing of several slices showed.
#[derive(Debug, Default)]
pub(super) struct ListOutcome {
    pub(super) listed: Vec<ListedSlice>,
    pub(super) unread: Vec<(Window, String)>,
    pub(super) signs: SliceSigns,
    pub(super) unusable: u64,
    pub(super) first_unusable: Option<String>,
    /// The ids that were listed, where the caller asked to know.
    pub(super) seen: Vec<EventId>,
}

/// What is to be listed.
pub(super) struct ListJob<'e> {
    pub(super) webhook: WebhookId,
    pub(super) filter: ListFilter,
    /// The part of time in which events are taken in.
    pub(super) window: Window,
    pub(super) slices: Vec<Window>,
    pub(super) events: &'e Mutex<TrackedEvents>,
    /// Whether the outcome must tell which ids were listed.
    pub(super) sightings: Sightings,
    /// Whether slices are widened before they are asked for.
    pub(super) edges: Edges,
}

/// What is asked for of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edges {
    /// More than the slice, for the zone's uncertainty and for ends that may not be included.
    Widened,
    /// The slice itself, and hardly more.
    Exact,
}

/// Whether a listing must tell which ids it showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sightings {
    Kept,
    Dropped,
}

struct SliceAnswer {
    slice: Window,
    signs: SliceSigns,
    seen: Vec<EventId>,
    result: Result<Listing, ProviderError>,
}

impl Run<'_> {
    /// Lists the window of one webhook and looks for silent caps.
    pub(super) async fn list_webhook(&mut self, index: usize) -> Result<(), Halt> {
        let length = self.policy().slice.min(self.longest_slice());
        let slices = self.window.slices(length);
        self.webhooks[index].listed.clear();
        let outcome = self.list_slices(index, slices, Sightings::Dropped).await?;
        self.take_signs(index, &outcome);
        if self.policy().proofs == Proofs::Required {
            self.disprove_cap_cheaply(index).await?;
        }
        Ok(())
    }

    /// The longest slice whose widened range the vendor still accepts, wherever in a window it lies.
    pub(super) fn longest_slice(&self) -> TimeDelta {
        let widening = self.zone_margin().max(OVERLAP) * 2;
        (self.ports.provider.longest_range() - widening).max(TimeDelta::hours(1))
    }

    /// Lists some slices with the webhook's filter and takes in what they show.
    pub(super) async fn list_slices(
        &mut self,
        index: usize,
        slices: Vec<Window>,
        sightings: Sightings,
    ) -> Result<ListOutcome, Halt> {
        let webhook = &mut self.webhooks[index];
        let events = Mutex::new(std::mem::take(&mut webhook.events));
        let job = ListJob {
            webhook: webhook.id.clone(),
            filter: webhook.filter,
            window: self.window,
            slices,
            events: &events,
            sightings,
            edges: Edges::Widened,
        };
        let outcome = self.list(job).await;
        let webhook = &mut self.webhooks[index];
        webhook.events = events.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome = outcome?;
        for slice in &outcome.listed {
            webhook.capacity.saw(slice.records);
            webhook.listed.retain(|known| known.slice != slice.slice);
            webhook.listed.push(*slice);
        }
        self.report_listing_faults(index, &outcome);
        Ok(outcome)
    }

    pub(super) fn report_listing_faults(&mut self, index: usize, outcome: &ListOutcome) {
        let name = self.webhooks[index].name.clone();
        for (slice, reason) in &outcome.unread {
            self.undetermined(
                ProblemKind::ListingUnreadable,
                format!("{name}: the events from {} to {} could not be listed: {reason}", slice.from(), slice.to()),
                "run again later; if it stays so, ask the vendor about this period",
            );
        }
        if outcome.unusable > 0 {
            let first = outcome.first_unusable.as_deref().unwrap_or("no reason is known");
            self.undetermined(
                ProblemKind::RecordsUnusable,
                format!("{name}: {} records of the vendor's listing can't be used: {first}", outcome.unusable),
                "nobody can say which events these are; ask the vendor",
            );
        }
    }

    /// Lists every slice of a job; slices that fail are halved until they are read or can't be halved.
    pub(super) async fn list(&self, job: ListJob<'_>) -> Result<ListOutcome, Halt> {
        let mut outcome = ListOutcome::default();
        let mut waiting: Vec<Window> = job.slices.iter().rev().copied().collect();
        let lanes = self.policy().bounds.concurrency.max(1);
        let mut fruitless = 0;
        let mut flying = FuturesUnordered::new();
        self.notice(&RunEvent::SlicesPlanned { webhook: job.webhook.clone(), slices: waiting.len() });
        loop {
            while flying.len() < lanes {
                let Some(slice) = waiting.pop() else { break };
                flying.push(self.list_slice(&job, slice));
            }
            let Some(answer) = flying.next().await else { break };
            let answer = answer?;
            fruitless = if answer.result.is_ok() { 0 } else { fruitless + 1 };
            if fruitless >= lanes * MAX_FRUITLESS_PER_LANE {
                // Whatever the length, the vendor does not list: say so once, for the whole job.
                let span = job.slices.iter().copied().reduce(|one, other| one.hull(&other));
                let reason = answer.result.err().map(|error| error.to_string()).unwrap_or_default();
                outcome.unread = vec![(span.unwrap_or(answer.slice), reason)];
                break;
            }
            self.take_answer(&job, answer, &mut outcome, &mut waiting);
        }
        Ok(outcome)
    }

    fn take_answer(
        &self,
        job: &ListJob<'_>,
        answer: SliceAnswer,
        outcome: &mut ListOutcome,
        waiting: &mut Vec<Window>,
    ) {
        // What arrived before a failure is real and was taken in, so its signs count as well.
        outcome.signs.add(&answer.signs);
        outcome.seen.extend(answer.seen);
        let slice = answer.slice;
        match answer.result {
            Ok(listing) => {
                outcome.listed.push(ListedSlice { slice, records: listing.records });
                outcome.unusable += listing.unusable;
                outcome.first_unusable = outcome.first_unusable.take().or(listing.first_unusable);
                self.notice(&RunEvent::SliceListed {
                    webhook: job.webhook.clone(),
                    slice,
                    filter: job.filter,
                    records: listing.records,
                });
            }
            Err(error) => match slice.halves(SHORTEST_FAILING) {
                Some([earlier, later]) => {
                    waiting.extend([later, earlier]);
                    self.notice(&RunEvent::SliceHalved {
                        webhook: job.webhook.clone(),
                        slice,
                        reason: error.to_string(),
                    });
                    self.notice(&RunEvent::SlicesPlanned { webhook: job.webhook.clone(), slices: 2 });
                }
                None => outcome.unread.push((slice, error.to_string())),
            },
        }
    }

    /// Lists one slice, again after a passing failure, as often as it makes sense before it is halved.
    async fn list_slice(&self, job: &ListJob<'_>, slice: Window) -> Result<SliceAnswer, Halt> {
        let request =
            ListRequest { webhook: job.webhook.clone(), range: self.range_of(job, slice), filter: job.filter };
        let can_be_halved = slice.halves(SHORTEST_FAILING).is_some();
        let mut signs = SliceSigns::default();
        let mut seen = Vec::new();
        let mut tries = 0;
        loop {
            tries += 1;
            let result = self
                .caller
                .read(RequestKind::List, async || {
                    let mut sink = |event: Event| {
                        if job.sightings == Sightings::Kept {
                            seen.push(event.id.clone());
                        }
                        self.take_event(job, &request.range, event, &mut signs);
                    };
                    self.ports.provider.list_events(&request, &mut sink).await
                })
                .await?;
            let again = match &result {
                Ok(_) => false,
                Err(
                    error @ (ProviderError::NotFound { .. }
                    | ProviderError::UnknownPath { .. }
                    | ProviderError::Unaddressable { .. }),
                ) => return Err(Halt::Misconfigured(error.clone())),
                Err(
                    ProviderError::Server { .. } | ProviderError::Interrupted { .. } | ProviderError::Unreadable { .. },
                ) => tries < if can_be_halved { 2 } else { LAST_TRIES },
                Err(ProviderError::TimedOut { .. }) => !can_be_halved && tries < 2,
                Err(_) => false,
            };
            if !again {
                return Ok(SliceAnswer { slice, signs, seen, result });
            }
            self.caller.pause(crate::pace::retry::back_off(tries - 1, self.caller.jitter())).await?;
        }
    }

    /// The range to ask for: a slice at the window's edge is widened for the zone's uncertainty, an
    /// inner one by the overlap.
    fn range_of(&self, job: &ListJob<'_>, slice: Window) -> Window {
        let (margin, window) = (self.zone_margin(), job.window);
        match job.edges {
            Edges::Widened => {}
            // Parts that are hardly longer than the overlap would show the same events.
            Edges::Exact if slice.length() <= OVERLAP * 8 => return slice,
            Edges::Exact => return slice.widened(OVERLAP, OVERLAP),
        }
        let before = if slice.from() == window.from() { margin } else { OVERLAP };
        let after = if slice.to() == window.to() { margin } else { OVERLAP };
        slice.widened(before, after)
    }

    fn take_event(&self, job: &ListJob<'_>, range: &Window, event: Event, signs: &mut SliceSigns) {
        let margin = self.zone_margin();
        match event.status {
            DeliveryStatus::Delivered => signs.delivered += 1,
            DeliveryStatus::Failed | DeliveryStatus::Pending => signs.failed += 1,
            DeliveryStatus::Unrecognised => signs.without_status += 1,
        }
        // The range may be off by the margin either way before the vendor can be said to ignore it.
        if event.created().is_some_and(|created| !range.widened(margin, margin).contains(created)) {
            signs.outside += 1;
        }
        if !job.window.admits(&event, margin) {
            return;
        }
        let failed = matches!(event.status, DeliveryStatus::Failed | DeliveryStatus::Pending);
        // A young event may have failed since the last listing, so it speaks against nothing.
        let ripe = Age::of(&event, self.ports.clock.now(), self.policy().min_age) != Age::Young;
        let mut events = job.events.lock().unwrap_or_else(PoisonError::into_inner);
        let known = events.len();
        events.observe(event);
        if events.len() > known {
            signs.new += 1;
            signs.new_failed += u64::from(failed && ripe);
        }
    }

    /// Looks for a silent cap where one is likely, after the failed listing. The unfiltered listing
    /// that the filter proof needs anyway is waited for first, because one larger answer settles it.
    async fn disprove_cap_cheaply(&mut self, index: usize) -> Result<(), Halt> {
        let webhook = &self.webhooks[index];
        if webhook.filter == ListFilter::All {
            self.disprove_cap(index, Scrutiny::Suspicious).await?;
        }
        Ok(())
    }

    /// Halves slices that may be cut short until that is disproven or the counts stay below the cap.
    ///
    /// A slice is whole when each of its halves holds less than it did; a half that holds as much is
    /// as doubtful as the whole was, and is halved in turn.
    pub(super) async fn disprove_cap(&mut self, index: usize, scrutiny: Scrutiny) -> Result<(), Halt> {
        let mut indivisible: HashSet<Window> = HashSet::new();
        if scrutiny == Scrutiny::Everything {
            let webhook = &self.webhooks[index];
            let filter = webhook.filter;
            let doubtful = webhook.capacity.doubtful(&webhook.listed, scrutiny);
            for (slice, records) in self.look_closer(index, filter, &doubtful).await? {
                let listed = &mut self.webhooks[index].listed;
                listed.iter_mut().filter(|listed| listed.slice == slice).for_each(|listed| listed.records = records);
            }
        }
        for _ in 0..MAX_CAP_PASSES {
            let webhook = &self.webhooks[index];
            if webhook.range_ignored {
                break;
            }
            let mut doubtful = webhook.capacity.doubtful(&webhook.listed, scrutiny);
            doubtful.retain(|listed| !indivisible.contains(&listed.slice));
            if doubtful.is_empty() {
                break;
            }
            for ListedSlice { slice, .. } in doubtful {
                match self.halve_doubtful(index, slice).await? {
                    Halved::Divided => {}
                    Halved::RangeIgnored(records) => {
                        self.report_ignored_range(index, slice, records);
                        return Ok(());
                    }
                    Halved::TooShort => {
                        indivisible.insert(slice);
                    }
                }
            }
        }
        let webhook = &self.webhooks[index];
        let undivided =
            if webhook.range_ignored { Vec::new() } else { webhook.capacity.doubtful(&webhook.listed, scrutiny) };
        indivisible.extend(undivided.iter().map(|listed| listed.slice));
        for slice in indivisible {
            self.report_truncation(index, slice);
        }
        Ok(())
    }

    async fn halve_doubtful(&mut self, index: usize, slice: Window) -> Result<Halved, Halt> {
        let webhook = &mut self.webhooks[index];
        let Some(place) = webhook.listed.iter().position(|listed| listed.slice == slice) else {
            return Ok(Halved::Divided);
        };
        let Some(halves) = webhook.parts(slice) else {
            return Ok(Halved::TooShort);
        };
        let whole = webhook.listed.swap_remove(place);
        self.notice(&RunEvent::SliceHalved {
            webhook: self.webhooks[index].id.clone(),
            slice,
            reason: format!("{} records look like a cap", whole.records),
        });
        let outcome = self.list_slices(index, halves.to_vec(), Sightings::Dropped).await?;
        self.take_signs(index, &outcome);
        if outcome.signs.new > 0 {
            self.webhooks[index].capacity.cut_short_at(whole.records);
        } else if outcome.ignores_range(whole.records) {
            return Ok(Halved::RangeIgnored(whole.records));
        }
        Ok(Halved::Divided)
    }

    /// Where smaller slices tell nothing, a round number of records may be a limit that nothing disproves.
    pub(super) fn report_ignored_range(&mut self, index: usize, slice: Window, records: u64) {
        self.webhooks[index].range_ignored = true;
        let name = self.webhooks[index].name.clone();
        self.problem(
            ProblemKind::RangeIgnored,
            format!("{name}: the vendor lists the same events whatever range is asked for; the others were left out"),
            "if these times look shifted, set --time-zone to the vendor's zone",
        );
        if is_round(records) {
            self.report_truncation(index, slice);
        }
    }

    fn report_truncation(&mut self, index: usize, slice: Window) {
        let webhook = &self.webhooks[index];
        let message = format!(
            "{}: the vendor may cut its listings short: as many events as it ever lists at once fall between {} and {}",
            webhook.name,
            slice.from(),
            slice.to()
        );
        self.undetermined(ProblemKind::ListingTruncated, message, "ask the vendor to raise its limit for listings");
    }
}

enum Halved {
    /// Its parts stand in its place, each as doubtful as what it holds makes it.
    Divided,
    TooShort,
    /// Both halves showed everything, so halving tells nothing.
    RangeIgnored(u64),
}

impl WebhookState {
    /// A slice in two parts that hold about as many events each, as far as is known. Equal parts of
    /// time would leave a burst of events in one of them, again and again.
    ///
    /// Once a cap is proven, what is known of a slice that reaches it is what the cap left over, so
    /// the middle of its time is the better place.
    pub(super) fn parts(&self, slice: Window) -> Option<[Window; 2]> {
        if self.capacity.cap().is_some() {
            return slice.halves(SHORTEST_CAPPED);
        }
        // Where more is known of a slice than its list of failures shows, one answer was larger than that
        // list, and nothing is halved.
        let times = (self.events.iter())
            .filter_map(|tracked| tracked.event.created())
            .filter(|created| slice.contains(*created));
        let parts = parting(times.collect()).and_then(|middle| slice.split(middle, SHORTEST_CAPPED));
        parts.or_else(|| slice.halves(SHORTEST_CAPPED))
    }
}

impl ListOutcome {
    /// Whether the parts of a slice held as much as the whole did, and that from outside of them.
    pub(super) fn ignores_range(&self, whole: u64) -> bool {
        self.signs.outside > 0 && self.unread.is_empty() && self.listed.iter().all(|part| part.records >= whole)
    }
}

impl SliceSigns {
    pub(super) fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.outside += other.outside;
        self.without_status += other.without_status;
        self.new += other.new;
        self.new_failed += other.new_failed;
    }
}
