//! What is remembered of the files of a log between two look-ups: which they were, how far they were
//! read, and which content has gone missing since.
//!
//! It owns the question whether a file is still the one it was, and never reads a line.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::distinct::Count;
use super::packing::{Packing, UntilBreak, unpacked};
use super::plan::Plan;
use super::scan::Checkpoint;
use super::sources::FileIdentity;
use super::story::Story;

/// How much of the start of a file tells it from others.
const HEAD_BYTES: u64 = 1024;
/// Less than this may begin two different files.
const TELLING_BYTES: usize = 32;
/// How much before the place where reading stopped must be the same to go on there.
const SEAM_BYTES: u64 = 64;

/// An open file, as it was when it was opened.
pub(super) struct OpenFile {
    /// The file.
    pub(super) file: File,
    /// Its identity.
    pub(super) identity: FileIdentity,
    /// How it is packed.
    pub(super) packing: Packing,
    /// How many bytes it had on disk.
    pub(super) length: u64,
    /// When it was last written.
    pub(super) modified: Option<SystemTime>,
    /// The first bytes of what it holds.
    pub(super) head: Vec<u8>,
}

impl OpenFile {
    /// Opens a file and looks at its start.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Self::of(File::open(path)?, path)
    }

    /// A stream that was kept in a file of its own.
    pub(super) fn kept(file: File, path: &Path) -> io::Result<Self> {
        Self::of(file, path)
    }

    fn of(file: File, path: &Path) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let packing = super::packing::packing_of(&file, path)?;
        let mut head = Vec::new();
        // What a broken archive begins with is enough here.
        UntilBreak(unpacked(&file, packing)?.take(HEAD_BYTES)).read_to_end(&mut head)?;
        Ok(Self {
            identity: FileIdentity::of(&metadata, path),
            packing,
            length: metadata.len(),
            modified: metadata.modified().ok(),
            head,
            file,
        })
    }

    /// What the file holds from a place on; a packed one can only be read from its start.
    pub(super) fn stream_from(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let stream = unpacked(&self.file, self.packing)?;
        if self.packing == Packing::Plain {
            (&self.file).seek(SeekFrom::Start(offset))?;
        }
        Ok(stream)
    }

    /// The bytes before a place in a plain file.
    fn seam_before(&self, offset: u64) -> io::Result<Vec<u8>> {
        let start = offset.saturating_sub(SEAM_BYTES);
        let mut seam = Vec::new();
        (&self.file).seek(SeekFrom::Start(start))?;
        (&self.file).take(offset - start).read_to_end(&mut seam)?;
        Ok(seam)
    }
}

/// A file that belongs to the log.
#[derive(Clone, Debug)]
pub(super) struct FileRecord {
    /// Its last name.
    pub(super) path: PathBuf,
    /// Its identity.
    pub(super) identity: FileIdentity,
    /// How it is packed.
    packing: Packing,
    /// How its lines are laid out.
    pub(super) plan: Plan,
    /// How many bytes it had on disk.
    length: u64,
    modified: Option<SystemTime>,
    /// The first bytes of what it holds.
    head: Vec<u8>,
    /// How far it was read.
    pub(super) progress: Option<Progress>,
}

/// How far a file was read, and what was seen of it.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// Up to where.
    pub(super) checkpoint: Checkpoint,
    /// The bytes before that place, in a plain file.
    seam: Vec<u8>,
    /// What was seen, without the tail.
    pub(super) story: Story,
    /// What the tail showed.
    pub(super) tail: Story,
    /// How many bytes the file held, unpacked.
    pub(super) content: u64,
    /// How many different ids it held, where that was counted.
    pub(super) distinct: Count,
    /// Why it could not be read to its end.
    pub(super) failure: Option<String>,
    /// Why what was read of it is not worth being believed.
    pub(super) damage: Option<String>,
}

impl Progress {
    /// What stands against the file.
    pub(super) fn fault(&self) -> Option<&String> {
        self.failure.as_ref().or(self.damage.as_ref())
    }
}

/// How an open file continues what is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continuity {
    /// It is the same, byte for byte.
    Unchanged,
    /// It is the same as far as it was read, and may have grown.
    Grown,
    /// It holds something else now; what it held is gone from here.
    Replaced,
}

