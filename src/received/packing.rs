//! Compressed files as streams of what they hold, told by their first bytes; by their name only where they
//! have not even these.
//!
//! Memory is bounded whatever a file claims to hold; how much comes out is not. A break anywhere is
//! an error of the stream, so that nothing behind it passes for absent.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek};
use std::path::Path;

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

const INPUT_BYTES: usize = 256 << 10;
/// Windows up to 128 MiB, as the zstd tool accepts them without being told.
const MOST_ZSTD_WINDOW_LOG: u32 = 27;
/// The largest dictionary that xz makes is 64 MiB without being told otherwise.
const MOST_XZ_KIB: u32 = 160 << 10;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    /// gzip, in one or more members.
    Gzip,
    /// zstd, in one or more frames.
    Zstd,
    /// xz, in one or more streams.
    Xz,
    /// bzip2, in one or more streams.
    Bzip2,
}

impl Packing {
    /// Tells the packing by the first bytes.
    pub(super) fn of(head: &[u8]) -> Self {
        let is_skippable = head.first().is_some_and(|first| first >> 4 == 5) && head.get(1..4) == Some(b"\x2a\x4d\x18");
        let is_bzip2 =
            head.starts_with(b"BZh") && head.get(4..10).is_some_and(|magic| magic == BLOCK || magic == EMPTY);
        match head {
            _ if head.starts_with(GZIP) => Self::Gzip,
            _ if head.starts_with(ZSTD) || is_skippable => Self::Zstd,
            _ if head.starts_with(XZ) => Self::Xz,
            _ if is_bzip2 => Self::Bzip2,
            _ => Self::Plain,
        }
    }

    /// Tells it of a file that was cut within its first bytes, by its name.
    fn of_cut(head: &[u8], path: &Path) -> Self {
        let extension = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        let (packing, beginning) = match extension.as_deref() {
            Some("gz") => (Self::Gzip, GZIP),
            Some("zst" | "zstd") => (Self::Zstd, ZSTD),
            Some("xz") => (Self::Xz, XZ),
            // Behind its name bzip2 tells how hard it tried.
            Some("bz2" | "bzip2") if head.get(3).is_none_or(|level| (b'1'..=b'9').contains(level)) => {
                let behind = head.get(4..).unwrap_or_default();
                let is_cut = b"BZh".starts_with(&head[..head.len().min(3)])
                    && [BLOCK, EMPTY].iter().any(|magic| magic.starts_with(behind));
                return if is_cut { Self::Bzip2 } else { Self::Plain };
            }
            Some(_) | None => return Self::Plain,
        };
        if beginning.starts_with(head) { packing } else { Self::Plain }
    }

    /// The name of the tool.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
        }
    }
}

/// What files begin with.
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const XZ: &[u8] = b"\xfd7zXZ\0";
/// What the first block of bzip2 begins with, and the end of a stream without one.
const BLOCK: &[u8] = b"\x31\x41\x59\x26\x53\x59";
const EMPTY: &[u8] = b"\x17\x72\x45\x38\x50\x90";

impl fmt::Display for Packing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Tells how an open file is packed.
pub(super) fn packing_of(file: &File, path: &Path) -> io::Result<Packing> {
    let head = head_of(file)?;
    Ok(match Packing::of(&head) {
        Packing::Plain => Packing::of_cut(&head, path),
        packing => packing,
    })
}

fn head_of(mut file: &File) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let mut head = Vec::new();
    file.take(16).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head)
}

/// What a file holds, from its start.
pub(super) fn unpacked(mut file: &File, packing: Packing) -> io::Result<Box<dyn Read + Send + '_>> {
    if packing != Packing::Plain && packing != Packing::of(&head_of(file)?) {
        return Ok(Box::new(Cut(packing)));
    }
    file.rewind()?;
    let input = || BufReader::with_capacity(INPUT_BYTES, file);
    Ok(match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(Members::<Gzip<_>>::new(input())),
        Packing::Bzip2 => Box::new(Members::<Bzip2<_>>::new(input())),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input())?;
            decoder.window_log_max(MOST_ZSTD_WINDOW_LOG)?;
            Box::new(Named { stream: decoder, packing })
        }
        Packing::Xz => Box::new(Named { stream: XzReader::new_mem_limit(input(), true, MOST_XZ_KIB), packing }),
    })
}

/// What is left of a file that ended before it showed what it is.
struct Cut(Packing);

