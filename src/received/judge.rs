//! Holds what a log says against the wanted ids: the one place where a sighting is decided.
//!
//! It never opens a file and knows no format.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::distinct::Distinct;
use super::lines::Ending;
use super::options::{ReceivedOptions, StatusSet};
use super::others::Others;
use super::plan::Layout;
use super::record::{Agreement, Record};
use super::sieve::{Sieve, Sieves};
use super::story::Story;
use super::suspects::{Suspects, ids_within, last_word};
use super::time::parse_time;
use crate::event::digits::UUID_BYTES;
use crate::event::{IdKey, Window};
use crate::receipt::{Sighting, Unlisted, WantedIds};

/// What the status field of a line says of its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acceptance {
    Accepted,
    Refused,
    /// The field is missing, contradictory or no status code.
    Unclear,
}

/// Collects the sightings of one look-up.
pub(super) struct Judge<'w> {
    wanted: &'w WantedIds,
    /// The codes that count as received, in lines that have one.
    ok: StatusSet,
    zone: Tz,
    sightings: Vec<Sighting>,
    /// What the tails showed, by the number of the id.
    tail_sightings: Vec<(u32, Sighting)>,
    /// Where the tail of the file that is being read begins among these.
    tail_start: usize,
    part: Part,
    story: Story,
    tail: Story,
    last_time: LastTime,
    /// A wanted UUID in its usual spelling, and its number.
    expected: Option<([u8; UUID_BYTES], u32)>,
    distinct: Option<Distinct>,
    others: Option<Others<'w>>,
    suspects: Option<Suspects>,
    sieves: Sieves,
}

/// Which part of a file is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// What stays as it is, however the file goes on.
    Body,
    /// What is still being written and is read again the next time.
    Tail,
}

/// The time that was read last: lines of one second follow one another.
#[derive(Default)]
struct LastTime {
    text: Vec<u8>,
    time: Option<DateTime<Utc>>,
}

impl LastTime {
    fn of(&mut self, text: &[u8], zone: Tz) -> Option<DateTime<Utc>> {
        if self.text != text {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.time = parse_time(text, zone);
        }
        self.time
    }
}

/// What a look-up saw, of all sources together.
pub(super) struct Findings {
    /// One for each wanted id: what will not change.
    pub(super) lasting: Vec<Sighting>,
    /// The same together with what is still being written.
    pub(super) now: Vec<Sighting>,
}

impl<'w> Judge<'w> {
    /// A judge for these ids.
    pub(super) fn new(wanted: &'w WantedIds, options: &ReceivedOptions) -> Self {
        Self {
            wanted,
            ok: options.ok.clone(),
            zone: options.zone,
            sightings: vec![Sighting::Unseen; wanted.len()],
            tail_sightings: Vec::new(),
            tail_start: 0,
            part: Part::Body,
            story: Story::default(),
            tail: Story::default(),
            last_time: LastTime::default(),
            expected: None,
            distinct: None,
            others: None,
            suspects: None,
            sieves: Sieves::default(),
        }
    }

    /// A judge of the same mind for other files, who has seen nothing yet.
    pub(super) fn colleague(&self) -> Self {
        Self { part: Part::Body, sightings: vec![Sighting::Unseen; self.sightings.len()], ..self.deputy() }
    }

    /// Takes in what a colleague has seen of whole files.
    pub(super) fn join(&mut self, colleague: &Self) {
        for (seen, more) in self.sightings.iter_mut().zip(&colleague.sightings) {
            *seen = stronger(*seen, *more);
        }
    }

    /// A judge of the same mind for a part of the file, whose findings are taken one part at a time.
    pub(super) fn deputy(&self) -> Self {
        Self {
            wanted: self.wanted,
            ok: self.ok.clone(),
            zone: self.zone,
            sightings: Vec::new(),
            tail_sightings: Vec::new(),
            tail_start: 0,
            // Nothing a deputy sees is final.
            part: Part::Tail,
            story: Story::default(),
            tail: Story::default(),
            last_time: LastTime::default(),
            expected: None,
            distinct: None,
            others: None,
            suspects: None,
            sieves: self.sieves.clone(),
        }
    }

