//! The one integration binary: the real program against the sandbox, and the house against its map.

mod across_runs;
mod architecture;
mod bad_input;
mod contrib;
mod generated;
mod listing_faults;
mod quarantine;
mod received;
mod resend_faults;
mod scene;
mod shell;
mod unattended;
