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
mod notes;
#[cfg(target_arch = "x86_64")]
mod vector;

use chunk::{CHUNK, Chunk, look};
use escape::{Kind, is_harmless};
use notes::{Likely, Notes, STRETCH, ones};

use std::sync::{Arc, OnceLock};

use super::plan::Layout;
use super::scan::BOM;
use super::text::IdField;
use crate::event::IdKey;
use crate::event::digits::UUID_BYTES;
use crate::receipt::WantedIds;
use crate::receipt::filter::{Filter, UuidHasher, hash_of_text};

/// Words shorter than this are everywhere.
const SHORTEST_WORD: usize = 4;
/// So many UUIDs are looked up together, so that the processor waits for memory once for all of them.
const TOGETHER: usize = 64;
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
            Layout::Csv(_) | Layout::Text(_) => Lines::Free,
        };
        Some(Sieve { words, lines, look: Look::best() })
    }
}

/// With what bytes are looked at.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// What every processor has.
    Common,
    /// Registers that are twice as wide.
    #[cfg(target_arch = "x86_64")]
    Wide(vector::WideRegisters),
}

impl Look {
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(registers) = vector::WideRegisters::of_this_processor() {
            return Self::Wide(registers);
        }
        Self::Common
    }
}

/// The wanted ids that are words.
struct Words {
    filter: Filter,
    shortest: usize,
}

impl Words {
    /// The words among these ids, unless there is one that can't be looked for.
    fn of(wanted: &WantedIds) -> Option<Option<Self>> {
        let (mut hashes, mut shortest) = (Vec::new(), usize::MAX);
        for id in wanted.others() {
            match id.key() {
                IdKey::Uuid(_) => {}
                // Dashes at its ends may as well belong to what stands around it.
                IdKey::Bytes(word)
                    if word.len() >= SHORTEST_WORD
                        && word.iter().all(|&byte| is_word(byte))
                        && trimmed(word).len() == word.len() =>
                {
                    hashes.push(hash_of_text(word));
                    shortest = shortest.min(word.len());
                }
                IdKey::Bytes(_) => return None,
            }
        }
        let mut filter = Filter::with_room_for(hashes.len());
        hashes.iter().for_each(|&hash| filter.add(hash));
        Some((!hashes.is_empty()).then_some(Self { filter, shortest }))
    }

    fn may_hold(&self, word: &[u8]) -> bool {
        let bare = trimmed(word);
        self.filter.may_hold(hash_of_text(word))
            || (bare.len() != word.len() && self.filter.may_hold(hash_of_text(bare)))
    }
}

/// How the lines of a format begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    /// As JSON objects.
    Objects,
    /// Anyhow, but mostly a line is one id.
    Ids,
    /// Anyhow.
    Free,
}

impl Lines {
    /// Whether a line, with its newline, begins and ends like others.
    #[inline(always)]
    fn are_usual(self, line: &[u8]) -> bool {
        let first = line[0];
        match self {
            Self::Objects => first == b'{' && is_closed(line),
            // What begins as an object and does not end as one was cut, perhaps within an id.
            // The mark of a file that was put behind another is taken off before a line is read.
            Self::Ids | Self::Free => first > b' ' && first != BOM[0] && (first != b'{' || is_closed(line)),
        }
    }
}