    /// The sieve for lines of this layout, if there is one.
    pub(super) fn sieve(&self, layout: &Layout) -> Option<Sieve> {
        self.sieves.of(self.wanted, layout)
    }

    /// What this deputy has seen so far.
    pub(super) fn deputed(&self) -> &Story {
        &self.tail
    }

    /// Takes what this deputy has seen, which begins anew.
    pub(super) fn take_deputed(&mut self) -> (Story, Vec<(u32, Sighting)>) {
        (std::mem::take(&mut self.tail), std::mem::take(&mut self.tail_sightings))
    }

    /// Takes in what a deputy has seen of the part that comes next.
    pub(super) fn go_on(&mut self, story: Story, sightings: Vec<(u32, Sighting)>) {
        self.current().go_on(story);
        let mut sink = Sink { part: self.part, lasting: &mut self.sightings, tail: &mut self.tail_sightings };
        sightings.into_iter().for_each(|(number, sighting)| sink.raise(number, sighting));
    }

    /// Whether the opening of the file is known, however it goes on.
    pub(super) fn is_opened(&self) -> bool {
        self.story.is_opened()
    }

    /// Whether every id must be seen, wanted or not.
    pub(super) fn sees_every_id(&self) -> bool {
        self.distinct.is_some() || self.others.is_some()
    }

