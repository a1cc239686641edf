//! Cuts one top-level JSON array into its elements while it arrives.
//!
//! It owns the outline of the document: where an element begins and ends, how deep it nests, whether
//! the array is whole. It never judges what stands inside an element, and it never holds more than
//! one element: one that lies within a chunk is handed on without a copy.

use memchr::memchr2;

/// The bounds of what is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrayLimits {
    /// How deep an element may nest; at most 64.
    pub depth: u32,
    /// How long an element may be, in bytes.
    pub element_bytes: usize,
}

/// The deepest nesting that can be kept track of: one bit for each open bracket.
const DEEPEST: u32 = u64::BITS;

impl Default for ArrayLimits {
    fn default() -> Self {
        Self { depth: DEEPEST, element_bytes: 4 * 1024 * 1024 }
    }
}

/// Why a document is not one whole array.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArrayError {
    /// There is nothing but white space.
    #[error("it is empty instead of a JSON list")]
    Empty,
    /// It begins with something else.
    #[error("it is {0} instead of a JSON list")]
    NotAnArray(&'static str),
    /// It ends before the closing bracket.
    #[error("it ends in the middle of the list, after {elements} whole records")]
    Cut {
        /// Elements that were whole.
        elements: u64,
    },
    /// Something follows the closing bracket.
    #[error("something follows the end of the list")]
    TrailingData,
    /// An element nests deeper than the limit.
    #[error("record {element} nests deeper than {limit} levels")]
    TooDeep {
        /// Its number, from 1.
        element: u64,
        /// The limit.
        limit: u32,
    },
    /// An element is longer than the limit.
    #[error("record {element} is longer than {limit} bytes")]
    ElementTooLarge {
        /// Its number, from 1.
        element: u64,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The brackets or commas do not fit.
    #[error("it is not well-formed JSON near record {element}")]
    Malformed {
        /// The number of the element at or before the place, from 1.
        element: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the opening bracket; holds how many bytes of a byte order mark were seen.
    Start(u8),
    /// After the opening bracket: an element or the end.
    First,
    /// After a comma: an element.
    Next,
    /// Within an object or array that is an element, outside its strings.
    Nested,
    /// Within a string; `nested` says whether the string is only a part of the element.
    Text { nested: bool },
    /// After a backslash in a string.
    Escape { nested: bool },
    /// Within a number or a literal that is an element.
    Bare,
    /// After an element: a comma or the end.
    After,
    /// After the closing bracket.
    Done,
}

const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Takes in a document in chunks of any size and hands out the elements of its array.
///
/// After an error it must not be fed again.
#[derive(Debug)]
pub struct ArraySplitter {
    limits: ArrayLimits,
    state: State,
    /// Open brackets within the element.
    depth: u32,
    /// One bit for each open bracket, the innermost lowest: set for a brace.
    braces: u64,
    /// The part of the current element that came in earlier chunks.
    carried: Vec<u8>,
    elements: u64,
}

impl ArraySplitter {
    /// A splitter at the beginning of a document.
    pub fn new(limits: ArrayLimits) -> Self {
        let limits = ArrayLimits { depth: limits.depth.min(DEEPEST), ..limits };
        Self { limits, state: State::Start(0), depth: 0, braces: 0, carried: Vec::new(), elements: 0 }
    }

    /// Takes in the next bytes and hands each element that is whole to `on_element`, without the
    /// white space around it.
    ///
    /// # Errors
    /// When the document can't become one array within the limits; elements handed out before are
    /// real.
    pub fn push(&mut self, chunk: &[u8], mut on_element: impl FnMut(&[u8])) -> Result<(), ArrayError> {
        let mut at = 0;
        // Where the current element begins in this chunk; an element begun earlier is `carried`.
        let mut begin = 0;
        while at < chunk.len() {
            match self.state {
                State::Nested => at = self.skip_nested(chunk, at)?,
                State::Text { nested } => at = self.skip_text(chunk, at, nested),
                State::Escape { nested } => {
                    self.state = State::Text { nested };
                    at += 1;
                }
                State::Bare => at = self.skip_bare(chunk, at),
                State::Start(_) | State::First | State::Next | State::After | State::Done => {
                    if self.between(chunk[at])? {
                        begin = at;
                    }
                    at += 1;
                    continue;
                }
            }
            if self.state == State::After {
                self.hand_out(&chunk[begin..at], &mut on_element)?;
            }
        }
        if self.is_within() {
            self.carried.extend_from_slice(&chunk[begin..]);
            self.check_length(self.carried.len())?;
        }
        Ok(())
    }

    /// Says that the document has ended, and returns how many elements it held.
    ///
    /// # Errors
    /// When the array is not closed or there was none.
    pub fn finish(&self) -> Result<u64, ArrayError> {
        match self.state {
            State::Done => Ok(self.elements),
            State::Start(_) => Err(ArrayError::Empty),
            State::First
            | State::Next
            | State::Nested
            | State::Text { .. }
            | State::Escape { .. }
            | State::Bare
            | State::After => Err(ArrayError::Cut { elements: self.elements }),
        }
    }

    fn is_within(&self) -> bool {
        matches!(self.state, State::Nested | State::Text { .. } | State::Escape { .. } | State::Bare)
    }

    /// Takes one byte outside of elements; true when an element begins with it.
    fn between(&mut self, byte: u8) -> Result<bool, ArrayError> {
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') && !matches!(self.state, State::Start(1 | 2)) {
            return Ok(false);
        }
        match (self.state, byte) {
            (State::Start(seen), byte) => {
                self.state = start(seen, byte)?;
                Ok(false)
            }
            (State::First, b']') | (State::After, b']') => {
                self.state = State::Done;
                Ok(false)
            }
            (State::After, b',') => {
                self.state = State::Next;
                Ok(false)
            }
            (State::Done, _) => Err(ArrayError::TrailingData),
            (State::First | State::Next, byte) => self.begin(byte),
            _ => Err(self.malformed()),
        }
    }

    /// Begins an element.
    fn begin(&mut self, byte: u8) -> Result<bool, ArrayError> {
        self.carried.clear();
        match byte {
            b'{' | b'[' => {
                self.open(byte)?;
                self.state = State::Nested;
            }
            b'"' => self.state = State::Text { nested: false },
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => self.state = State::Bare,
            _ => return Err(self.malformed()),
        }
        Ok(true)
    }

    fn open(&mut self, bracket: u8) -> Result<(), ArrayError> {
        if self.depth >= self.limits.depth {
            return Err(ArrayError::TooDeep { element: self.elements + 1, limit: self.limits.depth });
        }
        self.depth += 1;
        self.braces = (self.braces << 1) | u64::from(bracket == b'{');
        Ok(())
    }

    /// Goes on within an object or array up to a string, the element's end or the chunk's end.
    fn skip_nested(&mut self, chunk: &[u8], from: usize) -> Result<usize, ArrayError> {
        for (offset, &byte) in chunk[from..].iter().enumerate() {
            if !OUTLINE[usize::from(byte)] {
                continue;
            }
            match byte {
                b'"' => {
                    self.state = State::Text { nested: true };
                    return Ok(from + offset + 1);
                }
                b'{' | b'[' => self.open(byte)?,
                _ => {
                    if (self.braces & 1 == 1) != (byte == b'}') {
                        return Err(self.malformed());
                    }
                    self.braces >>= 1;
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.state = State::After;
                        return Ok(from + offset + 1);
                    }
                }
            }
        }
        Ok(chunk.len())
    }

    /// Goes on within a string up to its end, a backslash or the chunk's end.
    fn skip_text(&mut self, chunk: &[u8], from: usize, nested: bool) -> usize {
        let Some(offset) = memchr2(b'"', b'\\', &chunk[from..]) else { return chunk.len() };
        let at = from + offset;
        self.state = match (chunk[at], nested) {
            (b'\\', nested) => State::Escape { nested },
            (_, true) => State::Nested,
            (_, false) => State::After,
        };
        at + 1
    }

    /// Goes on within a number or literal up to the byte after it or the chunk's end.
    fn skip_bare(&mut self, chunk: &[u8], from: usize) -> usize {
        let end = chunk[from..].iter().position(|byte| matches!(byte, b',' | b']' | b' ' | b'\n' | b'\r' | b'\t'));
        end.map_or(chunk.len(), |offset| {
            self.state = State::After;
            from + offset
        })
    }

    fn hand_out(&mut self, part: &[u8], on_element: &mut impl FnMut(&[u8])) -> Result<(), ArrayError> {
        self.check_length(self.carried.len() + part.len())?;
        self.elements += 1;
        if self.carried.is_empty() {
            on_element(part);
        } else {
            self.carried.extend_from_slice(part);
            on_element(&self.carried);
            self.carried.clear();
        }
        Ok(())
    }

    fn check_length(&self, length: usize) -> Result<(), ArrayError> {
        let limit = self.limits.element_bytes;
        if length > limit { Err(ArrayError::ElementTooLarge { element: self.elements + 1, limit }) } else { Ok(()) }
    }

    fn malformed(&self) -> ArrayError {
        ArrayError::Malformed { element: self.elements + 1 }
    }
}

