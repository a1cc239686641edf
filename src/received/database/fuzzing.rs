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
    let addresses = [
        text.to_owned(),
        format!("postgres://reader:{secret}@{text}"),
        format!("postgres://{text}:{secret}@db.example.com/shop?table=t&column=c"),
        format!("postgresql://reader:{secret}{text}@localhost/shop?table=t&column=c"),
        text.replace("%SECRET", &secret),
    ];
    for text in addresses {
        let parsed = DatabaseAddress::parse(&text);
        assert!(parsed.is_err() || DatabaseAddress::is_meant(&text), "{text:?}");
        match parsed {
            Ok(address) => is_silent(&address, &text, &secret),
            Err(AddressError { message, hint }) => {
                assert!(!message.contains(&secret) && !hint.contains(&secret), "{message:?} {hint:?}");
                assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?}");
                assert!(!hint.is_empty() && !hint.contains(char::is_control), "{hint:?}");
            }
        }
    }
}

fn is_silent(address: &DatabaseAddress, text: &str, secret: &str) {
    let is_password = text.contains(&format!(":{secret}")) && address.has_password();
    assert!(!is_password || !format!("{address} {address:?}").contains(secret), "{address:?}");
    let base = Path::new("/etc/app");
    let moved = DatabaseAddress::text_relative_to(text, base);
    let again = DatabaseAddress::parse(&moved).unwrap_or_else(|error| panic!("{moved:?}: {error}"));
    assert_eq!(DatabaseAddress::text_relative_to(&moved, Path::new("/elsewhere")), moved);
    assert_eq!((again.has_password(), again.wants_query()), (address.has_password(), address.wants_query()));
}