impl Sieve {
    /// Finds what matters in whole lines. The answer is how many lines there are.
    pub(super) fn sift(&self, wanted: &WantedIds, block: &[u8], scratch: &mut Scratch, found: &mut Found) -> u64 {
        scratch.dashes.count = 0;
        scratch.bare.count = 0;
        found.clear();
        let sifting = Sifting::new(self, wanted, block, scratch, &mut found.places);
        let lines = match (&self.words, self.look) {
            (Some(_), _) => sifting.run_any::<true>(look::<true>),
            (None, Look::Common) => sifting.run_any::<false>(look::<false>),
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
}

impl Found {
    fn clear(&mut self) {
        self.places.clear();
        self.uuids.clear();
        self.bare.clear();
    }
}

/// Memory that is used again for each block.
pub(super) struct Scratch {
    /// The first dashes of what may be wanted UUIDs.
    dashes: Likely,
    /// The beginnings of lines that are nothing else.
    bare: Likely,
    notes: Notes,
}

impl Scratch {
    /// Memory for one block at a time.
    pub(super) fn new() -> Self {
        Self { dashes: Likely::default(), bare: Likely::default(), notes: Notes::new() }
    }
}

/// One block on its way through the sieve.
struct Sifting<'s, 'p> {
    sieve: &'s Sieve,
    /// For the UUIDs, if any is wanted.
    uuids: Option<(&'s Filter, UuidHasher)>,
    block: &'s [u8],
    scratch: &'p mut Scratch,
    places: &'p mut Vec<usize>,
    line_start: usize,
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
        places: &'p mut Vec<usize>,
    ) -> Self {
        let uuids = wanted.has_uuids().then(|| (wanted.uuid_filter(), *wanted.uuid_hasher()));
        Self { sieve, uuids, block, scratch, places, line_start: 0, digits_end: 0, word_length: 0 }
    }

    /// Looks at the whole block and counts its lines.
    #[inline(always)]
    fn run_any<const WORDS: bool>(mut self, look: impl Fn(&[u8; CHUNK]) -> Chunk) -> u64 {
        match (self.uuids, self.sieve.lines) {
            (Some((filter, hasher)), Lines::Ids) if !WORDS => self.run_bare(filter, hasher, look),
            _ => self.run::<WORDS>(0, self.block.len(), &look),
        }
    }

    /// Looks at the lines from one place to another, 64 bytes at a time, and counts them.
    ///
    /// What is found in a stretch is noted first and looked at afterwards: where a line or an id ends
    /// can't be foreseen, and a processor that guesses wrong loses more time than the look takes.
    #[inline(always)]
    fn run<const WORDS: bool>(&mut self, from: usize, to: usize, look: &impl Fn(&[u8; CHUNK]) -> Chunk) -> u64 {
        self.line_start = from;
        self.word_length = 0;
        let (chunks, rest) = self.block[from..to].as_chunks::<CHUNK>();
        let (mut lines, mut before) = (0, 0);
        for (number, stretch) in chunks.chunks(STRETCH).enumerate() {
            for (place, bytes) in stretch.iter().enumerate() {
                let chunk = look(bytes);
                self.take::<WORDS>(from + (number * STRETCH + place) * CHUNK, before, &chunk);
                before = chunk.dashes;
            }
            lines += self.look_up();
        }
        // The end is filled up with spaces, which end a word and mean nothing.
        let mut last = [b' '; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        let chunk = look(&last);
        let end = from + chunks.len() * CHUNK;
        self.take::<WORDS>(end, before, &chunk);
        let nothing = Chunk { newlines: 0, dashes: 0, odd: 0, dense: 0, words: 0 };
        self.take::<WORDS>(end + CHUNK, chunk.dashes, &nothing);
        lines + self.look_up()
    }

    /// Takes in 64 bytes, and which of the 64 before are dashes.
    #[inline(always)]
    fn take<const WORDS: bool>(&mut self, from: usize, dashes_before: u64, chunk: &Chunk) {
        if self.uuids.is_some() {
            // Where dashes stand as those of a UUID do; the others may be in this chunk.
            let further = |by: u32| dashes_before >> by | chunk.dashes << (64 - by);
            let first = dashes_before & further(5) & further(10) & further(15);
            self.scratch.notes.dashes.note(from.wrapping_sub(CHUNK), first);
            if chunk.dense != 0 {
                self.take_dense(from, chunk.dense);
            }
        }
        self.scratch.notes.newlines.note(from, chunk.newlines);
        if WORDS {
            self.take_words(from, chunk.words);
        }
        if chunk.odd != 0 {
            self.take_odd::<WORDS>(from, chunk.odd);
        }
    }

    /// Looks at what was noted, and counts the lines.
    #[inline(always)]
    fn look_up(&mut self) -> u64 {
        let Scratch { dashes, notes, .. } = &mut *self.scratch;
        if let Some((filter, hasher)) = self.uuids {
            for few in notes.dashes.noted().chunks(TOGETHER) {
                let (mut sketches, mut known) = ([(0, 0); TOGETHER], 0);
                for &dash in few {
                    let Some(text) = uuid_around(self.block, dash) else { continue };
                    sketches[known] = (dash, hasher.sketch_of_text(text));
                    known += 1;
                }
                dashes.keep(&sketches[..known], filter);
            }
        }
        for &newline in notes.newlines.noted() {
            let start = std::mem::replace(&mut self.line_start, newline + 1);
            if !self.sieve.lines.are_usual(&self.block[start..=newline]) {
                self.places.push(start);
            }
        }
        let lines = notes.newlines.noted().len() as u64;
        (notes.dashes.count, notes.newlines.count) = (0, 0);
        lines
    }

    /// Looks for UUIDs without dashes: 32 digits hold at least one whole sixteen.
    #[cold]
    fn take_dense(&mut self, from: usize, dense: u64) {
        let Some((filter, hasher)) = self.uuids else { return };
        for number in ones(dense) {
            let start = from + 16 * number;
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
                    self.places.push(run.start + at);
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
                    self.places.push(end - 1);
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
                self.places.push(place);
            }
        }
    }
}

/// The 36 bytes in which the first dash of a UUID stands there.
#[inline(always)]
pub(super) fn uuid_around(block: &[u8], dash: usize) -> Option<&[u8; UUID_BYTES]> {
    block.get(dash.checked_sub(FIRST_DASH)?..)?.first_chunk()
}

#[inline(always)]
fn is_closed(line: &[u8]) -> bool {
    matches!(line, [.., b'}', b'\n'] | [.., b'}', b'\r', b'\n'])
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn trimmed(mut word: &[u8]) -> &[u8] {
    while let [b'-' | b'_', rest @ ..] | [rest @ .., b'-' | b'_'] = word {
        word = rest;
    }
    word
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
