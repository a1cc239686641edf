//! A usual JSON line token by token: plain ASCII without escapes. Whatever is anything else ends the scan.

use wide::u8x16;

/// Deeper lines are left to the parser; each level takes a bit.
const MOST_LEVELS: u32 = 64;

/// What holds values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// Of values with keys.
    Object,
    /// Of values alone.
    List,
}

/// A place in a line, and what is open there.
pub(super) struct Scan<'l> {
    line: &'l [u8],
    pub(super) at: usize,
    /// How many containers are open.
    pub(super) levels: u32,
    /// Which levels are objects; the innermost is the lowest bit.
    objects: u64,
}

impl<'l> Scan<'l> {
    pub(super) fn of(line: &'l [u8]) -> Self {
        Self { line, at: 0, levels: 0, objects: 0 }
    }

    /// Whether nothing but space follows.
    pub(super) fn is_at_end(&self) -> bool {
        self.line[self.at..].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
    }

    /// Just these bytes.
    #[inline(always)]
    pub(super) fn text(&mut self, text: &[u8]) -> Option<()> {
        self.line[self.at..].starts_with(text).then(|| self.at += text.len())
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline(always)]
    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline(always)]
    pub(super) fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    pub(super) fn open(&mut self, container: Container) -> Option<()> {
        if self.levels == MOST_LEVELS {
            return None;
        }
        self.levels += 1;
        self.objects = self.objects << 1 | u64::from(container == Container::Object);
        Some(())
    }

    pub(super) fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// Whether the innermost container ends here.
    pub(super) fn closes(&self) -> bool {
        self.peek() == Some(if self.is_in_object() { b'}' } else { b']' })
    }

    /// Behind a value: closes what ends here, up to the comma before the next value.
    #[inline(always)]
    pub(super) fn close_all(&mut self) -> Option<()> {
        while self.levels > 0 {
            self.skip_spaces();
            if self.peek()? == b',' {
                self.at += 1;
                return Some(());
            }
            if !self.closes() {
                return None;
            }
            self.at += 1;
            self.levels -= 1;
            self.objects >>= 1;
        }
        Some(())
    }

    /// A key, and its colon.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Option<&'l [u8]> {
        let start = self.at + 1;
        self.string()?;
        let key = &self.line[start..self.at - 1];
        self.skip_spaces();
        self.expect(b':')?;
        self.skip_spaces();
        Some(key)
    }

    /// A whole scalar, or the beginning of a container, which is the answer.
    #[inline(always)]
    pub(super) fn value(&mut self) -> Option<Option<Container>> {
        match self.peek()? {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.text(b"true")?,
            b'f' => self.text(b"false")?,
            b'n' => self.text(b"null")?,
            b'{' => {
                self.at += 1;
                return Some(Some(Container::Object));
            }
            b'[' => {
                self.at += 1;
                return Some(Some(Container::List));
            }
            _ => return None,
        }
        Some(None)
    }

    /// A string in quotes: printable ASCII without escapes.
    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        while let Some(sixteen) = self.line[self.at..].first_chunk::<16>() {
            let ends = ends_of_text(u8x16::new(*sixteen));
            if ends != 0 {
                self.at += ends.trailing_zeros() as usize;
                return self.expect(b'"');
            }
            self.at += 16;
        }
        while matches!(self.peek()?, b' '..=b'~') && !matches!(self.peek()?, b'"' | b'\\') {
            self.at += 1;
        }
        self.expect(b'"')
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// Quotes, backslashes and whatever is not printable ASCII, one bit each.
#[inline(always)]
fn ends_of_text(lane: u8x16) -> u32 {
    let shifted = lane - u8x16::splat(b' ');
    let printable = shifted.min(u8x16::splat(b'~' - b' ')).simd_eq(shifted);
    let ends = lane.simd_eq(u8x16::splat(b'"')) | lane.simd_eq(u8x16::splat(b'\\'));
    (printable.to_bitmask() ^ 0xffff) | ends.to_bitmask()
}
