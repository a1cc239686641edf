//! What some chunks in a row are, kept as rows of bits and looked at together: where a line or an id ends
//! can't be foreseen, and a processor that guesses wrong loses more time than the look takes.

use super::chunk::{CHUNK, Chunk};

/// So many chunks are looked at together.
pub(super) const STRETCH: usize = if cfg!(any(test, fuzzing)) { 4 } else { 32 };

/// The bits of some chunks in a row, and of the one before.
pub(super) struct Stretch {
    /// The chunk before is the first of these.
    newlines: [u64; STRETCH + 1],
    dashes: [u64; STRETCH + 1],
    ends: [u64; STRETCH + 1],
    begins: [u64; STRETCH],
    dense: [u64; STRETCH],
    count: usize,
}

/// What was found in a stretch.
pub(super) struct Summary {
    /// The first of four dashes that stand as those of a UUID do; these bits are of one chunk before each.
    pub(super) uuids: [u64; STRETCH],
    /// How many newlines there are.
    pub(super) newlines: u64,
    /// Whether there may be a whole sixteen of what may be digits.
    pub(super) may_be_dense: bool,
    /// Whether a line begins or ends otherwise than most.
    pub(super) has_unusual: bool,
}

/// A chunk in which nothing is.
const NOTHING: Chunk =
    Chunk { newlines: 0, dashes: 0, odd: 0, dense: 0, begins: u64::MAX, ends: 0, quotes: 0, words: 0 };

impl Stretch {
    /// An empty stretch at the beginning of a line.
    pub(super) fn new() -> Self {
        let mut newlines = [0; STRETCH + 1];
        newlines[0] = u64::MAX;
        Self {
            newlines,
            dashes: [0; STRETCH + 1],
            ends: [u64::MAX; STRETCH + 1],
            begins: [0; STRETCH],
            dense: [0; STRETCH],
            count: 0,
        }
    }

    /// Puts in the next chunk, which has this number.
    #[inline(always)]
    pub(super) fn put(&mut self, number: usize, chunk: &Chunk) {
        self.newlines[number + 1] = chunk.newlines;
        self.dashes[number + 1] = chunk.dashes;
        self.ends[number + 1] = chunk.ends;
        self.begins[number] = chunk.begins;
        self.dense[number] = chunk.dense;
        self.count = number + 1;
    }

    /// Looks at all chunks that were put in. Dashes of the last one are told with those of the next.
    #[inline(always)]
    pub(super) fn summary(&mut self) -> Summary {
        let count = self.count;
        for number in count..STRETCH {
            self.put(number, &NOTHING);
        }
        self.count = count;
        let (mut uuids, mut newlines, mut dense, mut unusual) = ([0; STRETCH], 0, 0, 0);
        // No closures here: they would not be compiled for the registers that the caller is compiled for.
        for (number, uuids) in uuids.iter_mut().enumerate() {
            *uuids = self.uuids_of(number);
            newlines += u64::from(self.newlines[number + 1].count_ones());
            // The highest bit of each sixteen of which all are set, and perhaps of some behind one.
            dense |= (!self.dense[number]).wrapping_sub(EACH_FIRST) & self.dense[number] & EACH_FIRST << 15;
            unusual |= self.unusual_starts(number) | self.unusual_ends(number);
        }
        Summary { uuids, newlines, may_be_dense: dense != 0, has_unusual: unusual != 0 }
    }

    /// The first of four dashes that stand as those of a UUID do; these bits are of one chunk before each.
    #[inline(always)]
    pub(super) fn uuids(&self) -> [u64; STRETCH] {
        let mut uuids = [0; STRETCH];
        for (number, uuids) in uuids.iter_mut().enumerate() {
            *uuids = self.uuids_of(number);
        }
        uuids
    }

    #[inline(always)]
    fn uuids_of(&self, number: usize) -> u64 {
        let (before, these) = (self.dashes[number], self.dashes[number + 1]);
        before & from(before, these, 5) & from(before, these, 10) & from(before, these, 15)
    }

    /// Where the dashes of all chunks are put by a glance.
    #[inline(always)]
    pub(super) fn dashes(&mut self) -> &mut [u64; STRETCH] {
        let [_, dashes @ ..] = &mut self.dashes;
        dashes
    }

    /// Where in a chunk lines begin with another byte than most.
    #[inline(always)]
    pub(super) fn unusual_starts(&self, number: usize) -> u64 {
        behind(self.newlines[number], self.newlines[number + 1]) & !self.begins[number]
    }

    /// Where in a chunk lines end behind another byte than most.
    #[inline(always)]
    pub(super) fn unusual_ends(&self, number: usize) -> u64 {
        self.newlines[number + 1] & !behind(self.ends[number], self.ends[number + 1])
    }

    /// Sixteens in a chunk, counted from 0, of which all bytes may be digits.
    pub(super) fn sixteens(&self, number: usize) -> impl Iterator<Item = usize> {
        let bits = self.dense[number];
        (0..CHUNK / 16).filter(move |sixteen| bits >> (16 * sixteen) & 0xffff == 0xffff)
    }

    /// Goes on behind a glance at all chunks, of which this is the last.
    #[inline(always)]
    pub(super) fn go_on_behind(&mut self, last: &Chunk) {
        self.put(STRETCH - 1, last);
        self.go_on();
    }

