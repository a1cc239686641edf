//! Proves that the vendor's filter can be believed before anything is concluded from it.
//!
//! An empty listing of failures is not evidence of anything until the vendor has shown that it lists
//! events at all and that none of them failed.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::Window;
use crate::policy::Proofs;
use crate::provider::ListFilter;
use crate::run_report::ProblemKind;
use crate::slices::{ListedSlice, Scrutiny};
use crate::tracked::TrackedEvents;

use super::caller::Halt;
use super::listing::{Edges, ListJob, ListOutcome, Sightings};
use super::{Directions, Run};

/// How far back it is looked for any event at all when the window holds none.
const LOOK_BACK: TimeDelta = TimeDelta::days(31);
/// How often a range is parted to show that each part holds less than the whole.
const MAX_PARTINGS: u32 = 20;
/// A part is not made shorter than this.
const SHORTEST_PART: TimeDelta = TimeDelta::seconds(1);

/// What the listings of a webhook showed that bears on its filter.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FilterSigns {
    /// Records that were delivered although only failed ones were asked for.
    delivered_among_failed: u64,
    delivered: u64,
    failed: u64,
    outside: u64,
    without_status: u64,
}

impl FilterSigns {
    /// The vendor lists delivered events as well, so that leaving the list says nothing of an event.
    pub(super) fn is_filter_ignored(&self) -> bool {
        self.delivered_among_failed > 0
    }

    /// Whether any event was listed at all.
    fn any(&self) -> bool {
        [self.delivered, self.failed, self.without_status].iter().any(|count| *count > 0)
    }
}

