//! What the fuzzer holds the addresses of databases against.

use std::path::Path;

use super::{AddressError, DatabaseAddress};

/// An address with a password in it.
///
/// # Panics
/// When the password is told.
pub fn address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let secret = format!("{:016x}", crate::fuzzing::hash(data));
    is_moved(text);
    // What is not the password may be shown, so the password has to stand where one stands.
    let is_user = !text.contains(['/', '?', '#', '@', '\\']);
    let addresses = [
        Some(format!("postgres://reader:{secret}@{text}")),
        is_user.then(|| format!("postgres://{text}:{secret}@db.example.com/shop?table=t&column=c")),
        Some(format!("postgresql://reader:{secret}{text}@localhost/shop?table=t&column=c")),
        // As somebody writes it who does not know that it must be encoded.
        Some(format!("postgres://reader:12/{secret}@{text}")),
    ];
    for text in addresses.iter().flatten() {
        let said = match DatabaseAddress::parse(text) {
            Ok(address) => format!("{address} {address:?}"),
            Err(AddressError { message, hint }) => {
                assert!(!message.is_empty() && !hint.is_empty(), "{text:?}");
                format!("{message} {hint}")
            }
        };
        assert!(!said.contains(&secret), "the password is told: {said}");
    }
}

/// An address in a settings file is the same address, whatever folder the program runs in.
fn is_moved(text: &str) {
    let Ok(address) = DatabaseAddress::parse(text) else { return };
    assert!(DatabaseAddress::is_meant(text), "{text:?}");
    let moved = DatabaseAddress::text_relative_to(text, Path::new("/etc/app"));
    let again = DatabaseAddress::parse(&moved).unwrap_or_else(|error| panic!("{moved:?}: {error}"));
    assert_eq!(DatabaseAddress::text_relative_to(&moved, Path::new("/elsewhere")), moved);
    assert_eq!((again.has_password(), again.wants_query()), (address.has_password(), address.wants_query()));
}
