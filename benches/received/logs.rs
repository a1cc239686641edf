//! The logs of the benchmark: the same bytes each time, kept for the next call, and what they hold,
//! told the slow way.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Choice, Outcome};

/// How many packed files one log is made of.
const PACKED_FILES: u64 = 4;

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Jsonl,
    Ids,
    Csv,
    Access,
    Gz(u64),
    Zst(u64),
    /// JSON lines whose ids are no UUIDs.
    Words,
}

impl Kind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Jsonl,
        Self::Ids,
        Self::Csv,
        Self::Access,
        Self::Gz(1),
        Self::Gz(PACKED_FILES),
        Self::Zst(1),
        Self::Zst(PACKED_FILES),
        Self::Words,
    ];

    pub(crate) fn name(self) -> String {
        let name = match self {
            Self::Jsonl => "jsonl",
            Self::Ids => "ids",
            Self::Csv => "csv",
            Self::Access => "access",
            Self::Gz(files) => return format!("gz-{files}"),
            Self::Zst(files) => return format!("zst-{files}"),
            Self::Words => "words",
        };
        name.to_owned()
    }

    /// The id of the event with this number.
    fn id(self, number: u64) -> String {
        let mut numbers = Numbers(number.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5bd1_e995);
        let (high, low) = (numbers.next(), numbers.next());
        match self {
            Self::Words => format!("evt_{}", &format!("{high:016x}{low:016x}")[..24]),
            Self::Jsonl | Self::Ids | Self::Csv | Self::Access | Self::Gz(_) | Self::Zst(_) => format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                high >> 32,
                high >> 16 & 0xffff,
                high & 0xfff,
                0x8000 | low >> 48 & 0x3fff,
                low & 0xffff_ffff_ffff
            ),
        }
    }

    /// The line of the event with this number. Another id stands in it too, as in real logs.
    fn line(self, number: u64, line: &mut String) {
        let (id, mut numbers) = (self.id(number), Numbers(number));
        let (other, noise) = (self.id(number ^ 0x8000_0000_0000), numbers.next());
        let second = number / 200;
        let time = format!(
            "2026-11-{:02}T{:02}:{:02}:{:02}",
            1 + second / 86400 % 28,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        );
        let status = if noise % 50 == 0 { 500 } else { 200 };
        let (millis, shop) = (noise >> 8 & 0x3ff, noise >> 20 & 0xff);
        // Writing to a text can't fail.
        let _ = match self {
            Self::Ids => writeln!(line, "{id}"),
            Self::Csv => writeln!(line, "{time}Z,{id},{status},{millis},shop-{shop},order.updated"),
            Self::Access => writeln!(
                line,
                "10.0.{shop}.7 - - [{:02}/Nov/2026:{} +0000] \"POST /hooks/{shop} HTTP/1.1\" {status} {millis} \"-\" \"Vendor-Hooks/2.1 ({other})\" event_id=\"{id}\" rt=0.{millis}",
                1 + second / 86400 % 28,
                &time[11..]
            ),
            Self::Jsonl | Self::Gz(_) | Self::Zst(_) | Self::Words => writeln!(
                line,
                "{{\"time\":\"{time}.{millis:03}Z\",\"level\":\"info\",\"msg\":\"webhook received\",\"event_id\":\"{id}\",\"status\":{status},\"request\":{{\"id\":\"{other}\",\"path\":\"/hooks/{shop}\",\"bytes\":{}}},\"duration_ms\":{millis}}}",
                noise >> 40
            ),
        };
    }

    /// The id that a line says was received, told the slow way.
    fn id_of(self, line: &str) -> Option<String> {
        match self {
            Self::Ids => Some(line.to_owned()),
            Self::Csv => line.split(',').nth(1).map(str::to_owned),
            Self::Access => {
                // In an access log only what was answered with 2xx was received.
                line.split_once("HTTP/1.1\" 2")?;
                let (_, behind) = line.split_once(" event_id=\"")?;
                behind.split_once('"').map(|(id, _)| id.to_owned())
            }
            Self::Jsonl | Self::Gz(_) | Self::Zst(_) | Self::Words => {
                let document: serde_json::Value = serde_json::from_str(line).ok()?;
                document.get("event_id")?.as_str().map(str::to_owned)
            }
        }
    }
}

/// A log on disk.
pub(crate) struct Log {
    pub(crate) kind: Kind,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
}

