//! Looks at the first bytes of a file and refuses what is no text, and what hookmend wrote itself.

use super::scan::{BOM, is_binary};

/// How many bytes of a text are looked at for what names a document of hookmend.
const TELLING_BYTES: usize = 4 << 10;
/// How many bytes are looked at.
pub(super) const HEAD_BYTES: u64 = 64 << 10;

/// Why a file is no text, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotText {
    /// What it is instead.
    pub(super) message: String,
    /// What to do.
    pub(super) hint: String,
}

/// Refuses a head that is compressed, in another encoding, binary, or a document of hookmend.
pub(super) fn refuse_unless_text(head: &[u8]) -> Result<(), NotText> {
    let refuse = |message: &str, hint: &str| Err(NotText { message: message.to_owned(), hint: hint.to_owned() });
    if let Some((what, command)) = compression(head) {
        let hint = format!("decompress it and pipe it in: {command} | hookmend … --received -");
        return refuse(&format!("it is compressed ({what})"), &hint);
    }
    if head.starts_with(b"SQLite format 3\0") {
        let hint = "select the ids and pipe them in: sqlite3 FILE 'select id from …' | hookmend … --received -";
        return refuse("it is an SQLite database", hint);
    }
    if is_utf16(head) {
        return refuse(
            "it is UTF-16 text",
            "convert it and pipe it in: iconv -f UTF-16 -t UTF-8 FILE | hookmend … --received -",
        );
    }
    let text_hint = "name a log of ids, JSON lines or a table, as plain text";
    // NULs alone may be the hole that truncating a log in use leaves behind.
    let plain: Vec<u8> = head.iter().copied().filter(|&byte| byte != 0).collect();
    if plain.is_empty() && !head.is_empty() {
        return refuse("it holds nothing but NUL bytes", text_hint);
    }
    let has_nul = plain.len() < head.len();
    let text = plain.strip_prefix(BOM).unwrap_or(&plain);
    if let Some((message, hint)) = own_document(text) {
        return refuse(message, hint);
    }
    if is_binary(text) || (has_nul && !is_nearly_utf8(text)) || (has_nul && !nuls_are_holes(head)) {
        return refuse("it is binary data", text_hint);
    }
    Ok(())
}

/// What hookmend wrote itself, which names events that were not received, and what to do with it.
fn own_document(text: &[u8]) -> Option<(&'static str, &'static str)> {
    let beginning = &text[..text.len().min(TELLING_BYTES)];
    let plan = ("it is a plan of hookmend", "carry it out with `hookmend apply`, and name the receiver's own log");
    let report = ("it is a report of hookmend", "name the log that the receiver writes, and not what hookmend found");
    let mut names = memchr::memmem::find_iter(beginning, b"\"schema\"");
    names.find_map(|place| {
        let value = beginning[place + 8..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        if value.starts_with(b"\"hookmend/plan/") {
            return Some(plan);
        }
        value.starts_with(b"\"hookmend/report/").then_some(report)
    })
}

fn compression(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let is_bzip2 = head.starts_with(b"BZh") && head.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59");
    let by_magic: [(bool, &str, &str); 6] = [
        (head.starts_with(b"\x1f\x8b"), "gzip", "gzip -dc FILE"),
        (head.starts_with(b"\x28\xb5\x2f\xfd"), "zstd", "zstd -dc FILE"),
        (head.starts_with(b"\xfd7zXZ\0"), "xz", "xz -dc FILE"),
        (is_bzip2, "bzip2", "bzip2 -dc FILE"),
        (head.starts_with(b"PK\x03\x04"), "zip", "unzip -p FILE"),
        (head.starts_with(b"\x04\x22\x4d\x18"), "lz4", "lz4 -dc FILE"),
    ];
    by_magic.into_iter().find(|(is_it, _, _)| *is_it).map(|(_, what, command)| (what, command))
}

fn is_utf16(head: &[u8]) -> bool {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return true;
    }
    // Without a mark: plain letters have a NUL in every other byte.
    let pairs = head.len() / 2;
    let nul_at = |offset: usize| head.chunks_exact(2).filter(|pair| pair[offset] == 0 && pair[1 - offset] != 0).count();
    pairs >= 2 && (nul_at(0) * 10 >= pairs * 9 || nul_at(1) * 10 >= pairs * 9)
}

