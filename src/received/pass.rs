//! One look-up on its way through the files of a log.
//!
//! It owns what must stay true of the files between look-ups: none vanishes, none shrinks, and what
//! moved is found where it went.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::distinct::Distinct;
use super::judge::Judge;
use super::options::{FieldSpec, ReceivedOptions};
use super::packed_files::{PackedFile, Read, read_one, read_several};
use super::packing::Packing;
use super::plan::{Layout, Refusal, examine};
use super::records::{Continuity, FileRecord, Loss, LostContent, OpenFile, progress};
use super::refused;
use super::rotation::{Place, gaps};
use super::scan::{Checkpoint, Source, scan};
use super::shortcut::Effort;
use super::sources::{FileIdentity, MOST_LISTINGS, Named, resolve};
use super::story::Story;
use crate::receipt::crew::threads;
use crate::receipt::{Coverage, WantedIds};

/// So many packed files are open at once.
const MOST_OPEN: usize = 64;

/// What is remembered of the files between look-ups.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// The files that belong to the log.
    pub(super) records: Vec<FileRecord>,
    /// What is not where it was.
    pub(super) lost: Vec<LostContent>,
}

/// How much of the files a look-up needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// Everything: there are ids that were not asked for before.
    Whole,
    /// What was appended since the last look-up.
    Appended,
}

/// What the end of a file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A torn last line is read again the next time.
    MayGoOn,
    /// Nothing will be added.
    Final,
}

/// One look-up on its way through the files.
pub(super) struct Pass<'p, 'w> {
    options: &'p ReceivedOptions,
    extent: Extent,
    /// Who decides what was seen.
    pub(super) judge: Judge<'w>,
    files: Files,
    read: HashSet<FileIdentity>,
    faults: Vec<Fault>,
    bytes: u64,
    /// What was read of packed files before it is their turn.
    ahead: HashMap<FileIdentity, (u64, Option<SystemTime>, Read)>,
}

/// What stands against the log, and where.
#[derive(Clone, Debug)]
struct Fault {
    /// The file behind which the log can be believed again, if it is known.
    newer: Option<PathBuf>,
    /// The file up to which it could be believed.
    older: Option<PathBuf>,
    reason: String,
}

impl Fault {
    fn anywhere(reason: String) -> Self {
        Self { newer: None, older: None, reason }
    }
}

/// What a pass found out about the log as a whole.
pub(super) struct Passed {
    /// The files, for the next look-up.
    pub(super) files: Files,
    /// What the log can speak of.
    pub(super) coverage: Coverage,
    /// All stories together.
    pub(super) story: Story,
    /// Bytes that were read from disk.
    pub(super) bytes: u64,
}

impl<'p, 'w> Pass<'p, 'w> {
    /// Begins a look-up.
    pub(super) fn new(options: &'p ReceivedOptions, extent: Extent, judge: Judge<'w>, files: Files) -> Self {
        Self {
            options,
            extent,
            judge,
            files,
            read: HashSet::new(),
            faults: Vec::new(),
            bytes: 0,
            ahead: HashMap::new(),
        }
    }

    /// Reads a stream that was kept.
    pub(super) fn read_kept(&mut self, open: &OpenFile, record: &mut FileRecord, name: &str) {
        if self.extent == Extent::Whole || record.progress.is_none() {
            self.scan(open, record, name, None, End::Final);
        }
        if let Some(fault) = record.progress.as_ref().and_then(|progress| progress.fault()) {
            self.faults.push(Fault::anywhere(fault.clone()));
        }
    }

    /// Reads the files that the names lead to, oldest first, and again those that moved meanwhile.
    pub(super) fn read_names(&mut self, names: &[PathBuf]) {
        for listing in 1..=MOST_LISTINGS {
            let before = self.read.len();
            let (paths, mut missing) = list(names);
            self.read_ahead(&paths);
            for path in &paths {
                if let Err(error) = self.read_file(path) {
                    missing.push(format!("{} could not be opened: {error}", path.display()));
                }
            }
            let is_whole = missing.is_empty() && gaps(paths.iter().map(PathBuf::as_path)).is_empty();
            if is_whole && self.read.len() == before {
                return;
            }
            if listing == MOST_LISTINGS {
                self.faults.extend(missing.into_iter().map(Fault::anywhere));
            }
        }
    }