impl Run<'_> {
    /// Adds what a listing with the webhook's own filter showed.
    pub(super) fn take_signs(&mut self, index: usize, outcome: &ListOutcome) {
        let webhook = &mut self.webhooks[index];
        if webhook.filter == ListFilter::Failed {
            webhook.signs.delivered_among_failed += outcome.signs.delivered;
        }
        self.take_unfiltered_signs(index, outcome);
    }

    fn take_unfiltered_signs(&mut self, index: usize, outcome: &ListOutcome) {
        let signs = &mut self.webhooks[index].signs;
        signs.delivered += outcome.signs.delivered;
        signs.failed += outcome.signs.failed;
        signs.outside += outcome.signs.outside;
        signs.without_status += outcome.signs.without_status;
    }

    /// The filter proof of one webhook. Where the filter can't be believed, the whole window is listed
    /// without it.
    pub(super) async fn prove_filter(&mut self, index: usize) -> Result<(), Halt> {
        if self.policy().resend.include_acknowledged || self.request.directions == Directions::Both {
            // Acknowledged events are looked for, and only the unfiltered listing shows them.
            self.list_unfiltered_instead(index).await?;
        }
        if self.policy().proofs == Proofs::Off {
            self.problem(
                ProblemKind::ProofsOff,
                "the proofs are turned off: the vendor's filter and the received log are taken at their word",
                "leave out --no-proof to have them proven",
            );
            return Ok(());
        }
        self.say_what_was_ignored(index);
        if self.webhooks[index].filter == ListFilter::Failed {
            self.compare_with_unfiltered(index).await?;
        }
        self.judge_signs(index).await?;
        self.disprove_cap(index, Scrutiny::Suspicious).await?;
        Ok(())
    }

    fn say_what_was_ignored(&mut self, index: usize) {
        let signs = self.webhooks[index].signs;
        let name = self.webhooks[index].name.clone();
        if signs.delivered_among_failed > 0 {
            self.problem(
                ProblemKind::FilterIgnored,
                format!(
                    "{name}: the vendor listed {} delivered events although only failed ones were asked for; every \
                     record was judged by itself",
                    signs.delivered_among_failed
                ),
                "",
            );
        }
        if signs.outside > 0 {
            self.problem(
                ProblemKind::RangeIgnored,
                format!(
                    "{name}: the vendor listed {} events from outside the range that was asked for; they were left out",
                    signs.outside
                ),
                "if these times look shifted, set --time-zone to the vendor's zone",
            );
        }
    }

    /// Lists without the filter and holds that against the failed listing.
    ///
    /// Where the failed listing holds something, the filter works, and one slice is enough. Where it
    /// holds nothing, a filter that always answers with nothing looks the same as a vendor without
    /// failures, in every part of the window; so the whole window is looked at.
    async fn compare_with_unfiltered(&mut self, index: usize) -> Result<(), Halt> {
        let window = self.window;
        let whole = window.slices(self.longest_slice());
        let mut outcome;
        if self.webhooks[index].signs.failed == 0 {
            outcome = self.list_unfiltered(index, window, whole, Sightings::Dropped).await?;
            self.webhooks[index].whole_window_listed = true;
        } else {
            let slice = self.most_telling_slice(index);
            outcome = self.list_unfiltered(index, window, vec![slice], Sightings::Dropped).await?;
            let log_needs_delivered = self.ports.received.is_some() && self.webhooks[index].signs.delivered == 0;
            if log_needs_delivered && whole != [slice] {
                let more = self.list_unfiltered(index, window, whole, Sightings::Dropped).await?;
                self.webhooks[index].whole_window_listed = true;
                outcome.signs.add(&more.signs);
                outcome.listed.extend(more.listed);
            }
        }
        self.webhooks[index].proof_listed.clone_from(&outcome.listed);
        let cut_short = self.is_unfiltered_cut_short(index, Scrutiny::Suspicious).await?;
        if outcome.signs.new_failed > 0 {
            let name = self.webhooks[index].name.clone();
            self.problem(
                ProblemKind::ListingFalselyEmpty,
                format!(
                    "{name}: the vendor's listing of failed events left out {} failed events; the whole window was \
                     listed without the filter instead",
                    outcome.signs.new_failed
                ),
                "",
            );
        }
        if outcome.signs.new_failed > 0 || cut_short {
            self.list_unfiltered_instead(index).await?;
        }
        Ok(())
    }

    /// Before a run ends, every listing that its result rests on must be known to be whole.
    /// Returns whether that brought events to work on.
    pub(super) async fn scrutinise_listings(&mut self) -> Result<bool, Halt> {
        if self.policy().proofs == Proofs::Off {
            return Ok(false);
        }
        let known = |run: &Self| run.webhooks.iter().map(|webhook| webhook.events.len()).sum::<usize>();
        let before = known(self);
        for index in 0..self.webhooks.len() {
            self.scrutinise_proof(index).await?;
            self.disprove_cap(index, Scrutiny::Everything).await?;
        }
        // Whatever look brought an event, it must be judged before anything is said of the run.
        let grew = known(self) > before;
        if grew {
            self.diff_again().await?;
        }
        Ok(grew)
    }

    /// Before "clean" rests on the filter, the listing that proved it must be known to be whole; where it was
    /// not, the filter is given up.
    async fn scrutinise_proof(&mut self, index: usize) -> Result<(), Halt> {
        let webhook = &self.webhooks[index];
        let rests_on_it = webhook.filter == ListFilter::Failed && webhook.signs.failed == 0;
        if rests_on_it && self.is_unfiltered_cut_short(index, Scrutiny::Everything).await? {
            self.list_unfiltered_instead(index).await?;
        }
        Ok(())
    }

    /// Lists the whole window without the filter, once in a run. Returns whether that was done.
    pub(super) async fn list_whole_window_unfiltered(&mut self, index: usize) -> Result<bool, Halt> {
        let webhook = &mut self.webhooks[index];
        if webhook.whole_window_listed || webhook.filter == ListFilter::All {
            return Ok(false);
        }
        webhook.whole_window_listed = true;
        let window = self.window;
        let whole = window.slices(self.longest_slice());
        self.list_unfiltered(index, window, whole, Sightings::Dropped).await?;
        Ok(true)
    }

    /// The slice of the oldest failed event: what the log says of the deliveries around it tells
    /// whether the log reaches back as far as it is asked.
    fn most_telling_slice(&self, index: usize) -> Window {
        let listed = self.webhooks[index].listed.iter().filter(|listed| listed.records > 0);
        listed.map(|listed| listed.slice).min().unwrap_or(self.window)
    }

    /// Lists slices without the filter and takes their events in.
    pub(super) async fn list_unfiltered(
        &mut self,
        index: usize,
        window: Window,
        slices: Vec<Window>,
        sightings: Sightings,
    ) -> Result<ListOutcome, Halt> {
        let webhook = &mut self.webhooks[index];
        let events = Mutex::new(std::mem::take(&mut webhook.events));
        let job = ListJob {
            webhook: webhook.id.clone(),
            filter: ListFilter::All,
            window,
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
            self.webhooks[index].capacity.saw(slice.records);
        }
        self.take_unfiltered_signs(index, &outcome);
        self.report_listing_faults(index, &outcome);
        Ok(outcome)
    }

    /// A vendor that cuts before it filters hides failures without ever answering a suspicious number
    /// of them, so the unfiltered listing is looked at as well.
    async fn is_unfiltered_cut_short(&mut self, index: usize, scrutiny: Scrutiny) -> Result<bool, Halt> {
        if scrutiny == Scrutiny::Everything {
            let webhook = &self.webhooks[index];
            let known = webhook.events.len();
            let doubtful = webhook.capacity.doubtful(&webhook.proof_listed, scrutiny);
            let whole = self.look_closer(index, ListFilter::All, &doubtful).await?;
            if self.webhooks[index].events.len() > known {
                // Whatever hid them may hide others from the filter too.
                return Ok(true);
            }
            for (slice, records) in whole {
                let listed = &mut self.webhooks[index].proof_listed;
                listed.iter_mut().filter(|listed| listed.slice == slice).for_each(|listed| listed.records = records);
            }
        }
        let webhook = &self.webhooks[index];
        for ListedSlice { slice, .. } in webhook.capacity.doubtful(&webhook.proof_listed, scrutiny) {
            let webhook = &mut self.webhooks[index];
            let Some(place) = webhook.proof_listed.iter().position(|listed| listed.slice == slice) else { continue };
            let Some(halves) = webhook.parts(slice) else { continue };
            let records = webhook.proof_listed.swap_remove(place).records;
            let outcome = self.list_unfiltered(index, self.window, halves.to_vec(), Sightings::Dropped).await?;
            if outcome.signs.new == 0 && outcome.ignores_range(records) {
                self.report_ignored_range(index, slice, records);
                return Ok(false);
            }
            // A half that holds as much as the whole is as doubtful as the whole was.
            let as_much = outcome.listed.iter().any(|half| half.records >= records);
            if outcome.signs.new > 0 || as_much {
                self.webhooks[index].capacity.cut_short_at(records);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The halves of a slice that is hardly longer than its widened edges show mostly the same events, so
    /// halving it tells nothing. A longer range may hold more, and one larger answer disproves a cap; and
    /// what was asked for can itself be asked for in parts, without widening these.
    ///
    /// Returns the slices that turned out to be whole, with the largest number of records in any part.
    pub(super) async fn look_closer(
        &mut self,
        index: usize,
        filter: ListFilter,
        doubtful: &[ListedSlice],
    ) -> Result<Vec<(Window, u64)>, Halt> {
        let short = self.zone_margin() * 4;
        let short: Vec<ListedSlice> =
            doubtful.iter().filter(|listed| listed.slice.length() <= short).copied().collect();
        let (Some(first), false) = (short.first(), self.webhooks[index].range_ignored) else { return Ok(Vec::new()) };
        if self.look_beyond(index, first.slice.to()).await? {
            return Ok(Vec::new());
        }
        let mut whole = Vec::new();
        for listed in short {
            if let Some(records) = self.count_in_parts(index, filter, listed).await? {
                whole.push((listed.slice, records));
            }
        }
        Ok(whole)
    }

    /// Looks whether a longer range up to `end` holds more than any answer did. Returns whether it does.
    async fn look_beyond(&mut self, index: usize, end: DateTime<Utc>) -> Result<bool, Halt> {
        let suspect = self.webhooks[index].capacity;
        for further in [TimeDelta::days(1), self.longest_slice()] {
            let Some(wider) = Window::new(end - further, end) else { continue };
            let scratch = Mutex::new(TrackedEvents::default());
            let job = ListJob {
                webhook: self.webhooks[index].id.clone(),
                filter: ListFilter::All,
                window: wider,
                slices: vec![wider],
                events: &scratch,
                sightings: Sightings::Dropped,
                edges: Edges::Widened,
            };
            let outcome = self.list(job).await?;
            let capacity = &mut self.webhooks[index].capacity;
            outcome.listed.iter().for_each(|listed| capacity.saw(listed.records));
            if *capacity != suspect {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Asks for the widened range of a slice in parts that each hold less than the suspected cap, and takes
    /// in what they show. Returns the largest number of records in a part, or `None` where that can't be had.
    async fn count_in_parts(
        &mut self,
        index: usize,
        filter: ListFilter,
        whole: ListedSlice,
    ) -> Result<Option<u64>, Halt> {
        let margin = self.zone_margin();
        let capacity = self.webhooks[index].capacity;
        let suspect = capacity.cap().unwrap_or(capacity.largest_answer());
        let mut waiting = vec![(whole.slice.widened(margin, margin), whole.records)];
        let mut largest = 0;
        for _ in 0..MAX_PARTINGS {
            let Some((range, records)) = waiting.pop() else { return Ok(Some(largest)) };
            let Some(parts) = range.halves(SHORTEST_PART) else { return Ok(None) };
            let webhook = &mut self.webhooks[index];
            let events = Mutex::new(std::mem::take(&mut webhook.events));
            let job = ListJob {
                webhook: webhook.id.clone(),
                filter,
                window: self.window,
                slices: parts.to_vec(),
                events: &events,
                sightings: Sightings::Dropped,
                edges: Edges::Exact,
            };
            let outcome = self.list(job).await;
            self.webhooks[index].events = events.into_inner().unwrap_or_else(PoisonError::into_inner);
            let outcome = outcome?;
            if !outcome.unread.is_empty() || outcome.unusable > 0 {
                return Ok(None);
            }
            if outcome.listed.iter().map(|part| part.records).sum::<u64>() < records {
                // The vendor's ranges are not what they seem.
                return Ok(None);
            }
            for part in &outcome.listed {
                if part.records >= suspect {
                    waiting.push((part.slice, part.records));
                } else {
                    largest = largest.max(part.records);
                }
            }
        }
        Ok(None)
    }

    /// Gives up the vendor's filter for this webhook: lists the whole window without it.
    pub(super) async fn list_unfiltered_instead(&mut self, index: usize) -> Result<(), Halt> {
        if self.webhooks[index].filter == ListFilter::All {
            return Ok(());
        }
        self.webhooks[index].filter = ListFilter::All;
        self.list_webhook(index).await
    }

    /// Decides whether an empty result can be believed.
    async fn judge_signs(&mut self, index: usize) -> Result<(), Halt> {
        if !self.webhooks[index].signs.any() && !self.lists_events_earlier(index).await? {
            let name = self.webhooks[index].name.clone();
            self.undetermined(
                ProblemKind::FilterUnproven,
                format!(
                    "{name}: the vendor lists no events at all, neither in the window nor in the {} days before its end, \
                     so an empty list of failures proves nothing",
                    LOOK_BACK.num_days()
                ),
                "check the webhook id and the window; if this webhook really is that quiet, say --no-proof",
            );
        }
        let webhook = &self.webhooks[index];
        let ignored = webhook.signs.is_filter_ignored();
        let has_shown_failures = webhook.history.values().any(|known| known.was_listed_as_failed);
        if ignored && webhook.signs.failed == 0 && !has_shown_failures {
            let name = webhook.name.clone();
            self.undetermined(
                ProblemKind::FilterUnproven,
                format!(
                    "{name}: the vendor ignores the filter for failed events and has never shown a failed one, so it may \
                     list delivered events only"
                ),
                "check in the vendor's own pages whether failed events exist; --no-proof takes the vendor at its word",
            );
        }
        Ok(())
    }

    /// Whether the vendor lists any event of this webhook in the time before the window's end.
    async fn lists_events_earlier(&mut self, index: usize) -> Result<bool, Halt> {
        let to = self.window.from();
        let Some(from) = self.window.to().checked_sub_signed(LOOK_BACK) else { return Ok(false) };
        let Some(earlier) = Window::new(from, to) else { return Ok(false) };
        let scratch = Mutex::new(TrackedEvents::default());
        let job = ListJob {
            webhook: self.webhooks[index].id.clone(),
            filter: ListFilter::All,
            window: earlier,
            slices: earlier.slices(self.longest_slice()),
            events: &scratch,
            sightings: Sightings::Dropped,
            edges: Edges::Widened,
        };
        let outcome = self.list(job).await?;
        Ok(outcome.signs.delivered + outcome.signs.failed > 0)
    }
}
