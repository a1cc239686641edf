//! The one integration binary: the real program against the sandbox, and the house against its map.

mod architecture;
mod generated;
