//! Packed files, each read whole: one with its decoder in a thread of its own, several side by side.
//!
//! It owns the threads. Which files belong to the log, and what became of them, is for others.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};

use super::ahead::ReadAhead;
use super::judge::Judge;
use super::plan::Layout;
use super::records::OpenFile;
use super::scan::{Checkpoint, Scanned, Source, scan};
use super::shortcut::Effort;
use super::story::Story;
use crate::receipt::crew::threads;

/// A packed file, and how it is read.
pub(super) struct PackedFile {
    /// The file.
    pub(super) open: OpenFile,
    /// What it is called in messages.
    pub(super) name: String,
    /// How its lines are laid out.
    pub(super) layout: Layout,
}

/// How the reading of a file ended, and its stories.
pub(super) type Read = (Scanned, (Story, Story));

/// Whether there is a processor left over to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decoding {
    /// Beside the reading.
    Ahead,
    /// By whoever reads.
    InTurn,
}

/// Reads one file. Nothing will be added to it, so its last line counts however it ends.
pub(super) fn read_one(open: &OpenFile, name: &str, layout: &Layout, judge: &mut Judge<'_>) -> io::Result<Read> {
    let decoding = if threads() > 1 { Decoding::Ahead } else { Decoding::InTurn };
    read(open, name, layout, decoding, judge)
}

fn read(open: &OpenFile, name: &str, layout: &Layout, decoding: Decoding, judge: &mut Judge<'_>) -> io::Result<Read> {
    judge.begin(Story::default());
    let stream = open.stream_from(0)?;
    let from = Checkpoint::default();
    let scanned = thread::scope(|scope| {
        let stream: Box<dyn io::Read + '_> = match decoding {
            Decoding::Ahead => Box::new(ReadAhead::of(scope, stream)),
            Decoding::InTurn => stream,
        };
        scan(Source { stream, plain: None }, name, layout, &from, Effort::default(), judge)
    });
    judge.keep_tail();
    Ok((scanned, judge.end()))
}

/// Reads several files side by side. The answers come in their order; where there is none, the file
/// could not be read again.
pub(super) fn read_several(files: &[PackedFile], judge: &mut Judge<'_>) -> Vec<Option<Read>> {
    let next = AtomicUsize::new(0);
    let count = threads().min(files.len());
    let decoding = if count < threads() { Decoding::Ahead } else { Decoding::InTurn };
    let mut all: Vec<Option<Read>> = files.iter().map(|_| None).collect();
    let colleagues: Vec<Judge<'_>> = (0..count).map(|_| judge.colleague()).collect();
    thread::scope(|scope| {
        let start = |judge| scope.spawn(|| read_in_turn(files, &next, decoding, judge));
        let threads: Vec<_> = colleagues.into_iter().map(start).collect();
        let join =
            |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        for (colleague, read) in threads.into_iter().map(join) {
            judge.join(&colleague);
            read.into_iter().for_each(|(number, read): (usize, _)| all[number] = Some(read));
        }
    });
    all
}

/// Reads one file after the other, as long as there are some that nobody else reads.
fn read_in_turn<'w>(
    files: &[PackedFile],
    next: &AtomicUsize,
    decoding: Decoding,
    mut judge: Judge<'w>,
) -> (Judge<'w>, Vec<(usize, Read)>) {
    let mut all = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(PackedFile { open, name, layout }) = files.get(number) else { return (judge, all) };
        if let Ok(read) = read(open, name, layout, decoding, &mut judge) {
            all.push((number, read));
        }
    }
}