    /// The wanted ids.
    pub(super) fn wanted(&self) -> &'w WantedIds {
        self.wanted
    }

    /// Begins with what was seen before.
    pub(super) fn remember(&mut self, sightings: &[Sighting]) {
        self.sightings.copy_from_slice(sightings);
    }

    /// Counts the different ids beside everything else.
    pub(super) fn count_distinct(&mut self) {
        self.distinct = Some(Distinct::default());
    }

    /// The count of different ids.
    pub(super) fn distinct(&mut self) -> Option<&mut Distinct> {
        self.distinct.as_mut()
    }

    /// Gathers the ids that are not wanted beside everything else.
    pub(super) fn gather_others(&mut self, window: Window) {
        self.others = Some(Others::new(self.wanted, window));
    }

    /// The ids that are not wanted.
    pub(super) fn take_others(&mut self) -> Unlisted {
        self.others.take().map(Others::finish).unwrap_or_default()
    }

    /// Begins a file, or goes on with one of which this was seen before.
    pub(super) fn begin(&mut self, before: Story) {
        self.part = Part::Body;
        self.story = before;
        self.tail = Story::default();
        self.tail_start = self.tail_sightings.len();
    }

    /// What follows is still being written.
    pub(super) fn enter_tail(&mut self) {
        self.part = Part::Tail;
    }

    /// What seemed to be still being written has its end after all.
    pub(super) fn keep_tail(&mut self) {
        self.part = Part::Body;
        self.story.add(&std::mem::take(&mut self.tail));
        for (number, sighting) in self.tail_sightings.drain(self.tail_start..) {
            raise(&mut self.sightings, number, sighting);
        }
    }

    /// Ends a file; the answer is what was seen of it, and of its tail.
    pub(super) fn end(&mut self) -> (Story, Story) {
        self.part = Part::Body;
        (std::mem::take(&mut self.story), std::mem::take(&mut self.tail))
    }

    /// How many lines of the file were read so far, and how many of them not understood.
    pub(super) fn counted(&self) -> (u64, u64) {
        (self.story.lines, self.story.unreadable)
    }

    fn current(&mut self) -> &mut Story {
        match self.part {
            Part::Body => &mut self.story,
            Part::Tail => &mut self.tail,
        }
    }

    /// The number of a wanted UUID in its usual spelling, which probably is the next id.
    pub(super) fn expect(&mut self, text: [u8; UUID_BYTES], number: u32) {
        self.expected = Some((text, number));
    }

    /// Takes in whole lines of which each is a wanted id and nothing else, by the numbers of these.
    pub(super) fn take_bare(&mut self, numbers: impl ExactSizeIterator<Item = u32>) {
        let story = self.current();
        story.lines += numbers.len() as u64;
        story.ids += numbers.len() as u64;
        let mut sink = Sink { part: self.part, lasting: &mut self.sightings, tail: &mut self.tail_sightings };
        numbers.for_each(|number| sink.raise(number, Sighting::Received));
    }

    /// Takes in a record that was understood and stood in so many lines.
    pub(super) fn take_record(&mut self, record: &Record, lines: u64, ending: Ending, has_status: bool) {
        self.current().lines += lines;
        let acceptance = if has_status { self.acceptance(record) } else { Acceptance::Accepted };
        let sighting = match (acceptance, record.agreement) {
            (Acceptance::Refused, _) => None,
            (Acceptance::Accepted, Agreement::Single) => Some(Sighting::Received),
            (Acceptance::Unclear, _) | (_, Agreement::Contradictory) => Some(Sighting::Possible),
        };
        if record.ids.len() > 0 {
            self.count_ids(record, acceptance);
        }
        if record.has_dash {
            // Whoever sent a dash for an id can't be told from whoever sent none.
            self.sight(b"-", Sighting::Possible);
        }
        for id in record.ids.iter() {
            match (sighting, ending) {
                (Some(sighting), Ending::Newline) => self.sight(id, sighting),
                (Some(sighting), Ending::Torn) => self.sight_torn(id, sighting),
                // The rest of the code may be missing.
                (None, Ending::Torn) => self.sight_torn(id, Sighting::Possible),
                (None, Ending::Newline) => {}
            }
        }
        let (zone, last) = (self.zone, &mut self.last_time);
        let time = record.times.iter().filter_map(|text| last.of(text, zone)).max();
        if let Some(time) = time {
            self.current().note_time(time);
        }
        if let (Some(others), Some(Sighting::Received), Ending::Newline) = (&mut self.others, sighting, ending) {
            record.ids.iter().for_each(|id| others.take(id, time));
        }
    }

    fn count_ids(&mut self, record: &Record, acceptance: Acceptance) {
        match acceptance {
            Acceptance::Accepted => self.current().ids += 1,
            Acceptance::Refused => self.current().refused += 1,
            Acceptance::Unclear => {}
        }
        if let (Acceptance::Accepted, Some(distinct)) = (acceptance, &mut self.distinct) {
            record.ids.iter().for_each(|id| distinct.add(IdKey::of(id)));
        }
    }

    /// Takes in a line that was understood and says nothing of ids.
    pub(super) fn take_header(&mut self) {
        self.current().lines += 1;
    }

    /// Takes in so many lines that could not be understood, of which the first is called `place`.
    pub(super) fn take_unreadable(&mut self, bytes: &[u8], lines: u64, ending: Ending, place: impl FnOnce() -> String) {
        let story = self.current();
        story.lines += lines;
        story.unreadable += lines;
        story.first_unreadable.get_or_insert_with(place);
        // A line that starts as an object and does not end as one was cut, perhaps within an id.
        let line = bytes.trim_ascii();
        if ending == Ending::Torn || (line.starts_with(b"{") && !line.ends_with(b"}")) {
            self.suspect_torn(bytes);
        } else {
            self.suspect(bytes);
        }
    }

    /// Marks what may stand in the bytes of a line that was cut, perhaps within an id.
    pub(super) fn suspect_torn(&mut self, bytes: &[u8]) {
        self.suspect(bytes);
        self.suspect_beginnings(last_word(bytes.trim_ascii()));
    }

    /// Marks what may stand in these bytes, without counting them.
    pub(super) fn suspect(&mut self, bytes: &[u8]) {
        let wanted = self.wanted;
        let mut sink = Sink { part: self.part, lasting: &mut self.sightings, tail: &mut self.tail_sightings };
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.within(bytes, wanted, |number| sink.raise(number, Sighting::Possible));
    }

    /// What was seen.
    pub(super) fn finish(self) -> Findings {
        let mut now = self.sightings.clone();
        for (number, sighting) in self.tail_sightings {
            raise(&mut now, number, sighting);
        }
        Findings { lasting: self.sightings, now }
    }

    fn sight(&mut self, id: &[u8], sighting: Sighting) {
        let wanted = self.wanted;
        let number = match &self.expected {
            Some((text, number)) if id == text => Some(*number),
            _ => wanted.number_of(IdKey::of(id)).or_else(|| wanted.number_of(IdKey::of(id.trim_ascii()))),
        };
        let mut sink = Sink { part: self.part, lasting: &mut self.sightings, tail: &mut self.tail_sightings };
        if let Some(number) = number {
            return sink.raise(number, sighting);
        }
        // Brackets, a comma, or half of another line beside an id make it one that is not known; but it is not
        // absent.
        for other in ids_within(id) {
            wanted.number_of(other).into_iter().for_each(|number| sink.raise(number, Sighting::Possible));
        }
    }

    /// An id at the torn end of a log counts unless it may be the beginning of another.
    fn sight_torn(&mut self, id: &[u8], sighting: Sighting) {
        let wanted = self.wanted;
        let itself = wanted.number_of(IdKey::of(id));
        let mut others = 0_usize;
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.beginning_with(id, wanted, |number| others += usize::from(Some(number) != itself));
        if others == 0 {
            self.sight(id, sighting);
            // A quote or a bracket before it hides of what it is the beginning.
            let word = last_word(id);
            if itself.is_none() && word.len() < id.len() {
                self.suspect_beginnings(word);
            }
        } else {
            self.suspect_beginnings(id);
        }
    }

    fn suspect_beginnings(&mut self, text: &[u8]) {
        let wanted = self.wanted;
        let mut sink = Sink { part: self.part, lasting: &mut self.sightings, tail: &mut self.tail_sightings };
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.beginning_with(text, wanted, |number| sink.raise(number, Sighting::Possible));
    }

    fn acceptance(&self, record: &Record) -> Acceptance {
        let mut all: Option<Acceptance> = None;
        for text in record.statuses.iter() {
            let one = match status_code(text) {
                Some(code) if self.ok.contains(code) => Acceptance::Accepted,
                Some(_) => Acceptance::Refused,
                None => Acceptance::Unclear,
            };
            all = Some(if all.is_none_or(|before| before == one) { one } else { Acceptance::Unclear });
        }
        all.unwrap_or(Acceptance::Unclear)
    }
}

