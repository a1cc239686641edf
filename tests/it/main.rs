//! The one integration binary: the real program against the sandbox, and the house against its map.

mod architecture;
mod bad_input;
mod generated;
mod listing_faults;
mod received;
mod resend_faults;
mod scene;
mod shell;
