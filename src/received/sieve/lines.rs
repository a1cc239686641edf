//! How lines begin and end, and which of them begin or end otherwise and must be read for that.

use super::super::scan::BOM;

/// How the lines of a format begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    /// As JSON objects.
    Objects,
    /// Anyhow, and a quote may mean that a row goes on behind its line.
    Rows,
    /// Anyhow, but mostly a line is one id.
    Ids,
    /// Anyhow.
    Free,
}

impl Lines {
    /// Whether a line, with its newline, begins and ends like others.
    pub(super) fn are_usual(self, line: &[u8]) -> bool {
        let first = line[0];
        match self {
            Self::Objects => first == b'{' && is_closed(line),
            // What begins as an object and does not end as one was cut, perhaps within an id.
            // The mark of a file that was put behind another is taken off before a line is read.
            Self::Rows | Self::Ids | Self::Free => {
                first > b' ' && first != BOM[0] && (first != b'{' || is_closed(line))
            }
        }
    }
}

/// Whether this ends as a line with an object does.
pub(super) fn is_closed(line: &[u8]) -> bool {
    matches!(line, [.., b'}', b'\n'] | [.., b'}', b'\r', b'\n'])
}
