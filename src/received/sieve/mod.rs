//! Which lines of a block must be read at all, told by a look at its bytes.
//!
//! It rules out a line only where no reading of it could matter: where none of the wanted ids
//! stands in it in any spelling, be it in its field, in another one or in a part that is damaged,
//! and where nothing speaks of damage that could hide one. It never decides what an id is worth:
//! a line that is not ruled out is read as if there were no sieve. It knows of a format only how
//! its lines begin and end.
//!
//! A wanted UUID is found by its dashes or as 32 digits, wherever it stands; any other wanted id as
//! a whole word. What an escape may hide, a line with that escape is read for.

mod bare;
mod chunk;
mod escape;
mod eyes;
mod glance;
mod likely;
mod lines;
mod stretch;
#[cfg(target_arch = "x86_64")]
mod vector;
mod words;

use std::sync::{Arc, OnceLock};

use bare::BareLines;
use chunk::{CHUNK, Chunk, OBJECTS, OTHERS, ROWS, look};
use escape::{Kind, is_harmless};
use eyes::{Eyes, eyes, none};
use glance::{Distrust, Glance};
use likely::{Likely, ones};
use lines::{Lines, is_closed};
use stretch::{STRETCH, Stretch};
use words::Words;

use super::plan::Layout;
use super::text::IdField;
use crate::event::digits::UUID_BYTES;
use crate::receipt::WantedIds;
use crate::receipt::filter::{Filter, UuidHasher};

/// The digits of a UUID without its dashes.
const DIGITS: usize = 32;
/// Where in a UUID its first dash is.
const FIRST_DASH: usize = 8;

/// A way to look at many bytes of one layout.
pub(super) struct Sieve {
    words: Option<Arc<Words>>,
    lines: Lines,
    look: Look,
}

/// Sieves for the same wanted ids, which are prepared when they are first needed and only once: `None`
/// when some of them can't be looked for.
#[derive(Clone, Default)]
pub(super) struct Sieves(Arc<OnceLock<Option<Option<Arc<Words>>>>>);

impl Sieves {
    /// The sieve for lines of a layout, if there is a way to search for these ids in them. The ids
    /// are the same each time.
    pub(super) fn of(&self, wanted: &WantedIds, layout: &Layout) -> Option<Sieve> {
        let words = self.0.get_or_init(|| Words::of(wanted).map(|words| words.map(Arc::new))).clone()?;
        // A pattern may find an id within a word.
        let by_pattern = matches!(layout, Layout::Text(text) if matches!(text.id, IdField::Pattern(_)));
        if by_pattern && words.is_some() {
            return None;
        }
        let lines = match layout {
            Layout::Jsonl(_) => Lines::Objects,
            Layout::Empty | Layout::Ids => Lines::Ids,
            Layout::Csv(_) => Lines::Rows,
            Layout::Text(_) => Lines::Free,
        };
        let look = Look::all().next().unwrap_or(Look::Common);
        Some(Sieve { words, lines, look })
    }
}

/// With what bytes are looked at.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// What every processor has.
    Common,
    /// Registers that are twice or four times as wide.
    #[cfg(target_arch = "x86_64")]
    Wide(vector::WideRegisters),
}

impl Look {
    /// All that this processor has, the best first.
    fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wide = vector::WideRegisters::of_this_processor().map(Self::Wide);
        #[cfg(not(target_arch = "x86_64"))]
        let wide = std::iter::empty();
        wide.chain([Self::Common])
    }
}

impl Sieve {
    /// Finds what matters in whole lines. The answer is how many lines there are.
    pub(super) fn sift(&self, wanted: &WantedIds, block: &[u8], scratch: &mut Scratch, found: &mut Found) -> u64 {
        scratch.dashes.clear();
        scratch.bare.clear();
        found.clear();
        let sifting = Sifting::new(self, wanted, block, scratch, found);
        let lines = match (&self.words, self.look) {
            (Some(_), _) => {
                let [objects, rows, others] = [look::<true, OBJECTS>, look::<true, ROWS>, look::<true, OTHERS>];
                sifting.run_any::<true>(&eyes(objects, none), &eyes(rows, none), &eyes(others, none), |_| false)
            }
            (None, Look::Common) => {
                let [objects, rows, others] = [look::<false, OBJECTS>, look::<false, ROWS>, look::<false, OTHERS>];
                sifting.run_any::<false>(&eyes(objects, none), &eyes(rows, none), &eyes(others, none), |_| false)
            }
            #[cfg(target_arch = "x86_64")]
            (None, Look::Wide(registers)) => registers.sift(sifting),
        };
        wanted.uuids_at(scratch.dashes.kept(), |dash| uuid_around(block, dash), &mut found.uuids);
        wanted.uuids_at(scratch.bare.kept(), |start| block.get(start..)?.first_chunk(), &mut found.bare);
        lines
    }
}