impl FileRecord {
    /// The record of a file that was not read yet.
    pub(super) fn new(path: &Path, open: &OpenFile, plan: Plan) -> Self {
        Self {
            path: path.to_owned(),
            identity: open.identity.clone(),
            packing: open.packing,
            plan,
            length: open.length,
            modified: open.modified,
            head: open.head.clone(),
            progress: None,
        }
    }

    /// How it is packed.
    pub(super) fn packing(&self) -> Packing {
        self.packing
    }

    /// How an open file of the same identity continues this one.
    pub(super) fn continuity(&self, open: &OpenFile) -> Continuity {
        let begins_alike = open.head.starts_with(&self.head);
        match (self.packing, open.packing) {
            (Packing::Plain, Packing::Plain) => {
                if !begins_alike || open.length < self.length || !self.seam_holds(open) {
                    Continuity::Replaced
                } else {
                    Continuity::Grown
                }
            }
            (before, now) if before == now && open.length == self.length && open.modified == self.modified => {
                Continuity::Unchanged
            }
            _ => Continuity::Replaced,
        }
    }

    fn seam_holds(&self, open: &OpenFile) -> bool {
        self.progress
            .as_ref()
            .is_none_or(|progress| open.seam_before(progress.checkpoint.offset).is_ok_and(|seam| seam == progress.seam))
    }

    /// Takes note of how far the file was read.
    pub(super) fn note(&mut self, open: &OpenFile, mut progress: Progress) {
        if self.packing == Packing::Plain {
            // A seam that can't be read matches nothing the next time, and the file is read anew.
            progress.seam = open.seam_before(progress.checkpoint.offset).unwrap_or_default();
            self.length = open.length.max(progress.content);
        } else {
            self.length = open.length;
        }
        self.modified = open.modified;
        self.head.clone_from(&open.head);
        self.progress = Some(progress);
    }

    /// How many bytes of content this file was seen to hold.
    fn content(&self) -> u64 {
        let plain = if self.packing == Packing::Plain { self.length } else { 0 };
        self.progress.as_ref().map_or(plain, |progress| progress.content.max(plain))
    }

    /// What would be lost if this file were not there any more.
    pub(super) fn into_lost(self, why: Loss) -> LostContent {
        LostContent { content: self.content(), path: self.path, head: self.head, why }
    }

    /// Whether this is a copy of another file that is not finished: it begins alike and holds less.
    /// The archiver deletes the other only when it is done.
    pub(super) fn is_unfinished_copy_of(&self, other: &Self) -> bool {
        self.packing != Packing::Plain
            && other.identity != self.identity
            && self.head.len() >= TELLING_BYTES
            && other.head == self.head
            && other.content() >= self.content()
            && other.progress.as_ref().is_some_and(|progress| progress.fault().is_none())
    }
}

/// A progress without a seam, which is read when it is noted.
pub(super) fn progress(
    checkpoint: Checkpoint,
    (story, tail): (Story, Story),
    content: u64,
    failure: Option<String>,
    damage: Option<String>,
) -> Progress {
    let distinct = Count::default();
    Progress { checkpoint, seam: Vec::new(), story, tail, content, distinct, failure, damage }
}

/// How content went missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// No name leads to the file any more.
    Gone,
    /// The file holds less than before, or something else.
    Shrank,
}

/// Content that was in the log and is not where it was.
#[derive(Clone, Debug)]
pub(super) struct LostContent {
    path: PathBuf,
    head: Vec<u8>,
    content: u64,
    why: Loss,
}

impl LostContent {
    /// Whether a file holds it: a renamed copy, or an archive that was made of it.
    pub(super) fn is_held_by(&self, record: &FileRecord) -> bool {
        self.head.len() >= TELLING_BYTES
            && record.head.starts_with(&self.head)
            && record.content() >= self.content
            && record.progress.as_ref().is_some_and(|progress| progress.failure.is_none())
    }

    /// The loss in words.
    pub(super) fn in_words(&self) -> String {
        let path = self.path.display();
        match self.why {
            Loss::Gone => format!("{path} was there when hookmend started and is gone or replaced"),
            Loss::Shrank => format!("{path} shrank while hookmend ran, and no other file holds what it held"),
        }
    }
}