impl Read for Cut {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(told(self.0, &ErrorKind::UnexpectedEof.into()))
    }
}

/// A stream whose errors tell what was decoded.
struct Named<S> {
    stream: S,
    packing: Packing,
}

impl<S: Read> Read for Named<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer).map_err(|error| told(self.packing, &error))
    }
}

fn told(packing: Packing, error: &io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Interrupted => ErrorKind::Interrupted.into(),
        ErrorKind::UnexpectedEof => {
            io::Error::new(ErrorKind::UnexpectedEof, format!("its {packing} data is cut short"))
        }
        kind => io::Error::new(kind, format!("its {packing} data is damaged: {error}")),
    }
}

/// A decoder of one member of a file that may have several.
trait Member: Read {
    type Input: BufRead;
    const PACKING: Packing;

    fn begin(input: Self::Input) -> Self;
    fn end(self) -> Self::Input;
}

struct Gzip<R>(GzDecoder<R>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: BufRead> Member for Gzip<R> {
    type Input = R;
    const PACKING: Packing = Packing::Gzip;

    fn begin(input: R) -> Self {
        Self(GzDecoder::new(input))
    }

    fn end(self) -> R {
        self.0.into_inner()
    }
}

struct Bzip2<R>(BzDecoder<R>);

impl<R: BufRead> Read for Bzip2<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: BufRead> Member for Bzip2<R> {
    type Input = R;
    const PACKING: Packing = Packing::Bzip2;

    fn begin(input: R) -> Self {
        Self(BzDecoder::new(input))
    }

    fn end(self) -> R {
        self.0.into_inner()
    }
}

/// The members of a file, one after the other. NULs behind the last are the padding of tapes and
/// block devices; anything else there may be a member that was damaged.
struct Members<M: Member> {
    state: State<M>,
}

enum State<M: Member> {
    Inside(M),
    Between(M::Input),
    Ended,
}

impl<M: Member> Members<M> {
    fn new(input: M::Input) -> Self {
        Self { state: State::Inside(M::begin(input)) }
    }
}

/// Whether another member may begin behind the padding.
fn skip_padding(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = input.fill_buf()?;
        if bytes.is_empty() {
            return Ok(false);
        }
        let nuls = bytes.iter().take_while(|&&byte| byte == 0).count();
        if nuls < bytes.len() {
            input.consume(nuls);
            return Ok(true);
        }
        input.consume(nuls);
    }
}

impl<M: Member> Read for Members<M> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Ok(0),
                State::Inside(mut member) => match member.read(buffer) {
                    Ok(0) if !buffer.is_empty() => self.state = State::Between(member.end()),
                    Ok(count) => {
                        self.state = State::Inside(member);
                        return Ok(count);
                    }
                    Err(error) => {
                        let told = told(M::PACKING, &error);
                        // Only an interruption can be followed by more.
                        if error.kind() == ErrorKind::Interrupted {
                            self.state = State::Inside(member);
                        }
                        return Err(told);
                    }
                },
                State::Between(mut input) => {
                    if skip_padding(&mut input)? {
                        self.state = State::Inside(M::begin(input));
                    }
                }
            }
        }
    }
}

/// A stream that ends where it breaks, for a first look at what can be read of it.
pub(super) struct UntilBreak<S>(pub(super) S);

impl<S: Read> Read for UntilBreak<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer) {
            Err(error) if error.kind() != ErrorKind::Interrupted => Ok(0),
            read => read,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::tests::packed::{bz2, gz, xz, xz_with_dictionary, zst};
    use super::*;

    type Pack = fn(&[u8]) -> Vec<u8>;

    fn packings() -> [(Packing, Pack); 4] {
        [(Packing::Gzip, gz), (Packing::Bzip2, bz2), (Packing::Zstd, zst), (Packing::Xz, xz)]
    }

    fn unpack(bytes: &[u8]) -> (Packing, Vec<u8>, io::Result<usize>) {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("a file can be written");
        let packing = packing_of(&file, Path::new("received.log")).expect("a file can be read");
        let mut text = Vec::new();
        let read = unpacked(&file, packing).expect("a file can be read").read_to_end(&mut text);
        (packing, text, read)
    }