    /// Reads the packed files among these side by side, if there are several that must be read and are
    /// what they were when it was found out how.
    fn read_ahead(&mut self, paths: &[PathBuf]) {
        if threads() == 1 || self.judge.sees_every_id() {
            return;
        }
        for paths in paths.chunks(MOST_OPEN) {
            let packed: Vec<PackedFile> = paths.iter().filter_map(|path| self.packed_file(path)).collect();
            if packed.len() < 2 {
                continue;
            }
            let all = read_several(&packed, &mut self.judge);
            for (PackedFile { open, .. }, read) in packed.into_iter().zip(all) {
                self.ahead.extend(read.map(|read| (open.identity, (open.length, open.modified, read))));
            }
        }
    }

    fn packed_file(&self, path: &Path) -> Option<PackedFile> {
        let open = OpenFile::open(path).ok().filter(|open| open.packing != Packing::Plain)?;
        let record = self.files.records.iter().find(|record| record.identity == open.identity)?;
        let is_due = self.extent == Extent::Whole || record.progress.is_none();
        let is_known = record.plan.layout != Layout::Empty && record.continuity(&open) == Continuity::Unchanged;
        let is_new = !self.read.contains(&open.identity) && !self.ahead.contains_key(&open.identity);
        let (name, layout) = (path.display().to_string(), record.plan.layout.clone());
        (is_due && is_known && is_new).then_some(PackedFile { open, name, layout })
    }

    /// What was read of this file before its turn, if it is still the same.
    fn take_ahead(&mut self, open: &OpenFile) -> Option<Read> {
        let (length, modified, read) = self.ahead.remove(&open.identity)?;
        (length == open.length && modified == open.modified).then_some(read)
    }

    /// Reads what is needed of a file. An error means that it is not there, perhaps not any more.
    fn read_file(&mut self, path: &Path) -> io::Result<()> {
        let identity = FileIdentity::of(&fs::metadata(path)?, path);
        if self.read.contains(&identity) {
            let record = self.files.records.iter_mut().find(|record| record.identity == identity);
            record.into_iter().for_each(|record| path.clone_into(&mut record.path));
            return Ok(());
        }
        let open = match OpenFile::open(path) {
            Ok(open) => open,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(error),
            Err(error) => {
                self.fault_once(format!("{} could not be opened: {error}", path.display()));
                return Ok(());
            }
        };
        if !self.read.insert(open.identity.clone()) {
            return Ok(());
        }
        let known = self.files.records.iter().position(|record| record.identity == open.identity);
        let known = known.map(|position| self.files.records.swap_remove(position));
        let (known, continuity) = match known {
            None => (None, Continuity::Replaced),
            Some(record) => match record.continuity(&open) {
                Continuity::Replaced => {
                    self.files.lost.push(record.into_lost(Loss::Shrank));
                    (None, Continuity::Replaced)
                }
                other => (Some(record), other),
            },
        };
        match self.planned(path, &open, known) {
            Ok(mut record) => {
                self.read_record(&open, &mut record, continuity);
                self.files.records.push(record);
            }
            Err(refusal) => self.fault_once(refused(path, refusal).to_string()),
        }
        Ok(())
    }

    fn fault_once(&mut self, reason: String) {
        if self.faults.iter().all(|fault| fault.reason != reason) {
            self.faults.push(Fault::anywhere(reason));
        }
    }

    /// A file keeps its plan; one that was empty, or is new since a rotation, is looked at.
    fn planned(&self, path: &Path, open: &OpenFile, known: Option<FileRecord>) -> Result<FileRecord, Refusal> {
        match known {
            Some(mut record) if record.plan.layout != Layout::Empty => {
                path.clone_into(&mut record.path);
                Ok(record)
            }
            _ => {
                let plan = examine(&open.file, open.packing, self.options, &self.preferred())?;
                Ok(FileRecord::new(path, open, plan))
            }
        }
    }

    fn preferred(&self) -> Vec<FieldSpec> {
        self.files.records.iter().filter_map(|record| record.plan.found_id.clone()).collect()
    }

