//! The threat model: who may attack through what, what stops them, and which test shows it. This module
//! holds no code.
//!
//! hookmend holds two keys that can read a company's sales and have events resent; it reads text that
//! others write, and shows it to people and to programs. What is to be kept: the keys; the truth of
//! "clean"; the terminal, the pages and the CI job of whoever reads its output; the machine's memory.
//!
//! The tests are in `tests/it/security`, one file for each attacker; each fails without its defence.
//!
//! | attacker | through | stopped by | shown by |
//! |---|---|---|---|
//! | anyone who sees output | `-v`, errors, reports, ledger, metrics, pings, the list of processes, a key command's environment, a core file | keys are [`secrecy::SecretString`]s; [`provider`](crate::provider) masks what the vendor repeats, and takes no id that repeats a key; [`config`](crate::config) takes no key as a flag and hides keys from the commands that fetch others; [`cli`](crate::cli) forbids core files | `keys`, `local_user` |
//! | the vendor, or who answers in its place | size, depth, pace, packing, heads without end | bounds on bytes, depth and time in [`provider`](crate::provider); nothing is unpacked; redirects are not followed | `vendor`, `network` |
//! | the same | ids such as `../x` | an id is one percent-encoded segment, or no request is made | `vendor` |
//! | the same, and whoever posts to the receiver | escape sequences, direction marks, markup, formulas, commands for CI systems in ids and words | [`report::text::visible`](crate::report::text::visible) on all that people read, one escape for each format in [`report`](crate::report) | `terminal`, `pull_request` |
//! | whoever posts to the receiver, and so into the log | archives that unfold without end, deep or endless lines | [`received`](crate::received) reads in blocks, lines have a greatest length, JSON is read without recursion; what can't be read makes nothing absent | `receiver` |
//! | the network | reading along, a forged certificate, another host | `https` only, but for this machine; certificates are proven, by the system's authorities or one named by `--ca-file`; proxies get no key, and nothing of what stays on this machine | `network` |
//! | another user of the machine | readable files, links where a file is to be written, settings laid in a folder | ledger, plans and reports are their owner's alone, and no link is written through ([`ledger`](crate::ledger)); settings that others can write, or read with a key in them, are refused ([`config`](crate::config)) | `local_user` |
//! | the author of a branch | `hookmend.toml` beside the job, names of events | the same checks as for any settings; annotations are escaped | `pull_request` |
//! | a received database | ids, times and errors of its server | the same as for a log; it is opened for reading | `received_databases` |
//!
//! # What is not defended
//!
//! - Root, and other processes of the same user: they can read the environment and the memory.
//! - A job that runs with keys on a branch of somebody who is not trusted: its settings file may name an
//!   address over `https`, and commands. Give such jobs no keys.
//! - A folder that others can write to: who may rename files in it may put another ledger in its place. Keep
//!   the ledger in the user's own state folder, where it is by default.
//! - A file that holds nothing but a key, named by `{ file = … }`: its mode is not looked at, because secrets
//!   are mounted readable in containers.
//! - Variables that are not hookmend's, such as `PGPASSWORD`: a command that fetches a key sees them.
//! - A vendor that lies consistently. Two sources are compared before anything is called clean (see
//!   [`reconcile`](crate::reconcile)), but one who controls both is believed.
//! - Words that are not hidden and only look alike, such as letters of another script in an id.
