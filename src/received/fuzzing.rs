//! What the fuzzer holds the readers of received logs, the unpacking and the times of lines against.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Datelike, TimeDelta};
use chrono_tz::Tz;
use lzma_rust2::{XzOptions, XzReader, XzWriter};
use tempfile::TempDir;

pub use super::database::fuzzing::address;
use super::judge::{Findings, Judge};
use super::packing::{Packing, packing_of, unpacked};
use super::plan::{Layout, examine};
use super::scan::{Checkpoint, Scanned, Source, scan};
use super::shortcut::Effort;
use super::story::Story;
use super::time::parse_time;
use super::{FieldSpec, FileLog, Format, ReceivedOptions, SourceSpec};
use crate::event::EventId;
use crate::receipt::{Sighting, WantedIds};

/// Longer logs show nothing that shorter ones do not.
const LONGEST: usize = 64 << 10;
/// More than an honest archive of a few kibibytes holds.
const MOST_UNPACKED: u64 = 64 << 20;

/// The text of a log, read in every format: in blocks it must show what it shows line by line, and an id
/// that stands in it must not pass for absent.
///
/// # Panics
/// When that is not so.
pub fn received(text: &[u8]) {
    if text.len() > LONGEST {
        return;
    }
    let mut rng = fastrand::Rng::with_seed(crate::fuzzing::hash(text));
    let mut file = tempfile::tempfile_in(folder()).expect("a file");
    file.write_all(text).expect("a file can be written");
    let wanted = some_ids(text, &mut rng);
    for format in [None, Some(Format::Ids), Some(Format::Jsonl), Some(Format::Csv), Some(Format::Text)] {
        let mut options = ReceivedOptions::of([]);
        options.format = format;
        if rng.bool() {
            options.id = FieldSpec::new("id").ok();
            options.status = FieldSpec::new("status").ok().filter(|_| rng.bool());
        }
        if let Ok(plan) = examine(&file, Packing::Plain, &options, &[]) {
            let effort = Effort { head: rng.u64(0..200), block: rng.usize(1..300), least_shared: 0 };
            let is_file = rng.bool();
            let slow = read(&file, false, &plan.layout, &options, &wanted, Effort::line_by_line());
            let fast = read(&file, is_file, &plan.layout, &options, &wanted, effort);
            agree(&slow, &fast, &format!("{format:?} {options:?} {effort:?} as file: {is_file}"));
        }
    }
    no_id_is_hidden(text, &mut rng);
}

/// Ids that stand in the text, or might.
fn some_ids(text: &[u8], rng: &mut fastrand::Rng) -> WantedIds {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:{}".contains(byte);
    let words = text.split(|byte| !is_part(byte)).filter(|word| (3..=64).contains(&word.len()));
    let words = words.filter_map(|word| std::str::from_utf8(word).ok());
    // Either what is usual, or UUIDs alone, which are looked for in a way of their own.
    let are_uuids = rng.bool();
    let chosen = words.filter(|word| !are_uuids || word.len() == 36).filter(|_| rng.u8(..) < 64).take(8);
    let mut ids: Vec<EventId> = chosen.filter_map(|word| EventId::new(word).ok()).collect();
    ids.extend(EventId::new("7d3e0b52-9c41-4f6a-8b1e-00000000ffff"));
    WantedIds::new(ids)
}

type Reading = (Findings, (Story, Story), Scanned);

fn read(
    mut file: &File,
    is_file: bool,
    layout: &Layout,
    options: &ReceivedOptions,
    wanted: &WantedIds,
    effort: Effort,
) -> Reading {
    file.rewind().expect("a file can be moved in");
    let source = Source { stream: Box::new(file), plain: is_file.then_some(file) };
    let mut judge = Judge::new(wanted, options);
    judge.begin(Story::default());
    let scanned = scan(source, "log", layout, &Checkpoint::default(), effort, &mut judge);
    let stories = judge.end();
    (judge.finish(), stories, scanned)
}