/// The bytes that shape an object or array.
const OUTLINE: [bool; 256] = {
    let mut table = [false; 256];
    table[b'"' as usize] = true;
    table[b'{' as usize] = true;
    table[b'}' as usize] = true;
    table[b'[' as usize] = true;
    table[b']' as usize] = true;
    table
};

/// The state after the first byte that is not white space.
fn start(mark_seen: u8, byte: u8) -> Result<State, ArrayError> {
    if byte == MARK[usize::from(mark_seen)] {
        // The count goes back to nothing after a whole mark; a second mark is as harmless.
        return Ok(State::Start((mark_seen + 1) % 3));
    }
    let found = match (mark_seen, byte) {
        (1 | 2, _) => "something that is not text",
        (_, b'[') => return Ok(State::First),
        (_, b'{') => "a JSON object",
        (_, b'<') => "an HTML or XML page",
        (_, b'"') => "a JSON string",
        (_, b'-' | b'0'..=b'9') => "a number",
        (_, b'n') => "null or plain text",
        (_, 0x1F) => "compressed data",
        (_, byte) if byte.is_ascii_graphic() => "plain text",
        (_, _) => "something that is not text",
    };
    Err(ArrayError::NotAnArray(found))
}

/// Whether a document opens no more than `limit` brackets within each other.
pub fn nests_within(document: &[u8], limit: u32) -> bool {
    let mut depth = 0u32;
    let mut at = 0;
    while let Some(&byte) = document.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => at = after_text(document, at),
            _ => {}
        }
    }
    true
}

/// The place after the string that goes on at `at`.
fn after_text(document: &[u8], mut at: usize) -> usize {
    while let Some(offset) = document.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += offset + 1;
        if document[at - 1] == b'"' {
            return at;
        }
        at += 1;
    }
    document.len()
}

#[cfg(test)]
mod tests;