/// What was found in a block.
#[derive(Default)]
pub(super) struct Found {
    /// Places in lines that must be read, in no order.
    pub(super) places: Vec<usize>,
    /// The first dashes of wanted UUIDs in their usual spelling, whose lines must be read too, and the
    /// numbers of these ids.
    pub(super) uuids: Vec<(usize, u32)>,
    /// Where lines begin that are a wanted UUID and nothing else, in their order, and the numbers of
    /// these ids. Only where a line is an id are there any.
    pub(super) bare: Vec<(usize, u32)>,
    /// Whether there is a quote; told only where lines are rows of a table.
    pub(super) has_quotes: bool,
}

impl Found {
    fn clear(&mut self) {
        self.places.clear();
        self.uuids.clear();
        self.bare.clear();
        self.has_quotes = false;
    }
}

/// Memory that is used again for each block.
#[derive(Default)]
pub(super) struct Scratch {
    /// The first dashes of what may be wanted UUIDs.
    dashes: Likely,
    /// The beginnings of lines that are nothing else.
    bare: Likely,
}

/// One block on its way through the sieve.
struct Sifting<'s, 'p> {
    sieve: &'s Sieve,
    /// For the UUIDs, if any is wanted.
    uuids: Option<(&'s Filter, UuidHasher)>,
    block: &'s [u8],
    scratch: &'p mut Scratch,
    found: &'p mut Found,
    /// Up to where runs of digits were looked at.
    digits_end: usize,
    /// The words of the chunk before, at its very end.
    word_length: usize,
}

impl<'s, 'p> Sifting<'s, 'p> {
    fn new(
        sieve: &'s Sieve,
        wanted: &'s WantedIds,
        block: &'s [u8],
        scratch: &'p mut Scratch,
        found: &'p mut Found,
    ) -> Self {
        let uuids = wanted.has_uuids().then(|| (wanted.uuid_filter(), *wanted.uuid_hasher()));
        Self { sieve, uuids, block, scratch, found, digits_end: 0, word_length: 0 }
    }

    /// Looks at the whole block and counts its lines, with the look that goes with them.
    #[inline(always)]
    fn run_any<const WORDS: bool>(
        mut self,
        objects: &impl Eyes,
        rows: &impl Eyes,
        others: &impl Eyes,
        are_bare: impl Fn(&BareLines) -> bool,
    ) -> u64 {
        let all = self.block.len();
        let lines = match (self.uuids, self.sieve.lines) {
            (_, Lines::Objects) => self.run::<WORDS>(0, all, objects),
            (_, Lines::Rows) => self.run::<WORDS>(0, all, rows),
            (Some((filter, hasher)), Lines::Ids) if !WORDS => self.run_bare(filter, hasher, others, are_bare),
            (_, Lines::Ids | Lines::Free) => self.run::<WORDS>(0, all, others),
        };
        if let Some((filter, _)) = self.uuids {
            self.scratch.dashes.settle(filter);
            self.scratch.bare.settle(filter);
        }
        lines
    }