    fn read_record(&mut self, open: &OpenFile, record: &mut FileRecord, continuity: Continuity) {
        let name = record.path.display().to_string();
        let before = match (self.extent, &record.progress) {
            (Extent::Appended, Some(progress)) => match (continuity, &progress.failure) {
                (Continuity::Unchanged, _) => return,
                (Continuity::Grown, None) => Some((progress.checkpoint.clone(), progress.story.clone())),
                // What could not be read may be readable now.
                (Continuity::Grown, Some(_)) | (Continuity::Replaced, _) => None,
            },
            (Extent::Appended, None) | (Extent::Whole, _) => None,
        };
        let is_plain = open.packing == Packing::Plain;
        // An archive is not read again while it is the same, so what its last line shows must stay.
        let end = if is_plain { End::MayGoOn } else { End::Final };
        self.scan(open, record, &name, before, end);
        let read = record.progress.as_ref().map_or(0, |progress| progress.content);
        if is_plain && open.file.metadata().is_ok_and(|now| now.len() < read) {
            self.files.lost.push(record.clone().into_lost(Loss::Shrank));
        }
    }

    fn scan(
        &mut self,
        open: &OpenFile,
        record: &mut FileRecord,
        name: &str,
        before: Option<(Checkpoint, Story)>,
        end: End,
    ) {
        let (from, story) = before.unwrap_or_default();
        let layout = &record.plan.layout;
        let read = match (open.packing, self.take_ahead(open)) {
            (Packing::Plain, _) => read_plain(open, name, layout, &from, story, end, &mut self.judge),
            (_, Some(read)) => Ok(read),
            // It is only ever read from its start and to its very end.
            (_, None) => read_one(open, name, layout, &mut self.judge),
        };
        let mut noted = match read {
            Ok((scanned, stories)) => {
                progress(scanned.checkpoint, stories, scanned.length, scanned.failure, scanned.damage)
            }
            Err(error) => {
                let failure = format!("{name} could not be read again: {error}");
                progress(from.clone(), self.judge.end(), from.offset, Some(failure), None)
            }
        };
        self.bytes += match open.packing {
            Packing::Plain => noted.content - from.offset,
            Packing::Gzip | Packing::Zstd | Packing::Xz | Packing::Bzip2 => open.length,
        };
        noted.distinct = self.judge.distinct().map(Distinct::take_here).unwrap_or_default();
        if noted.failure.is_some() {
            noted.checkpoint = Checkpoint::default();
        }
        record.note(open, noted);
    }

    /// Ends the look-up.
    pub(super) fn finish(mut self, kept: &[FileRecord]) -> (Judge<'w>, Passed) {
        self.miss_the_vanished();
        self.judge_files();
        self.find_latest();
        let all = || self.files.records.iter().chain(kept).filter_map(|record| record.progress.as_ref());
        let mut story = Story::default();
        all().for_each(|progress| {
            story.add(&progress.story);
            story.add(&progress.tail);
        });
        let coverage = self.coverage(&story);
        (self.judge, Passed { files: self.files, coverage, story, bytes: self.bytes })
    }

    fn miss_the_vanished(&mut self) {
        let (there, gone) = self.files.records.drain(..).partition(|record| self.read.contains(&record.identity));
        self.files.records = there;
        let gone: Vec<FileRecord> = gone;
        self.files.lost.extend(gone.into_iter().map(|record| record.into_lost(Loss::Gone)));
        let records = &self.files.records;
        self.files.lost.retain(|lost| !records.iter().any(|record| lost.is_held_by(record)));
        self.faults.extend(self.files.lost.iter().map(|lost| Fault::anywhere(lost.in_words())));
    }

    /// What stands against single files, and between them.
    fn judge_files(&mut self) {
        let records = &mut self.files.records;
        records.sort_by(|left, right| Place::of(&left.path).order(&Place::of(&right.path)));
        for (position, record) in records.iter().enumerate() {
            let Some(fault) = record.progress.as_ref().and_then(|progress| progress.fault()) else { continue };
            if records.iter().any(|other| record.is_unfinished_copy_of(other)) {
                continue;
            }
            let log = Place::of(&record.path).log;
            let newer = records[position + 1..].iter().find(|other| Place::of(&other.path).log == log);
            self.faults.push(Fault {
                newer: newer.map(|newer| newer.path.clone()),
                older: Some(record.path.clone()),
                reason: fault.clone(),
            });
        }
        for gap in gaps(records.iter().map(|record| record.path.as_path())) {
            self.faults.push(Fault { newer: Some(gap.newer), older: Some(gap.older), reason: gap.what });
        }
    }

