//! The texts people write as values, made into domain types. Each parser is a pure function of its
//! text; where the text was set is none of its business.

pub mod address;
pub mod duration;
pub mod number;
pub mod selection;
pub mod time;
pub mod webhook;
