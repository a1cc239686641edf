//! Reads a stream ahead in a thread of its own, so that decoding and what is made of it go on side
//! by side.
//!
//! It owns the thread and a few buffers; what the stream says, an error first of all, comes out as it
//! went in.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::Scope;

/// A buffer, in bytes.
const BUFFER_BYTES: usize = if cfg!(any(test, fuzzing)) { 4_093 } else { 256 << 10 };
/// So many full buffers may wait.
const MOST_WAITING: usize = 2;

/// What a thread has read.
pub(super) struct ReadAhead {
    full: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    taken: usize,
}

impl ReadAhead {
    /// Begins to read. The thread ends with the stream, or soon after this was dropped.
    pub(super) fn of<'s>(scope: &'s Scope<'s, '_>, stream: impl Read + Send + 's) -> Self {
        let (sender, full) = sync_channel(MOST_WAITING);
        let (empty, emptied) = channel();
        scope.spawn(move || pump(stream, &sender, &emptied));
        Self { full, empty, buffer: Vec::new(), taken: 0 }
    }
}

fn pump(mut stream: impl Read, full: &SyncSender<io::Result<Vec<u8>>>, emptied: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = emptied.try_recv().unwrap_or_default();
        buffer.resize(BUFFER_BYTES, 0);
        let read = fill(&mut stream, &mut buffer);
        let (count, error) = match read {
            Ok(count) => (count, None),
            Err((count, error)) => (count, Some(error)),
        };
        buffer.truncate(count);
        let ends = error.is_some() || count < BUFFER_BYTES;
        if count > 0 && full.send(Ok(buffer)).is_err() {
            return;
        }
        if let Some(error) = error {
            // Nobody listens any more: then nobody need know.
            let _ = full.send(Err(error));
        }
        if ends {
            return;
        }
    }
}

/// Fills a buffer as far as the stream goes. An error comes with what was read before it.
fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> Result<usize, (usize, io::Error)> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err((filled, error)),
        }
    }
    Ok(filled)
}

impl Read for ReadAhead {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.buffer.len() {
            // Where the thread is gone, it came to the end of the stream.
            let Ok(next) = self.full.recv() else { return Ok(0) };
            let before = std::mem::replace(&mut self.buffer, next?);
            self.taken = 0;
            // A thread that has ended needs no more buffers.
            let _ = self.empty.send(before);
        }
        let count = to.len().min(self.buffer.len() - self.taken);
        to[..count].copy_from_slice(&self.buffer[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// A stream that breaks behind its text.
    struct Breaking<'t>(&'t [u8], Option<ErrorKind>);

    impl Read for Breaking<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match (self.0, self.1.take()) {
                ([], Some(kind)) => Err(kind.into()),
                (_, kind) => {
                    self.1 = kind;
                    let most = buffer.len().min(3);
                    self.0.read(&mut buffer[..most])
                }
            }
        }
    }

    fn read_all(text: &[u8], end: Option<ErrorKind>) -> (Vec<u8>, Option<ErrorKind>) {
        thread::scope(|scope| {
            let mut ahead = ReadAhead::of(scope, Breaking(text, end));
            let mut read = Vec::new();
            let error = ahead.read_to_end(&mut read).err().map(|error| error.kind());
            (read, error)
        })
    }

    #[test]
    fn what_comes_out_is_what_went_in_up_to_the_error() {
        for length in [0, 1, 4_092, 4_093, 4_094, 8_186, 20_000] {
            let text: Vec<u8> = (0..length).map(|at: u32| at.to_le_bytes()[0]).collect();
            assert_eq!(read_all(&text, None), (text.clone(), None));
            assert_eq!(read_all(&text, Some(ErrorKind::Interrupted)), (text.clone(), None));
            let broken = Some(ErrorKind::UnexpectedEof);
            assert_eq!(read_all(&text, broken), (text, broken));
        }
    }

    #[test]
    fn a_reader_that_goes_away_ends_the_thread() {
        thread::scope(|scope| {
            let mut ahead = ReadAhead::of(scope, io::repeat(b'x'));
            assert_eq!(ahead.read(&mut [0; 3]).expect("it can be read"), 3);
        });
    }
}