    /// A fault ends with the last line of the older file, so that its latest time must be known and
    /// not only the latest of a sample: such a file is read again, line by line. Where it can't be,
    /// the fault ends nowhere.
    fn find_latest(&mut self) {
        for fault in &mut self.faults {
            let record = self.files.records.iter_mut().find(|record| Some(&record.path) == fault.older.as_ref());
            let Some(record) = record.filter(|record| fault.newer.is_some() && record.plan.layout.has_time()) else {
                continue;
            };
            if !record.progress.as_ref().is_some_and(|progress| progress.story.is_sample) {
                continue;
            }
            let latest = latest_of(record, self.options);
            match (latest, &mut record.progress) {
                (Ok(latest), Some(progress)) => progress.story.latest = progress.story.latest.max(latest),
                (Ok(_), None) | (Err(_), _) => fault.newer = None,
            }
        }
    }

    fn coverage(&mut self, story: &Story) -> Coverage {
        let mut coverage = Coverage { since: self.options.since.or(story.opening), ..Coverage::default() };
        let mut broken = Vec::new();
        if let (None, Some(field)) = (coverage.since, &self.options.time) {
            broken.push(format!("no line has a readable time in {:?}", field.as_str()));
        }
        let mut gap_reasons = Vec::new();
        for fault in &self.faults {
            match self.end_of(fault) {
                // Whoever says since when the log is complete need not care for what lies before.
                Some(end) if self.options.since.is_some_and(|since| since >= end) => {}
                Some(end) => {
                    coverage.since = coverage.since.max(Some(end));
                    gap_reasons.push(fault.reason.clone());
                }
                None => broken.push(fault.reason.clone()),
            }
        }
        coverage.gap = in_one(&gap_reasons);
        coverage.broken = in_one(&broken);
        coverage
    }

    /// From when on a fault can hide nothing: from the first line of the next newer file on, and not
    /// before the last line of the older one. An event may arrive long after it was created, so what
    /// was created before that may have arrived within the fault.
    fn end_of(&self, fault: &Fault) -> Option<DateTime<Utc>> {
        let story_of = |path: &Option<PathBuf>| {
            let record = self.files.records.iter().find(|record| Some(&record.path) == path.as_ref())?;
            record.progress.as_ref().map(|progress| &progress.story)
        };
        let opening = story_of(&fault.newer)?.opening?;
        let latest = story_of(&fault.older).and_then(|story| story.latest);
        Some(opening.max(latest.unwrap_or(opening)))
    }
}

/// Reads a file that is not packed, from where it was left off.
fn read_plain(
    open: &OpenFile,
    name: &str,
    layout: &Layout,
    from: &Checkpoint,
    before: Story,
    end: End,
    judge: &mut Judge<'_>,
) -> io::Result<Read> {
    judge.begin(before);
    let source = Source { stream: open.stream_from(from.offset)?, plain: Some(&open.file) };
    let scanned = scan(source, name, layout, from, Effort::default(), judge);
    match end {
        End::Final => judge.keep_tail(),
        End::MayGoOn => {}
    }
    Ok((scanned, judge.end()))
}

/// The latest time in a file, of all its lines that can be read.
fn latest_of(record: &FileRecord, options: &ReceivedOptions) -> io::Result<Option<DateTime<Utc>>> {
    let open = OpenFile::open(&record.path)?;
    if open.identity != record.identity || matches!(record.continuity(&open), Continuity::Replaced) {
        return Err(ErrorKind::NotFound.into());
    }
    let nobody = WantedIds::default();
    let mut judge = Judge::new(&nobody, options);
    judge.begin(Story::default());
    let source = Source { stream: open.stream_from(0)?, plain: None };
    scan(source, "", &record.plan.layout, &Checkpoint::default(), Effort::line_by_line(), &mut judge);
    let (story, tail) = judge.end();
    Ok(story.latest.max(tail.latest))
}

/// The files that names lead to, oldest first, and what is wrong with the names.
fn list(names: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut paths, mut wrong) = (Vec::new(), Vec::new());
    for name in names {
        match resolve(name) {
            Ok(Named::Files(found)) => paths.extend(found),
            Ok(Named::Stream) => wrong.push(format!("{} is no longer a file", name.display())),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    paths.sort_by(|left, right| Place::of(left).order(&Place::of(right)));
    (paths, wrong)
}

fn in_one(reasons: &[String]) -> Option<String> {
    match reasons {
        [] => None,
        [one] => Some(one.clone()),
        [first, others @ ..] => Some(format!("{first} (and {} more)", others.len())),
    }
}
