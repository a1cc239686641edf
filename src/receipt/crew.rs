//! A few threads for what is done with many ids at once.
//!
//! They stay from step to step. A thread that is begun for a single step is often put on the processor of
//! the one that begins it, and both share that one while another has nothing to do.

use std::num::NonZero;
use std::sync::OnceLock;
use std::thread;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// More threads than this only wait for memory.
const MOST_THREADS: usize = 4;

/// How many threads are worth while.
pub(crate) fn threads() -> usize {
    // Asking the system opens several files.
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS))
}

/// Does the same with each of some parts, several of them at a time. The answer is in their order.
pub(crate) fn side_by_side<P: Send, R: Send>(parts: Vec<P>, work: impl Fn(P) -> R + Send + Sync) -> Vec<R> {
    static CREW: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || ThreadPoolBuilder::new().num_threads(threads()).build().ok();
    let crew = if parts.len() > 1 { CREW.get_or_init(start).as_ref() } else { None };
    match crew {
        Some(crew) => crew.install(|| parts.into_par_iter().with_max_len(1).map(work).collect()),
        // One thread can do it as well, where the system gives no more.
        None => parts.into_iter().map(work).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_threads_as_processors_but_not_more_than_are_of_use() {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        assert_eq!(threads(), processors.min(4));
    }

    #[test]
    fn each_part_has_its_answer_in_the_order_of_the_parts() {
        for count in [0, 1, 2, 3, 100] {
            let parts: Vec<usize> = (0..count).collect();
            let answers: Vec<usize> = parts.iter().map(|part| part * part).collect();
            assert_eq!(side_by_side(parts, |part| part * part), answers);
        }
    }

    #[test]
    fn the_crew_does_what_has_several_parts_and_nothing_else() {
        let here = thread::current().id();
        for count in [1, 2, 50] {
            let are_here = side_by_side(vec![(); count], |()| thread::current().id() == here);
            assert_eq!(are_here, vec![count == 1; count]);
        }
    }
}