/// Whether a text is UTF-8 but for a few bytes, such as one cut character at its end.
fn is_nearly_utf8(text: &[u8]) -> bool {
    let broken = text.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    broken * 100 <= text.len() || broken <= 1
}

/// Whether NULs come in long runs, as holes do, rather than strewn about.
fn nuls_are_holes(head: &[u8]) -> bool {
    let nuls = head.iter().filter(|&&byte| byte == 0).count();
    let runs = head.chunk_by(|left, right| (*left == 0) == (*right == 0)).filter(|run| run[0] == 0).count();
    runs <= 8 || nuls >= runs * 4 || runs * 50 <= head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(head: &[u8]) -> String {
        refuse_unless_text(head).expect_err("it is no text").message
    }

    #[test]
    fn compressed_files_are_told_by_their_first_bytes() {
        for (head, name) in [
            (&b"\x1f\x8b\x08\0"[..], "gzip"),
            (b"\x28\xb5\x2f\xfd\0", "zstd"),
            (b"\xfd7zXZ\0\0", "xz"),
            (b"BZh91AY&SY", "bzip2"),
            (b"PK\x03\x04", "zip"),
        ] {
            let refusal = refuse_unless_text(head).expect_err("it is compressed");
            assert!(refusal.message.contains(name), "{refusal:?}");
            assert!(refusal.hint.contains("--received -"), "{refusal:?}");
        }
    }

    #[test]
    fn utf_16_is_named_as_such_with_and_without_its_mark() {
        assert!(message(b"\xff\xfee\0v\0t\0").contains("UTF-16"));
        assert!(message(b"e\0v\0t\0-\x001\0\n\0").contains("UTF-16"));
        assert!(message(b"\0e\0v\0t\0-\x001\0\n").contains("UTF-16"));
    }

    #[test]
    fn what_hookmend_wrote_itself_is_no_log() {
        for (head, word) in [
            (&b"{\"type\":\"plan\",\"schema\":\"hookmend/plan/1\",\"note\":\"x\"}\n"[..], "a plan"),
            (b"{\n  \"schema\" : \"hookmend/report/1\",\n", "a report"),
            (b"\xef\xbb\xbf{\"type\":\"run\",\"schema\":\"hookmend/report/2\"}\n", "a report"),
        ] {
            let refusal = refuse_unless_text(head).expect_err("it is no log");
            assert!(refusal.message.contains(word) && refusal.hint.contains("log"), "{refusal:?}");
        }
        let far = [&b" ".repeat(4_096)[..], b"{\"schema\":\"hookmend/plan/1\"}"].concat();
        for log in [&b"{\"event_id\":\"a\",\"note\":\"hookmend/plan/1\"}\n"[..], b"{\"schema\":\"x\"}\n", &far] {
            assert_eq!(refuse_unless_text(log), Ok(()), "{log:?}");
        }
    }

    #[test]
    fn binary_data_is_refused() {
        assert!(
            message(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0\xb0\x8f\x01\x02\x03\x04\x05\x06\x07")
                .contains("binary")
        );
        assert!(message(&[0; 500]).contains("NUL"));
        assert!(message(b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20\0\0\0\x0b\0\0\0\x07").contains("SQLite"));
        assert!(message(&b"evt-1\0".repeat(20)).contains("binary"));
    }

    #[test]
    fn text_with_a_few_odd_bytes_is_let_in() {
        let hole = [&[0; 4096][..], b"evt-1\nevt-2\n"].concat();
        for head in
            [&b""[..], b"evt-1\n", b"\xef\xbb\xbfevt-1\n", b"{\"id\":\"\xff\xfe\"}\n", b"\x1b[34mINFO\x1b[0m\n", &hole]
        {
            assert_eq!(refuse_unless_text(head), Ok(()), "{head:?}");
        }
    }
}