fn agree(slow: &Reading, fast: &Reading, how: &str) {
    let (slow, slow_stories, slow_scanned) = slow;
    let (fast, fast_stories, fast_scanned) = fast;
    assert_eq!((&fast.now, &fast.lasting), (&slow.now, &slow.lasting), "{how}");
    assert_eq!(fast_scanned.length, slow_scanned.length, "{how}");
    assert_eq!(fast_scanned.checkpoint, slow_scanned.checkpoint, "{how}");
    assert_eq!(fast_scanned.failure, slow_scanned.failure, "{how}");
    for (fast, slow) in [(&fast_stories.0, &slow_stories.0), (&fast_stories.1, &slow_stories.1)] {
        assert_eq!((fast.lines, fast.opening), (slow.lines, slow.opening), "{how}");
        if fast.is_sample {
            let is_part = fast.ids <= slow.ids && fast.refused <= slow.refused && fast.unreadable <= slow.unreadable;
            assert!(is_part && fast.latest <= slow.latest, "{fast:?} {slow:?} {how}");
        } else {
            assert_eq!(fast, slow, "{how}");
        }
    }
    assert!(slow_scanned.damage.is_some() || fast_scanned.damage.is_none(), "{how}");
    if fast_scanned.checkpoint.damage.is_some() {
        assert_eq!(fast_scanned.damage, slow_scanned.damage, "{how}");
    }
}

/// Whatever stands around it, an id is seen, or may be there.
fn no_id_is_hidden(text: &[u8], rng: &mut fastrand::Rng) {
    let place = rng.usize(0..=text.len());
    let (before, after) = text.split_at(place);
    for (format, first) in [(Format::Ids, &b"first\n"[..]), (Format::Jsonl, b"{\"id\":\"first\"}\n")] {
        let log = [first, before, b" \"needle-1\" ", after, b"\nlast"].concat();
        let options = |options: &mut ReceivedOptions| {
            options.format = Some(format);
            options.id = FieldSpec::new("id").ok();
        };
        // An object that holds it under another key is understood, and speaks of something else.
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let end = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let line = [&before[start..], b" \"needle-1\" ", &after[..end]].concat();
        if format == Format::Jsonl && serde_json::from_slice::<serde_json::Value>(&line).is_ok() {
            continue;
        }
        if let Some(lookup) = asked(&log, options, &["needle-1"]) {
            assert_ne!(lookup.sightings, [Sighting::Unseen], "{format:?}");
        }
    }
}

fn folder() -> PathBuf {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| folder.get_or_init(crate::fuzzing::folder).path().to_owned())
}

/// What one log says of the ids, if it is usable.
fn asked(log: &[u8], adjust: impl FnOnce(&mut ReceivedOptions), ids: &[&str]) -> Option<crate::receipt::Lookup> {
    let path = folder().join("received.log");
    fs::write(&path, log).expect("a file can be written");
    let mut options = ReceivedOptions::of([SourceSpec::Files(path)]);
    adjust(&mut options);
    let wanted = Arc::new(WantedIds::new(ids.iter().filter_map(|id| EventId::new(id).ok())));
    let log = FileLog::open(options);
    log.ok().map(|log| log.ask(&wanted))
}

/// A compressed log: the bytes as they are, and a log that is packed and then damaged.
///
/// # Panics
/// When damage passes for the end, or anything else is read than what was packed.
pub fn packed(data: &[u8]) {
    if data.len() <= LONGEST {
        hostile(data);
        damaged(data);
    }
}

fn unpack(bytes: &[u8]) -> (Packing, Vec<u8>, Option<String>) {
    let mut file = tempfile::tempfile_in(folder()).expect("a file");
    file.write_all(bytes).expect("a file can be written");
    let packing = packing_of(&file, Path::new("received.log")).expect("a file can be read");
    let mut text = Vec::new();
    let stream = unpacked(&file, packing).expect("a file can be read");
    let failure = stream.take(MOST_UNPACKED).read_to_end(&mut text).err();
    (packing, text, failure.map(|error| error.to_string()))
}

