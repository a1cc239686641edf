//! How the vendor of the world shows an event.

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, ZoneKnowledge};

use super::fault::Fault;
use super::{World, WorldEvent};

impl World {
    /// How far the vendor's reading of an instant is from ours.
    pub(super) fn shift_at(&self, created: DateTime<Utc>) -> TimeDelta {
        match self.zone_changes {
            Some((since, step)) if created >= since => self.zone_shift + step,
            Some(_) | None => self.zone_shift,
        }
    }

    pub(super) fn is_stale(&self, event: &WorldEvent) -> bool {
        event.stale > 0 && event.changed_at.is_some_and(|changed_at| changed_at.elapsed() < self.stale_lasts)
    }

    pub(super) fn shown(&self, id: &str, event: &WorldEvent) -> Event {
        let stale = self.is_stale(event);
        let delivered = if stale { event.delivered_before } else { event.delivered };
        let runs = if stale && self.stale_hides_runs { event.runs_before } else { event.runs };
        let is_stated = event.states_offset.unwrap_or(self.states_offsets);
        let zone = if is_stated { ZoneKnowledge::Stated } else { ZoneKnowledge::Assumed };
        let shift = if is_stated { TimeDelta::zero() } else { self.shift_at(event.created) };
        Event {
            id: EventId::new(id).expect("a test id"),
            created_at: (!event.timeless).then(|| CreatedAt { at: event.created + shift, zone }),
            status: match delivered {
                _ if event.statusless => DeliveryStatus::Unrecognised,
                true => DeliveryStatus::Delivered,
                false => DeliveryStatus::Failed,
            },
            status_text: None,
            status_code: (!event.statusless).then_some(if delivered { 200 } else { 500 }),
            runs: self.counts_runs.then_some(runs),
            alternate_ids: None,
        }
    }

    /// The faults that show in the record of an event.
    pub(super) fn faults_of(&self, event: &WorldEvent, shown: &Event) -> impl Iterator<Item = Fault> {
        let is_assumed = shown.created_at.is_some_and(|created| created.zone == ZoneKnowledge::Assumed);
        let is_shifted = is_assumed && !self.zone_shift.is_zero();
        let is_changed = is_assumed && self.shift_at(event.created) != self.zone_shift;
        let is_odd = shown.id.text().contains('/');
        let is_late = self.is_stale(event) && event.delivered != event.delivered_before;
        let counts_late = self.is_stale(event) && self.stale_hides_runs && event.runs != event.runs_before;
        [
            (is_shifted, Fault::ZoneShifted),
            (is_changed, Fault::DaylightSaving),
            (event.states_offset.is_some_and(|states| states != self.states_offsets), Fault::TimesMixed),
            (event.timeless, Fault::TimeMissing),
            (event.statusless, Fault::StatusMissing),
            (is_odd, Fault::OddId),
            (shown.runs.is_none(), Fault::RunsNotCounted),
            (is_late, Fault::ShownLate),
            (counts_late, Fault::RunsShownLate),
        ]
        .into_iter()
        .filter_map(|(is_so, fault)| is_so.then_some(fault))
    }
}
