//! The received log of the world.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;

use crate::event::{EventId, Window};
use crate::receipt::{Coverage, LogStats, Lookup, Sighting, Unlisted, UnlistedId, WantedIds};
use crate::received::{ReceivedError, ReceivedLog};

use super::fault::Fault;
use super::{Shared, World};

impl World {
    /// The ids that the log shows to whoever looks now.
    pub(super) fn shown_log(&self) -> &HashSet<String> {
        self.log_snapshot.as_ref().unwrap_or(&self.log)
    }

    fn log_fault(&mut self) -> Result<bool, ReceivedError> {
        if self.moods.log_fails_at == Some(self.look_ups) {
            self.fired(Fault::LogCanNotBeRead);
            let pattern = "*.log".to_owned();
            return Err(ReceivedError::NoMatch { pattern });
        }
        if self.log_is_broken {
            self.fired(Fault::LogBroken);
            return Ok(true);
        }
        let breaks = self.log_breaks_at.is_some_and(|look| self.look_ups >= look);
        if breaks {
            self.fired(Fault::LogBreaks);
        }
        Ok(breaks)
    }

    /// A line that holds an id and can't be understood is the same whenever it is read.
    fn is_unreadable(&self, id: &str) -> bool {
        let sum: u32 = id.bytes().map(u32::from).sum();
        self.moods.unreadable_one_in.is_some_and(|sides| sum.is_multiple_of(sides))
    }
}

#[async_trait]
impl ReceivedLog for Shared {
    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_live(&self) -> bool {
        self.get().log_is_live
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let mut world = self.get();
        world.look_ups += 1;
        world.step(|| format!("the log is asked about {} ids", wanted.len()));
        let is_broken = world.log_fault()?;
        let log = world.shown_log();
        let mut unreadable = 0;
        let mut misses_rotated = false;
        let mut sightings = Vec::with_capacity(wanted.len());
        for id in wanted.ids() {
            let id = id.text();
            let sighting = match log.contains(id.as_ref()) {
                true if world.is_unreadable(&id) => Sighting::Possible,
                true => Sighting::Received,
                false => Sighting::Unseen,
            };
            unreadable += u64::from(sighting == Sighting::Possible);
            misses_rotated |= world.log_gone.contains(id.as_ref());
            sightings.push(sighting);
        }
        let lookup = Lookup {
            sightings,
            coverage: Coverage {
                since: world.log_since,
                broken: is_broken.then(|| "cut off".to_owned()),
                ..Coverage::default()
            },
            stats: LogStats { ids: log.len() as u64 - unreadable, unreadable, ..LogStats::default() },
        };
        let is_behind = world.log_snapshot.as_ref().is_some_and(|old| old.len() < world.log.len());
        for (took_effect, fault) in [
            (unreadable > 0, Fault::LogLineUnreadable),
            (misses_rotated, Fault::LogRotated),
            (is_behind, Fault::LogStandsStill),
        ] {
            if took_effect {
                world.fired(fault);
            }
        }
        world.tell(|| {
            format!(
                "  the log holds {} of them{}",
                lookup.found(),
                if is_broken { ", as far as it could be read" } else { "" }
            )
        });
        Ok(lookup)
    }
    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let lookup = self.look_up(Arc::clone(&listed)).await?;
        let world = self.get();
        let mut unlisted = world.unlisted.clone();
        let ids = world.log.iter().map(|id| EventId::new(id).expect("an id"));
        let others = ids.filter(|id| listed.number_of(id.key()).is_none());
        unlisted.ids.extend(others.map(|id| UnlistedId { id, received_at: None }));
        unlisted.ids.retain(|one| one.received_at.is_none_or(|at| window.contains(at)));
        unlisted.sort();
        Ok((lookup, unlisted))
    }
}