    #[test]
    fn members_follow_one_another_and_padding_is_nothing() {
        for (packing, pack) in packings() {
            for padding in [0, 4, 512] {
                let both = [pack(b"one\n"), pack(b""), pack(b"two\n"), vec![0; padding]].concat();
                let (told, text, read) = unpack(&both);
                if packing == Packing::Zstd && padding > 0 {
                    assert!(read.is_err(), "zstd knows no padding");
                    continue;
                }
                assert_eq!((told, &text[..]), (packing, &b"one\ntwo\n"[..]), "{packing} {padding} {read:?}");
                assert!(read.is_ok(), "{packing} {padding}: {read:?}");
            }
        }
    }

    #[test]
    fn every_cut_is_an_error_and_what_came_before_it_is_given() {
        let text = b"a line of a log\n".repeat(20);
        for (packing, pack) in packings() {
            let whole = pack(&text);
            for length in 16..whole.len() {
                let (told, before, read) = unpack(&whole[..length]);
                assert_eq!(told, packing);
                assert!(read.is_err(), "{packing} cut at {length} of {}", whole.len());
                assert!(text.starts_with(&before));
            }
        }
    }

    #[test]
    fn what_stands_behind_and_is_no_member_is_an_error() {
        for (packing, pack) in packings() {
            let garbage = [pack(b"one\n"), b"not packed at all".to_vec()].concat();
            let (_, text, read) = unpack(&garbage);
            let error = read.expect_err("garbage").to_string();
            assert!(text == b"one\n" && error.contains(packing.name()), "{packing}: {error}");
        }
    }

    #[test]
    fn a_changed_byte_never_gives_another_text_as_whole() {
        let text = b"{\"event_id\":\"evt-1\",\"status\":200}\n".repeat(5);
        for (packing, pack) in packings() {
            let whole = pack(&text);
            for at in 10..whole.len() {
                let mut damaged = whole.clone();
                damaged[at] ^= 0x10;
                let (_, other, read) = unpack(&damaged);
                // A few bytes of headers mean nothing, and without a checksum zstd can't know.
                let may_differ = packing == Packing::Zstd;
                assert!(read.is_err() || other == text || may_differ, "{packing} at {at}");
            }
        }
    }

    #[test]
    fn a_window_beyond_the_bound_is_refused_before_it_is_made() {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
        encoder.window_log(30).and_then(|()| encoder.write_all(b"one\n")).expect("memory can be written");
        let huge = encoder.finish().expect("memory can be written");
        assert!(unpack(&huge).2.is_err());
        assert!(unpack(&xz_with_dictionary(b"one\n", 1 << 30)).2.is_err());
    }

    #[test]
    fn an_archive_that_was_cut_within_its_first_bytes_is_damaged_and_not_a_text() {
        for (packing, pack) in packings() {
            let whole = pack(b"one\n");
            let path = Path::new("received.log.1").with_extension(match packing {
                Packing::Gzip => "gz",
                Packing::Bzip2 => "BZ2",
                Packing::Zstd => "zstd",
                Packing::Xz | Packing::Plain => "xz",
            });
            for length in 0..10 {
                let mut file = tempfile::tempfile().expect("a file");
                file.write_all(&whole[..length]).expect("a file can be written");
                assert_eq!(packing_of(&file, &path).expect("a file can be read"), packing, "{length}");
                let read = unpacked(&file, packing).expect("a file can be read").read_to_end(&mut Vec::new());
                let error = read.expect_err("it was cut").to_string();
                assert_eq!(error, format!("its {packing} data is cut short"), "{length}");
            }
            let mut text = tempfile::tempfile().expect("a file");
            text.write_all(b"evt-1\n").expect("a file can be written");
            assert_eq!(packing_of(&text, &path).expect("a file can be read"), Packing::Plain);
        }
        for text in [&b"BZhello\n"[..], b"BZh9 evt", b"BZh91Ab"] {
            assert_eq!(Packing::of_cut(text, Path::new("a.bz2")), Packing::Plain);
        }
        assert_eq!(Packing::of_cut(b"", Path::new("a.log")), Packing::Plain);
    }

    #[test]
    fn plain_text_is_plain_whatever_it_begins_with() {
        for text in [&b""[..], b"BZh is no archive", b"\x1f", b"P*M\x18 text"] {
            let (packing, same, _) = unpack(text);
            let skippable = text.starts_with(b"P*M\x18");
            assert_eq!(packing, if skippable { Packing::Zstd } else { Packing::Plain });
            assert!(skippable || same == text);
        }
    }
}