/// Where a sighting goes.
struct Sink<'s> {
    part: Part,
    lasting: &'s mut [Sighting],
    tail: &'s mut Vec<(u32, Sighting)>,
}

impl Sink<'_> {
    fn raise(&mut self, number: u32, sighting: Sighting) {
        match self.part {
            Part::Body => raise(self.lasting, number, sighting),
            Part::Tail => self.tail.push((number, sighting)),
        }
    }
}

pub(super) fn raise(sightings: &mut [Sighting], number: u32, sighting: Sighting) {
    let seen = &mut sightings[number as usize];
    // Nothing is stronger, so that nothing need be waited for.
    *seen = if sighting == Sighting::Received { sighting } else { stronger(*seen, sighting) };
}

fn stronger(one: Sighting, other: Sighting) -> Sighting {
    match (one, other) {
        (Sighting::Received, _) | (_, Sighting::Received) => Sighting::Received,
        (Sighting::Possible, _) | (_, Sighting::Possible) => Sighting::Possible,
        (Sighting::Unseen, Sighting::Unseen) => Sighting::Unseen,
    }
}

/// The status code of a text; web servers list one for each upstream they tried, the last counts.
pub(super) fn status_code(text: &[u8]) -> Option<u16> {
    if let [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] = text {
        return Some(text.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')));
    }
    let text: Cow<'_, str> = String::from_utf8_lossy(text);
    let last = text.rsplit([',', ':']).next()?.trim();
    let digits = last.strip_suffix(".0").unwrap_or(last);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_a_number_in_any_spelling() {
        for (text, code) in
            [("200", Some(200)), ("099", Some(99)), (" 200 ", Some(200)), ("200.0", Some(200)), ("502, 200", Some(200))]
        {
            assert_eq!(status_code(text.as_bytes()), code, "{text}");
        }
        for text in ["", "-", "null", "OK", "2xx", "200, -", "99999999"] {
            assert_eq!(status_code(text.as_bytes()), None, "{text}");
        }
    }
}
