//! Several received logs as one: found in any is found, and absent is what all of them can deny.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use crate::event::{EventId, Window};
use crate::receipt::{Coverage, LogStats, Lookup, Sighting, Unlisted, UnlistedId, WantedIds};
use crate::received::judge::raise;
use crate::received::{ReceivedError, ReceivedLog};

/// Files and databases that hold one log together.
pub struct SeveralLogs(Vec<Arc<dyn ReceivedLog>>);

impl SeveralLogs {
    /// Joins logs.
    pub fn new(logs: Vec<Arc<dyn ReceivedLog>>) -> Self {
        Self(logs)
    }
}

#[async_trait]
impl ReceivedLog for SeveralLogs {
    fn describe(&self) -> Vec<String> {
        self.0.iter().flat_map(|log| log.describe()).collect()
    }

    fn is_live(&self) -> bool {
        self.0.iter().all(|log| log.is_live())
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let answers = try_join_all(self.0.iter().map(|log| log.look_up(Arc::clone(&wanted)))).await?;
        Ok(joined(answers, wanted.len()))
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let answers = try_join_all(self.0.iter().map(|log| log.audit(Arc::clone(&listed), window))).await?;
        let (lookups, unlisted): (Vec<Lookup>, Vec<Unlisted>) = answers.into_iter().unzip();
        Ok((joined(lookups, listed.len()), joined_unlisted(unlisted)))
    }
}

/// What the logs hold beside what was listed; an id that several of them hold within the window is one.
fn joined_unlisted(answers: Vec<Unlisted>) -> Unlisted {
    let mut all = Unlisted::default();
    let mut times: HashMap<EventId, Option<DateTime<Utc>>> = HashMap::new();
    for answer in answers {
        for UnlistedId { id, received_at } in answer.ids {
            let known = times.entry(id).or_insert(received_at);
            *known = known.iter().chain(&received_at).min().copied();
        }
        all.more += answer.more;
        all.outside += answer.outside;
        all.is_least |= answer.is_least;
        all.untold = all.untold.or(answer.untold);
    }
    all.ids = times.into_iter().map(|(id, received_at)| UnlistedId { id, received_at }).collect();
    all.sort();
    all
}

fn joined(answers: Vec<Lookup>, wanted: usize) -> Lookup {
    let mut sightings = vec![Sighting::Unseen; wanted];
    let mut stats = LogStats::default();
    let (mut since, mut gap, mut gap_ends) = (None, None, None);
    let mut damage = Vec::new();
    for answer in answers {
        for (number, sighting) in (0_u32..).zip(answer.sightings) {
            raise(&mut sightings, number, sighting);
        }
        // Like the files of one log: together they begin where the earliest of them does.
        since = since.into_iter().chain(answer.coverage.since).min();
        if answer.coverage.gap.is_some() {
            // What is missing of one may have held what no other holds.
            gap_ends = gap_ends.max(answer.coverage.since);
        }
        gap = gap.or(answer.coverage.gap);
        damage.extend(answer.coverage.broken);
        stats.first_time = stats.first_time.into_iter().chain(answer.stats.first_time).min();
        stats.last_time = stats.last_time.into_iter().chain(answer.stats.last_time).max();
        stats.lines += answer.stats.lines;
        stats.ids += answer.stats.ids;
        stats.unreadable += answer.stats.unreadable;
        stats.bytes += answer.stats.bytes;
        stats.first_unreadable = stats.first_unreadable.or(answer.stats.first_unreadable);
    }
    since = since.max(gap_ends);
    let broken = match &damage[..] {
        [] => None,
        [one] => Some(one.clone()),
        [first, others @ ..] => Some(format!("{first} (and {} more)", others.len())),
    };
    Lookup { sightings, coverage: Coverage { since, gap, broken }, stats }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn answer(sightings: &[Sighting], since: Option<i64>, broken: Option<&str>) -> Lookup {
        let at = |second| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(second);
        Lookup {
            sightings: sightings.to_vec(),
            coverage: Coverage { since: since.map(at), broken: broken.map(str::to_owned), ..Coverage::default() },
            stats: LogStats { lines: 2, ids: 1, ..LogStats::default() },
        }
    }

    #[test]
    fn what_any_holds_is_found_and_damage_to_one_is_damage_to_all() {
        use Sighting::{Possible, Received, Unseen};
        let files = answer(&[Unseen, Received, Possible, Unseen], Some(9), None);
        let table = answer(&[Received, Unseen, Unseen, Unseen], Some(4), Some("cut off"));
        let all = joined(vec![files, table], 4);
        assert_eq!(all.sightings, [Received, Received, Possible, Unseen]);
        assert_eq!(all.coverage.since.map(|since| since.timestamp()), Some(4));
        assert_eq!(all.coverage.broken.as_deref(), Some("cut off"));
        assert_eq!((all.stats.lines, all.stats.ids), (4, 2));
    }

    #[test]
    fn a_gap_in_one_is_not_covered_by_another() {
        let mut files = answer(&[], Some(9), None);
        files.coverage.gap = Some("one is missing".to_owned());
        let all = joined(vec![answer(&[], Some(4), None), files, answer(&[], Some(7), None)], 0);
        assert_eq!(all.coverage.since.map(|since| since.timestamp()), Some(9));
        assert_eq!(all.coverage.gap.as_deref(), Some("one is missing"));
    }

    #[test]
    fn a_log_that_does_not_say_where_it_begins_takes_the_beginning_of_the_others() {
        let all = joined(vec![answer(&[], None, None), answer(&[], Some(7), None)], 0);
        assert_eq!(all.coverage.since.map(|since| since.timestamp()), Some(7));
        assert_eq!(joined(vec![answer(&[], None, None)], 0).coverage, Coverage::default());
    }
}