fn hostile(bytes: &[u8]) {
    let (packing, text, failure) = unpack(bytes);
    let is_cut = text.len() as u64 == MOST_UNPACKED;
    let mut plainly = Vec::new();
    // Padding is nothing; the tools that know none are asked without it.
    let bare = bytes.trim_ascii_end().strip_suffix(b"\0").map_or(bytes, |_| {
        let nuls = bytes.iter().rev().take_while(|byte| **byte == 0).count();
        &bytes[..bytes.len() - nuls]
    });
    let decoded = match packing {
        Packing::Plain => return assert!(text == bytes && failure.is_none()),
        _ if is_cut => return,
        Packing::Gzip => flate2::bufread::MultiGzDecoder::new(bytes).read_to_end(&mut plainly),
        Packing::Bzip2 => bzip2::bufread::MultiBzDecoder::new(bytes).read_to_end(&mut plainly),
        Packing::Zstd => zstd::stream::read::Decoder::new(bytes).and_then(|mut all| all.read_to_end(&mut plainly)),
        Packing::Xz => XzReader::new_mem_limit(bytes, true, 160 << 10).read_to_end(&mut plainly),
    };
    if decoded.is_ok() {
        assert!(failure.is_none() && text == plainly, "{packing}: {failure:?}");
    } else if failure.is_none() {
        let whole = match packing {
            Packing::Gzip => flate2::bufread::MultiGzDecoder::new(bare).read_to_end(&mut Vec::new()).is_ok(),
            Packing::Bzip2 => bzip2::bufread::MultiBzDecoder::new(bare).read_to_end(&mut Vec::new()).is_ok(),
            Packing::Plain | Packing::Zstd | Packing::Xz => false,
        };
        let is_padded = bytes.ends_with(b"\0");
        assert!(whole || is_padded, "{packing}: damage passed for the end: {decoded:?}");
    }
    let lookup = asked(bytes, |options| options.format = Some(Format::Ids), &["evt-1", "evt-absent"]);
    let is_broken = lookup.map(|lookup| lookup.coverage.broken.is_some());
    assert!(failure.is_none() || is_broken != Some(false), "{packing}: a broken log answers as a whole one");
}

fn pack(packing: Packing, text: &[u8]) -> Vec<u8> {
    let memory = "memory can be written";
    match packing {
        Packing::Plain => text.to_vec(),
        Packing::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).expect(memory);
            encoder.finish().expect(memory)
        }
        Packing::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(text).expect(memory);
            encoder.finish().expect(memory)
        }
        Packing::Zstd => {
            // Without a checksum a frame can't know that a byte was changed.
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).expect("an encoder");
            encoder.include_checksum(true).and_then(|()| encoder.write_all(text)).expect(memory);
            encoder.finish().expect(memory)
        }
        Packing::Xz => {
            let mut options = XzOptions::with_preset(0);
            options.lzma_options.dict_size = 1 << 16;
            let mut writer = XzWriter::new(Vec::new(), options).expect("a writer");
            writer.write_all(text).expect(memory);
            writer.finish().expect(memory)
        }
    }
}

fn damaged(data: &[u8]) {
    let Some((head, text)) = data.split_first_chunk::<9>() else { return };
    let packing = [Packing::Gzip, Packing::Bzip2, Packing::Zstd, Packing::Xz][usize::from(head[0] & 3)];
    let whole = pack(packing, text);
    assert_eq!(unpack(&whole), (packing, text.to_vec(), None));
    let damaged = crate::fuzzing::edited(&whole, &head[1..]);
    let (told, read, failure) = unpack(&damaged);
    if told != packing || failure.is_some() {
        return;
    }
    // Of two damages the second may undo the first, or repeat a whole member.
    let is_repeated = !text.is_empty() && read.chunks(text.len()).all(|part| part == text);
    assert!(read == text || is_repeated || read.is_empty() == text.is_empty() && text.is_empty(), "{packing}");
}

/// The time of a line: what chrono reads must be read and read the same.
///
/// # Panics
/// When it is not.
pub fn log_times(data: &[u8]) {
    let as_utc = parse_time(data, Tz::UTC);
    let year_2000 = DateTime::from_timestamp(946_684_800, 0).expect("an instant");
    for zone in [Tz::UTC, Tz::Europe__Oslo, Tz::Pacific__Apia, Tz::Australia__Lord_Howe] {
        let time = parse_time(data, zone);
        if let Some(instant) = std::str::from_utf8(data).ok().and_then(crate::fuzzing::well_formed) {
            assert_eq!(time, Some(instant).filter(|instant| *instant >= year_2000), "{instant} in {zone}");
        }
        let Some(time) = time else { continue };
        assert!(time >= year_2000);
        assert!(as_utc.is_none_or(|as_utc| (time - as_utc).abs() <= TimeDelta::hours(26)), "{time} in {zone}");
        let again = parse_time(time.to_rfc3339().as_bytes(), zone);
        assert!(again == Some(time) || time.year() > 9998, "{time} in {zone}: {again:?}");
    }
}