    /// Looks at the lines from one place to another, a stretch at a time, and counts them.
    #[inline(always)]
    fn run<const WORDS: bool>(&mut self, from: usize, to: usize, eyes: &impl Eyes) -> u64 {
        self.word_length = 0;
        let (chunks, rest) = self.block[from..to].as_chunks::<CHUNK>();
        let (mut stretch, mut start, mut lines) = (Stretch::new(), from, 0);
        let mut distrust = Distrust::default();
        for some in chunks.chunks(STRETCH) {
            if let Some(newlines) = self.take_plain::<WORDS>(&mut stretch, start, some, &mut distrust, eyes) {
                lines += newlines;
            } else {
                for (number, bytes) in some.iter().enumerate() {
                    let chunk = eyes.look(bytes);
                    self.take::<WORDS>(start + number * CHUNK, &chunk);
                    stretch.put(number, &chunk);
                }
                lines += self.finish(&mut stretch, start);
            }
            start += some.len() * CHUNK;
        }
        // The end is filled up with spaces, which end a word and mean nothing, and with a chunk behind it.
        let mut last = [b' '; 2 * CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        for (number, bytes) in last.as_chunks::<CHUNK>().0.iter().enumerate() {
            let mut chunk = eyes.look(bytes);
            self.take::<WORDS>(start + number * CHUNK, &chunk);
            // No line begins there.
            chunk.begins |= u64::MAX << if number == 0 { rest.len() } else { 0 };
            stretch.put(number, &chunk);
        }
        lines + self.finish(&mut stretch, start)
    }

    /// Takes in a whole stretch that has nothing at a glance but newlines and dashes, and counts its lines.
    #[inline(always)]
    fn take_plain<const WORDS: bool>(
        &mut self,
        stretch: &mut Stretch,
        start: usize,
        chunks: &[[u8; CHUNK]],
        distrust: &mut Distrust,
        eyes: &impl Eyes,
    ) -> Option<u64> {
        let last = chunks.get(STRETCH - 1)?;
        let bytes = self.block.get(start.checked_sub(1)?..)?.first_chunk()?;
        if WORDS || !distrust.is_over() {
            return None;
        }
        let Glance { newlines, is_plain, has_quotes } = eyes.glance(bytes, stretch.dashes())?;
        distrust.note(is_plain);
        if !is_plain {
            return None;
        }
        self.found.has_quotes |= has_quotes;
        if let Some((filter, hasher)) = self.uuids {
            self.take_uuids(start, &stretch.uuids(), filter, hasher);
        }
        stretch.go_on_behind(&eyes.look(last));
        Some(newlines)
    }

    /// Takes in what is told of 64 bytes by themselves.
    #[inline(always)]
    fn take<const WORDS: bool>(&mut self, from: usize, chunk: &Chunk) {
        if WORDS {
            self.take_words(from, chunk.words);
        }
        if chunk.odd != 0 {
            self.take_odd::<WORDS>(from, chunk.odd);
        }
        self.found.has_quotes |= chunk.quotes != 0;
    }

    /// Looks at what a stretch holds, begins the next, and counts the lines.
    #[inline(always)]
    fn finish(&mut self, stretch: &mut Stretch, start: usize) -> u64 {
        let summary = stretch.summary();
        if let Some((filter, hasher)) = self.uuids {
            self.take_uuids(start, &summary.uuids, filter, hasher);
            if summary.may_be_dense {
                self.take_dense(start, stretch, filter, hasher);
            }
        }
        if summary.has_unusual {
            self.take_lines(start, stretch);
        }
        stretch.go_on();
        summary.newlines
    }

    /// Holds what may be UUIDs against the filter.
    #[inline(always)]
    fn take_uuids(&mut self, start: usize, uuids: &[u64; STRETCH], filter: &Filter, hasher: UuidHasher) {
        let (mut some, mut count, mut most) = ([0; STRETCH], 0, 0);
        for (number, uuids) in uuids.iter().enumerate() {
            some[count] = number;
            count += usize::from(*uuids != 0);
            most += uuids.count_ones() as usize;
        }
        let (room, mut put) = (self.scratch.dashes.room_for(most), 0);
        for &number in &some[..count] {
            let mut bits = uuids[number];
            while bits != 0 {
                // They are told one chunk late.
                let dash = (start + number * CHUNK + bits.trailing_zeros() as usize).wrapping_sub(CHUNK);
                bits &= bits - 1;
                let Some(text) = uuid_around(self.block, dash) else { continue };
                room[put] = (dash, hasher.sketch_of_text(text));
                put += 1;
            }
        }
        self.scratch.dashes.put_in(put, filter);
    }

    /// Looks at lines that begin or end otherwise than most.
    #[cold]
    fn take_lines(&mut self, from: usize, stretch: &Stretch) {
        let lines = self.sieve.lines;
        for number in 0..STRETCH {
            for at in ones(stretch.unusual_starts(number)) {
                let start = from + number * CHUNK + at;
                let length = memchr::memchr(b'\n', &self.block[start..]);
                if length.is_some_and(|length| !lines.are_usual(&self.block[start..=start + length])) {
                    self.found.places.push(start);
                }
            }
            for at in ones(stretch.unusual_ends(number)) {
                let end = from + number * CHUNK + at;
                if !is_closed(&self.block[..=end]) {
                    self.found.places.push(end);
                }
            }
        }
    }

    /// Looks for UUIDs without dashes: 32 digits hold at least one whole sixteen.
    #[cold]
    fn take_dense(&mut self, from: usize, stretch: &Stretch, filter: &Filter, hasher: UuidHasher) {
        let sixteens = (0..STRETCH).flat_map(|number| stretch.sixteens(number).map(move |at| number * CHUNK + 16 * at));
        for at in sixteens {
            let start = from + at;
            if start < self.digits_end {
                continue;
            }
            let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
            let ahead = self.block.get(start..).unwrap_or_default().iter().take_while(is_digit).count();
            if ahead < 16 {
                continue;
            }
            let behind = self.block[..start].iter().rev().take_while(is_digit).count();
            let run = start - behind..start + ahead;
            self.digits_end = run.end;
            for (at, digits) in self.block[run.clone()].windows(DIGITS).enumerate() {
                if filter.may_hold(hasher.sketch_of_text(&with_dashes(digits))) {
                    self.found.places.push(run.start + at);
                }
            }
        }
    }

    /// Looks at the words that end here and are long enough.
    #[inline(always)]
    fn take_words(&mut self, from: usize, words: u64) {
        let Some(wanted) = &self.sieve.words else { return };
        if words == u64::MAX {
            self.word_length += CHUNK;
            return;
        }
        let mut at = 0_usize;
        let mut length = self.word_length;
        let mut left = words;
        // Each turn takes a word, which may be empty, and what separates it from the next.
        loop {
            let letters = left.trailing_ones() as usize;
            length += letters;
            at += letters;
            if at >= CHUNK {
                break;
            }
            if length >= wanted.shortest {
                let end = from + at;
                let word = &self.block[end - length..end];
                if wanted.may_hold(word) {
                    self.found.places.push(end - 1);
                }
            }
            length = 0;
            left = left.checked_shr(u32::try_from(letters).unwrap_or(64)).unwrap_or(0);
            if left == 0 {
                break;
            }
            let others = left.trailing_zeros() as usize;
            at += others;
            left >>= others;
        }
        self.word_length = length;
    }

    /// Looks at backslashes and control characters; tabs and what is not ASCII are harmless.
    #[inline(never)]
    fn take_odd<const WORDS: bool>(&mut self, from: usize, odd: u64) {
        let kind = if WORDS { Kind::Words } else { Kind::Uuids };
        for at in ones(odd) {
            let place = from + at;
            let harmless = match self.block[place] {
                b'\t' | b'\r' | 0x80.. => true,
                b'\\' => is_harmless(&self.block[place + 1..], kind),
                _ => false,
            };
            if !harmless {
                self.found.places.push(place);
            }
        }
    }
}

/// The 36 bytes in which the first dash of a UUID stands there.
#[inline(always)]
pub(super) fn uuid_around(block: &[u8], dash: usize) -> Option<&[u8; UUID_BYTES]> {
    block.get(dash.checked_sub(FIRST_DASH)?..)?.first_chunk()
}

/// The digits of a UUID in its usual spelling.
fn with_dashes(digits: &[u8]) -> [u8; UUID_BYTES] {
    let mut text = [b'-'; UUID_BYTES];
    for (to, from) in [(0..8, 0..8), (9..13, 8..12), (14..18, 12..16), (19..23, 16..20), (24..36, 20..32)] {
        text[to].copy_from_slice(&digits[from]);
    }
    text
}

#[cfg(test)]
mod tests;