impl Log {
    pub(crate) fn build(kind: Kind, choice: &Choice) -> Outcome<Self> {
        // The rows of a list of ids are short, so that half as much of it is as hard.
        let bytes = (choice.mib << 20) / if kind == Kind::Ids { 2 } else { 1 };
        let files = match kind {
            Kind::Gz(files) | Kind::Zst(files) => files,
            Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => 1,
        };
        let path = |number: u64| choice.data.join(format!("1-{}-{}-{number}.log", kind.name(), choice.mib));
        let mut log = Self { kind, files: (0..files).map(path).collect(), bytes: 0, lines: 0 };
        let mut text = String::new();
        for path in log.files.clone() {
            let is_there = path.exists();
            let partial = path.with_extension("partial");
            let mut file =
                if is_there { None } else { Some(BufWriter::with_capacity(1 << 20, File::create(&partial)?)) };
            let end = log.bytes + bytes / files;
            while log.bytes < end {
                text.clear();
                kind.line(log.lines, &mut text);
                if kind == Kind::Csv && log.lines == 0 {
                    text.insert_str(0, "time,event_id,status,ms,shop,type\n");
                }
                log.lines += 1;
                log.bytes += text.len() as u64;
                file.iter_mut().try_for_each(|file| file.write_all(text.as_bytes()))?;
            }
            if let Some(mut file) = file {
                file.flush()?;
                pack(kind, &partial)?;
                fs::rename(&partial, &path)?;
            }
        }
        Ok(log)
    }

    /// A list of ids, of which 19 in 20 are in the log.
    pub(crate) fn list(&self, wanted: u64, choice: &Choice) -> Outcome<PathBuf> {
        let path = choice.data.join(format!("1-{}-{}-wanted-{wanted}", self.kind.name(), choice.mib));
        let mut numbers = Numbers(wanted);
        let mut ids = BufWriter::new(File::create(&path)?);
        for number in 0..wanted {
            let event = numbers.next() % self.lines;
            let id = if number % 20 == 0 { self.kind.id(u64::MAX - number) } else { self.kind.id(event) };
            writeln!(ids, "{id}")?;
        }
        ids.flush()?;
        Ok(path)
    }

    /// The ids of a list that the log does not hold, told the slow way.
    pub(crate) fn absent(&self, list: &Path) -> Outcome<HashSet<String>> {
        let mut absent: HashSet<String> = fs::read_to_string(list)?.lines().map(str::to_owned).collect();
        for path in &self.files {
            let mut command = self.decoder();
            let mut child = command.arg(path).stdout(Stdio::piped()).spawn()?;
            let output = child.stdout.take().ok_or("the decoder has no output")?;
            for line in BufReader::with_capacity(1 << 20, output).lines() {
                self.kind.id_of(&line?).iter().for_each(|id| {
                    absent.remove(id);
                });
            }
            child.wait()?;
        }
        Ok(absent)
    }

    /// What prints the log and does nothing else.
    pub(crate) fn decoder(&self) -> Command {
        let (program, flags): (_, &[&str]) = match self.kind {
            Kind::Gz(_) => ("gzip", &["-dc"]),
            Kind::Zst(_) => ("zstd", &["-dcq"]),
            Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => ("cat", &[]),
        };
        let mut command = Command::new(program);
        command.args(flags);
        command
    }

    pub(crate) fn hookmend(&self, list: &Path, choice: &Choice) -> Command {
        let mut command = Command::new(&choice.hookmend);
        command.arg("received").arg("--absent-of").arg(list);
        if self.kind == Kind::Access {
            command.args(["--received-id", "event_id"]);
        }
        command.args(&self.files);
        // Nobody's own settings take part.
        command.env_clear().env("HOME", &choice.data).current_dir(&choice.data);
        command
    }
}

/// Packs a file in place, with the tool of the packing.
fn pack(kind: Kind, path: &Path) -> Outcome<()> {
    let (program, flags): (_, &[&str]) = match kind {
        Kind::Gz(_) => ("gzip", &["-c", "-4"]),
        Kind::Zst(_) => ("zstd", &["-cq", "-3"]),
        Kind::Jsonl | Kind::Ids | Kind::Csv | Kind::Access | Kind::Words => return Ok(()),
    };
    let packed = path.with_extension("packed");
    let status = Command::new(program).args(flags).arg(path).stdout(File::create(&packed)?).status()?;
    if !status.success() {
        return Err(format!("{program} could not pack {}", path.display()).into());
    }
    fs::rename(packed, path)?;
    Ok(())
}