    /// Goes on behind the last chunk.
    #[inline(always)]
    pub(super) fn go_on(&mut self) {
        for row in [&mut self.newlines, &mut self.dashes, &mut self.ends] {
            row[0] = row[self.count];
        }
        self.count = 0;
    }
}

/// The lowest bit of each sixteen.
const EACH_FIRST: u64 = 0x0001_0001_0001_0001;

/// The places behind the bits of a chunk, which stands behind another.
#[inline(always)]
fn behind(before: u64, these: u64) -> u64 {
    these << 1 | before >> (CHUNK - 1)
}

/// The bits of a chunk and of the one behind it, from a place on.
#[inline(always)]
fn from(these: u64, further: u64, place: usize) -> u64 {
    these >> place | further << (CHUNK - place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunk::{OBJECTS, OTHERS, look};
    use super::super::likely::ones;
    use super::*;

    /// Places in the text, from bits of chunks.
    fn places(bits: impl IntoIterator<Item = u64>) -> Vec<usize> {
        bits.into_iter().enumerate().flat_map(|(number, bits)| ones(bits).map(move |at| number * CHUNK + at)).collect()
    }

    /// Where the text has something, told byte by byte.
    fn where_it_is(text: &[u8], is: impl Fn(usize) -> bool) -> Vec<usize> {
        (0..text.len()).filter(|&at| is(at)).collect()
    }

    #[derive(Debug, Default, PartialEq, Eq)]
    struct Seen {
        uuids: Vec<usize>,
        starts: Vec<usize>,
        ends: Vec<usize>,
        sixteens: Vec<usize>,
        newlines: u64,
    }

    /// All that is found in a text of whole chunks.
    fn seen<const KIND: u8>(text: &[u8]) -> Seen {
        let mut seen = Seen::default();
        let mut stretch = Stretch::new();
        let (chunks, _) = text.as_chunks::<CHUNK>();
        // One more, so that all dashes are told.
        let chunks: Vec<&[u8; CHUNK]> = chunks.iter().chain([&[b' '; CHUNK]]).collect();
        let mut start = 0;
        for some in chunks.chunks(STRETCH) {
            for (number, chunk) in some.iter().enumerate() {
                stretch.put(number, &look::<false, KIND>(chunk));
            }
            let summary = stretch.summary();
            let shifted = |all: Vec<usize>| all.into_iter().map(move |at| start + at);
            let [starts, ends] = [
                places((0..some.len()).map(|number| stretch.unusual_starts(number))),
                places((0..some.len()).map(|number| stretch.unusual_ends(number))),
            ];
            assert_eq!(summary.has_unusual, !(starts.is_empty() && ends.is_empty()));
            let sixteens: Vec<usize> = (0..some.len())
                .flat_map(|number| stretch.sixteens(number).map(move |sixteen| number * CHUNK + 16 * sixteen))
                .collect();
            assert!(summary.may_be_dense || sixteens.is_empty());
            seen.starts.extend(shifted(starts));
            seen.ends.extend(shifted(ends));
            seen.sixteens.extend(shifted(sixteens));
            seen.uuids.extend(shifted(places(summary.uuids)).map(|at| at - CHUNK));
            seen.newlines += summary.newlines;
            stretch.go_on();
            start += some.len() * CHUNK;
        }
        seen.starts.retain(|&start| start < text.len());
        seen
    }

    const PIECES: [&str; 6] = ["\n", "{", "}\n", "-", "-abcd-0123-4567-", "x y"];

    proptest! {
        #[test]
        fn what_stands_across_chunks_is_seen_as_if_there_were_none(
            pieces in prop::collection::vec(
                prop_oneof!["[0-f]{1,40}", prop::sample::select(&PIECES[..]).prop_map(str::to_owned)],
                0..60,
            ),
        ) {
            let mut text = pieces.concat().into_bytes();
            text.resize(text.len().next_multiple_of(CHUNK), b' ');
            let byte = |at: usize, by: usize| text.get(at + by).copied();
            let before = |at: usize| at.checked_sub(1).map_or(b'\n', |before| text[before]);
            let digits = |at: usize| at.is_multiple_of(16) && text[at..at + 16].iter().all(|&byte| byte >= b'0');
            let four = |at: usize| [0, 5, 10, 15].iter().all(|&by| byte(at, by) == Some(b'-'));
            let expected = |begins: &dyn Fn(u8) -> bool, ends: &dyn Fn(u8) -> bool| Seen {
                uuids: where_it_is(&text, four),
                starts: where_it_is(&text, |at| before(at) == b'\n' && !begins(text[at])),
                ends: where_it_is(&text, |at| at > 0 && text[at] == b'\n' && !ends(before(at))),
                sixteens: where_it_is(&text, digits),
                newlines: memchr::memchr_iter(b'\n', &text).count() as u64,
            };
            let objects = expected(&|byte| byte == b'{', &|byte| byte == b'}');
            prop_assert_eq!(seen::<OBJECTS>(&text), objects);
            prop_assert_eq!(seen::<OTHERS>(&text), expected(&|byte| (b'!'..=b'z').contains(&byte), &|_| true));
        }
    }
}
